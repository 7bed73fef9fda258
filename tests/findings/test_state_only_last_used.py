"""STATE_ONLY_LAST_USED: outputs of all timesteps are put together, and one of them is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest

from tb_rnnview import analyze
from tb_rnnview.findings.facts import Facts, OneUsed
from tb_rnnview.timeline import Direction, Encoding, Finding, Severity
from tests.findings.network import found, severities, with_axis
from tests.programs import catalogue
from tests.programs.tf1 import rnn_cell, tf
from tests.timelines import stacked

CODE = "STATE_ONLY_LAST_USED"


def told(use: Callable[[Any, Any], Any], timesteps: int | None = 400, **more: Any) -> list[Finding]:
    """What the rule tells of a layer whose outputs, and state, are used so."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, timesteps, 4])
        lengths = {name: tf.placeholder(tf.int32, [None]) for name in more}
        cell = rnn_cell.BasicRNNCell(300)
        use(*tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, **lengths))
    return [f for f in analyze(graph).findings if f.code == CODE]


def last(outputs: Any, _: Any) -> Any:
    return tf.layers.dense(outputs[:, -1], 2)


def test_the_last_output() -> None:
    (finding,) = told(last)
    assert finding.severity is Severity.INFO
    assert "at all 400 timesteps are kept and put together" in finding.message
    assert "after the timestep that it visits last is used." in finding.message
    # 399 timesteps of 300 units.
    assert finding.message.endswith("119,700 numbers are kept for nothing.")
    assert finding.layers == ("layer0",)


def test_zeros_stand_after_the_end_of_a_sequence() -> None:
    (finding,) = told(last, None, sequence_length=True)
    assert finding.severity is Severity.INFO
    assert "For a sequence that ends sooner, zeros stand there" in finding.message


def seen_in_training(outputs: Any, _: Any) -> Any:
    loss = tf.reduce_mean(tf.layers.dense(outputs[:, 399], 2))
    return tf.train.AdamOptimizer().minimize(loss), tf.layers.dense(outputs[:, -1], 3)


def joined(outputs: Any, _: Any) -> Any:
    """Read twice, and along features joined with itself: one timestep all the same."""
    return tf.identity(tf.concat([outputs, outputs], 2)[:, -1])


@pytest.mark.parametrize("use", [seen_in_training, joined])
def test_the_same_one_in_several_places(use: Callable[[Any, Any], Any]) -> None:
    assert len(told(use)) == 1


def whole(outputs: Any, _: Any) -> Any:
    return tf.reduce_mean(outputs, 1)


def whole_beside_the_last(outputs: Any, _: Any) -> Any:
    return outputs[:, -1] + tf.reduce_mean(outputs, 1)


def two_of_them(outputs: Any, _: Any) -> Any:
    return outputs[:, 0] + outputs[:, -1]


def given_back_beside_the_last(outputs: Any, _: Any) -> Any:
    return tf.identity(outputs), tf.identity(outputs[:, -1])


def only_the_state(_: Any, state: Any) -> Any:
    return tf.layers.dense(state, 2)


def one_of_the_batch(outputs: Any, _: Any) -> Any:
    return tf.identity(outputs[0])


def the_last_two(outputs: Any, _: Any) -> Any:
    return tf.identity(outputs[:, -2:])


def wherever_data_say(outputs: Any, _: Any) -> Any:
    return tf.gather(outputs, tf.placeholder(tf.int32, []), axis=1)


def joined_along_time(outputs: Any, _: Any) -> Any:
    return tf.identity(tf.concat([outputs, outputs], 1)[:, -1])


@pytest.mark.parametrize(
    "use",
    [
        whole,
        whole_beside_the_last,
        two_of_them,
        given_back_beside_the_last,
        only_the_state,
        one_of_the_batch,
        the_last_two,
        wherever_data_say,
        joined_along_time,
    ],
)
def test_what_uses_more_or_keeps_nothing(use: Callable[[Any, Any], Any]) -> None:
    assert told(use) == []


def test_a_backward_layer_of_which_its_first_output_is_used() -> None:
    x = keras.Input((6, 4))
    both = keras.layers.Bidirectional(keras.layers.LSTM(5, return_sequences=True))(x)
    timeline = analyze(keras.Model(x, keras.layers.Dense(2)(both[:, -1])))
    told = [f for f in timeline.findings if f.code == CODE]
    assert [f.severity for f in told] == [Severity.WARNING]
    assert "visits first is used. What it does at all other timesteps" in told[0].message
    (backward,) = (x for x in timeline.layers if (x.id,) == told[0].layers)
    assert backward.applications[0].direction is Direction.BACKWARD
    assert "`return_sequences=False`" in told[0].advice


def test_an_operation_for_one_timestep_in_a_loop() -> None:
    """The operation's own outputs are one; those of the loop around it are all used."""
    program = catalogue.program("cudnn_step_in_loop")
    assert [f for f in analyze(program.graph).findings if f.code == CODE] == []


def test_keras_keeps_one_output_by_itself() -> None:
    x = keras.Input((6, 4))
    model = keras.Model(x, keras.layers.GRU(5)(keras.layers.LSTM(5, return_sequences=True)(x)))
    assert [f for f in analyze(model).findings if f.code == CODE] == []


def test_when_all_other_timesteps_run_for_nothing() -> None:
    timeline = with_axis(stacked(1, 7), encoding=Encoding.WHILE_OP)
    first = OneUsed("layer0", 0, is_all=True)
    assert severities(CODE, timeline, Facts(one_used=(first,))) == [Severity.WARNING]
    for fact in (OneUsed("layer0", 0), OneUsed("layer0", -1, zeros_after_end=True)):
        assert severities(CODE, timeline, Facts(one_used=(fact,))) == [Severity.INFO]
    assert found(CODE, timeline, Facts(one_used=(OneUsed("layer0", -1, is_all=True),))) == []
    (third,) = found(CODE, timeline, Facts(one_used=(OneUsed("layer0", 2),)))
    assert "after the timestep that is visited as number 3 is used" in third.message


@pytest.mark.parametrize("encoding", [Encoding.FUSED_OP, Encoding.UNROLLED])
def test_what_keeps_no_outputs_for_it(encoding: Encoding) -> None:
    timeline = with_axis(stacked(1, 7), encoding=encoding)
    assert found(CODE, timeline, Facts(one_used=(OneUsed("layer0", 0),))) == []


def test_one_timestep_is_all() -> None:
    timeline = with_axis(stacked(1, 1), encoding=Encoding.WHILE_OP)
    assert found(CODE, timeline, Facts(one_used=(OneUsed("layer0", 0),))) == []
