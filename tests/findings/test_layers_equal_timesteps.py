"""LAYERS_EQUAL_TIMESTEPS: as many equal layers as timesteps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_rnnview.findings.facts import Facts, UnreadInput
from tb_rnnview.timeline import (
    Application,
    Connection,
    Direction,
    Encoding,
    Severity,
    Source,
    Timeline,
)
from tests.findings.network import found, severities, with_axis, with_layer
from tests.timelines import stacked

CODE = "LAYERS_EQUAL_TIMESTEPS"
ONE_STATE = Facts(unread_inputs=(UnreadInput("initial_state", (None, 100), True),))


def test_a_second_sign_makes_it_a_warning() -> None:
    (finding,) = found(CODE, stacked(3, 3), ONE_STATE)
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("There are as many layers as timesteps: 3. cell_0, cell_1")
    assert finding.message.endswith("of one layer, is connected to nothing.")
    assert finding.layers == ("layer0", "layer1", "layer2")
    assert "`cell = tf.nn.rnn_cell.BasicRNNCell(100)`" in finding.advice
    assert (
        "`outputs, state = tf.nn.dynamic_rnn(cell, inputs, initial_state=initial_state)`"
        in finding.advice
    )


@pytest.mark.parametrize("n", [2, 3, 5])
def test_without_one_it_is_a_note(n: int) -> None:
    (finding,) = found(CODE, stacked(n, n))
    assert finding.severity is Severity.INFO
    assert "dtype=tf.float32" in finding.advice


@pytest.mark.parametrize(
    "unread",
    [
        UnreadInput("of_another_width", (None, 99), True),
        UnreadInput("of_another_rank", (None, 3, 100), True),
        UnreadInput("of_whole_numbers", (None, 100), False),
        UnreadInput("of_no_shape", None, True),
        UnreadInput("of_no_width", (None, None), True),
    ],
    ids=str,
)
def test_what_is_no_layers_state_is_no_second_sign(unread: UnreadInput) -> None:
    assert severities(CODE, stacked(3, 3), Facts(unread_inputs=(unread,))) == [Severity.INFO]


def test_layers_that_start_from_something_need_no_other_state() -> None:
    started = stacked(3, 3)
    states = tuple(replace(state, initial="start") for state in started.states)
    assert severities(CODE, replace(started, states=states), ONE_STATE) == [Severity.INFO]


def _bidirectional() -> Timeline:
    backward = (Application("axis0", Direction.BACKWARD),)
    return replace(with_layer(stacked(2, 2), 1, applications=backward, depth=0), connections=())


@pytest.mark.parametrize(
    "timeline",
    [
        stacked(1, 1),
        stacked(3, 4),
        stacked(4, 3),
        with_axis(stacked(3, 3), length=None),
        with_layer(stacked(3, 3), 2, units=50),
        with_layer(stacked(3, 3), 0, cell="LSTM"),
        replace(stacked(3, 3), connections=(Connection("layer0", "layer1"),)),
        _bidirectional(),
        # Three equal ones of four: whoever made the fourth thinks in layers.
        with_layer(stacked(4, 3), 0, units=50),
    ],
    ids=[
        "one layer",
        "fewer layers",
        "more layers",
        "open length",
        "other units",
        "other cell",
        "beside each other",
        "bidirectional",
        "on another layer",
    ],
)
def test_near_misses(timeline: Timeline) -> None:
    assert found(CODE, timeline, ONE_STATE) == []


def test_the_advice_is_for_the_program_at_hand() -> None:
    keras = replace(stacked(2, 2), source=Source("keras_model", framework="keras"))
    (finding,) = found(CODE, keras)
    assert "`x = keras.layers.SimpleRNN(100)(x)`" in finding.advice
    written_out = with_axis(stacked(2, 2), encoding=Encoding.UNROLLED)
    (finding,) = found(CODE, written_out)
    assert "`output, state = cell(inputs[:, t], state)`" in finding.advice
