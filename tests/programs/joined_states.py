"""Stacks of cells whose states are one tensor, as ``state_is_tuple=False`` makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.programs import cells
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf


def _stack() -> rnn_cell.MultiRNNCell:
    """An LSTM of 5 units below a GRU of 3: a state of 13 columns."""
    parts = [rnn_cell.BasicLSTMCell(5, state_is_tuple=False), rnn_cell.GRUCell(3)]
    return rnn_cell.MultiRNNCell(parts, state_is_tuple=False)


def _weights(scope: str, below: str, above: str, axis: str) -> cells.Weights:
    scope += "/multi_rnn_cell"
    one = cells.lstm(f"{scope}/cell_0/basic_lstm_cell", below, 4, 5, (axis,))
    return one | cells.gru(f"{scope}/cell_1/gru_cell", above, 5, 3, (axis,))


def _layers(below: str, above: str, axis: str) -> dict[str, Layer]:
    runs = ((axis, "FORWARD"),)
    return {
        below: Layer("RECURRENT", "LSTM", 5, 0, runs),
        above: Layer("RECURRENT", "GRU", 3, 1, runs),
    }


def _starts(below: str, above: str, initial: str) -> tuple[Start, ...]:
    return (Start(below, initial), Start(below, initial), Start(above, initial))


def stack_with_one_state() -> Program:
    """The state is cut up at the start of a step, and joined at its end: two layers, not one."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        outputs, state = tf.nn.dynamic_rnn(_stack(), x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(6)},
        layers=_layers("one", "other", "time"),
        weights=_weights("rnn", "one", "other", "time"),
        starts=_starts("one", "other", "zeros"),
        connections=(("one", "other", 0),),
    )
    return Program(graph, [outputs, state], {x: fill(2, 6, 4)}, truth)


def stack_with_one_state_that_ends() -> Program:
    """A sequence that has ended keeps its whole state; the first state is fed."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, None, 4])
        first = tf.placeholder(tf.float32, [2, 13], name="first")
        lengths = tf.placeholder(tf.int32, [2])
        outputs, _ = tf.nn.dynamic_rnn(_stack(), x, lengths, initial_state=first)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers=_layers("one", "other", "time"),
        weights=_weights("rnn", "one", "other", "time"),
        starts=_starts("one", "other", "first"),
        connections=(("one", "other", 0),),
    )
    feeds = {x: fill(2, 6, 4), first: fill(2, 13), lengths: np.array([6, 6], "i4")}
    return Program(graph, [outputs], feeds, truth, steps=6)


def stack_that_starts_another() -> Program:
    """Each layer of the decoder starts from what its own layer of the encoder has left."""
    with tf.Graph().as_default() as graph:
        x, y = (tf.placeholder(tf.float32, [2, t, 4]) for t in (6, 3))
        _, last = tf.nn.dynamic_rnn(_stack(), x, dtype=tf.float32, scope="encoder")
        outputs, _ = tf.nn.dynamic_rnn(_stack(), y, initial_state=last, scope="decoder")
    truth = Truth(
        axes={"read": Axis(6), "said": Axis(3)},
        layers=_layers("r1", "r2", "read") | _layers("s1", "s2", "said"),
        weights=_weights("encoder", "r1", "r2", "read") | _weights("decoder", "s1", "s2", "said"),
        starts=_starts("r1", "r2", "zeros") + _starts("s1", "s2", last.op.name),
        connections=(("r1", "r2", 0), ("s1", "s2", 0), ("r1", "s1", 0), ("r2", "s2", 0)),
    )
    return Program(graph, [outputs], {x: fill(2, 6, 4), y: fill(2, 3, 4)}, truth)


def state_cut_elsewhere() -> Program:
    """Two cells that read each other's columns of the state: one recurrence with two states."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        kernels: Sequence[tf.Variable] = [tf.get_variable(n, [8, 3]) for n in ("one", "other")]

        def step(state, v):
            parts = (state[:, :4], state[:, 2:])
            new = [
                tf.tanh(tf.matmul(tf.concat([v, part], 1), kernel))
                for part, kernel in zip(parts, kernels, strict=True)
            ]
            return tf.concat(new, 1)

        states = tf.scan(step, x, tf.zeros([2, 6]))
    use = (Uses("rnn", "time"),)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", "", 3, 0, (("time", "FORWARD"),))},
        weights={n: Weight("kernel", use, cells.rows(4, 4)) for n in ("one", "other")},
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [states], {x: fill(6, 2, 4)}, truth)
