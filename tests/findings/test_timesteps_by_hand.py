"""KERNEL_PER_TIMESTEP and STATE_NOT_CARRIED: loops over time, as Python writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Finding, Severity
from tests.analysis.claims import timeline
from tests.programs.tf1 import rnn_cell, tf

UNITS, FEATURES, T = 5, 4, 3
CODES = ("KERNEL_PER_TIMESTEP", "STATE_NOT_CARRIED")


def told(build: Callable[[Any], Any]) -> list[Finding]:
    """What the two rules tell of what is built on a sequence [batch, T, FEATURES]."""
    with tf.Graph().as_default() as graph:
        tf.identity(build(tf.placeholder(tf.float32, [None, T, FEATURES], name="x")))
    return [f for f in analyze(graph).findings if f.code in CODES]


def zeros(x: Any) -> Any:
    return tf.zeros([tf.shape(x)[0], UNITS])


def cell_at_each_turn(x: Any) -> Any:
    h = zeros(x)
    for t in range(T):
        with tf.variable_scope(f"step{t}"):
            _, h = rnn_cell.BasicRNNCell(UNITS)(x[:, t], h)
    return h


def lstm_at_each_turn(x: Any) -> Any:
    state = rnn_cell.LSTMStateTuple(zeros(x), zeros(x))
    for t, element in enumerate(tf.unstack(x, axis=1)):
        _, state = rnn_cell.BasicLSTMCell(UNITS, name=f"cell{t}")(element, state)
    return state.h


def zeros_at_each_turn(x: Any) -> Any:
    cell = rnn_cell.BasicRNNCell(UNITS)
    return tf.stack([cell(element, zeros(x))[0] for element in tf.unstack(x, axis=1)], 1)


def zeros_in_a_map(x: Any) -> Any:
    cell = rnn_cell.BasicLSTMCell(UNITS)
    start = cell.zero_state(tf.shape(x)[0], tf.float32)
    return tf.map_fn(lambda element: cell(element, start)[0], tf.transpose(x, [1, 0, 2]))


@pytest.mark.parametrize("build", [cell_at_each_turn, lstm_at_each_turn])
def test_a_cell_made_at_each_turn_has_weights_of_its_own(build: Callable[[Any], Any]) -> None:
    (finding,) = told(build)
    assert (finding.code, finding.severity) == ("KERNEL_PER_TIMESTEP", Severity.WARNING)
    assert finding.message.startswith("Timesteps 0 – 2 have weights of their own: ")
    gates = 4 if build is lstm_at_each_turn else 1
    one = (FEATURES + UNITS + 1) * UNITS * gates
    assert f"{one * T:,} parameters, where one cell has {one:,}" in finding.message
    assert (len(finding.layers), len(finding.variables)) == (T, 2 * T)


@pytest.mark.parametrize("build", [zeros_at_each_turn, zeros_in_a_map])
def test_a_cell_that_starts_from_zeros_at_each_turn_carries_nothing(
    build: Callable[[Any], Any],
) -> None:
    (finding,) = told(build)
    assert (finding.code, finding.severity) == ("STATE_NOT_CARRIED", Severity.WARNING)
    assert len(finding.layers) == 1
    assert [name.rsplit("/")[-1] for name in finding.variables] == ["kernel", "bias"]


def one_cell(x: Any) -> Any:
    cell, h = rnn_cell.BasicRNNCell(UNITS), zeros(x)
    for t in range(T):
        _, h = cell(x[:, t], h)
    return h


def one_context(x: Any) -> Any:
    context = tf.placeholder(tf.float32, [None, UNITS])
    cell = rnn_cell.BasicRNNCell(UNITS)
    return tf.stack([cell(element, context)[0] for element in tf.unstack(x, axis=1)], 1)


def one_element(x: Any) -> Any:
    return rnn_cell.BasicRNNCell(UNITS)(x[:, 0], zeros(x))[0]


def weights_for_each_place(x: Any) -> Any:
    return tf.stack([tf.layers.dense(x[:, t], UNITS) for t in range(T)], 1)


def deep_on_one_element(x: Any) -> Any:
    h = x[:, 0]
    for _ in range(T):
        h = tf.layers.dense(h, FEATURES)
    return h


def wider_at_each_turn(x: Any) -> Any:
    h = x[:, 0]
    for t in range(1, T):
        h = tf.layers.dense(tf.concat([x[:, t], h], 1), UNITS + t)
    return h


def elements_of_two_sequences(x: Any) -> Any:
    y = tf.placeholder(tf.float32, [None, T, FEATURES])
    h = tf.layers.dense(tf.concat([x[:, 0], zeros(x)], 1), UNITS)
    return tf.layers.dense(tf.concat([y[:, 1], h], 1), UNITS)


@pytest.mark.parametrize(
    "build",
    [
        one_cell,
        one_context,
        one_element,
        weights_for_each_place,
        deep_on_one_element,
        wider_at_each_turn,
        elements_of_two_sequences,
    ],
)
def test_sound_programs(build: Callable[[Any], Any]) -> None:
    assert told(build) == []


def test_what_comes_round_from_later_in_the_step_is_zero_only_at_first() -> None:
    findings = timeline("attention_over_own_outputs").findings
    assert [f.code for f in findings if f.code in CODES] == []
