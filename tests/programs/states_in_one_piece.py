"""Stacks whose states are one tensor: ``state_is_tuple=False``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
SCOPE = "rnn/multi_rnn_cell/cell_0/{}"


def _stack(
    stacked: Sequence[Any],
    cell: str,
    weights: cells.Weights,
    *,
    states: int = 1,
    written_out: bool = False,
    lengths: bool = False,
    start: str = "zeros",
    layers: int = 0,
) -> Program:
    """Layers over 6 timesteps of [2, 4], each fed by the one below; all have 4 units.

    ``layers`` = how many, where what is stacked are stacks.
    """
    x = tf.placeholder(tf.float32, [2, 6, 4])
    feeds = {x: fill(2, 6, 4)}
    known: dict[str, Any] = {"dtype": tf.float32}
    if lengths:
        known["sequence_length"] = tf.placeholder(tf.int32, [2])
        feeds[known["sequence_length"]] = np.array([6, 6], "i4")
    if start != "zeros":
        known["initial_state"] = tf.placeholder(tf.float32, [2, 4 * len(stacked)], name=start)
        feeds[known["initial_state"]] = fill(2, 4 * len(stacked))
    stack = rnn_cell.MultiRNNCell(stacked, state_is_tuple=False)
    if written_out:
        outputs, state = tf.nn.static_rnn(stack, tf.unstack(x, axis=1), **known)
        outputs = tf.stack(outputs)
    else:
        outputs, state = tf.nn.dynamic_rnn(stack, x, **known)
    names = [f"l{k}" for k in range(layers or len(stacked))]
    truth = Truth(
        axes={"time": Axis(6, bound=lengths, unrolled=written_out)},
        layers={name: Layer("RECURRENT", cell, 4, k, FORWARD) for k, name in enumerate(names)},
        weights=weights,
        starts=tuple(Start(name, start) for name in names for _ in range(states)),
        connections=tuple((a, b, 0) for a, b in pairwise(names)),
    )
    return Program(x.graph, [outputs, state], feeds, truth)


def _shared(build: Any, kind: str, layers: int = 2) -> cells.Weights:
    """The weights of one cell that all layers use."""
    of_each = [build(SCOPE.format(kind), f"l{k}", 4, 4) for k in range(layers)]
    return {
        name: Weight(weight.role, sum((w[name].uses for w in of_each), ()), weight.blocks)
        for name, weight in of_each[0].items()
    }


def packed_cell_twice() -> Program:
    """``[cell] * 2``: each of the two layers takes its part of the state."""
    with tf.Graph().as_default():
        weights = _shared(cells.basic_rnn, "basic_rnn_cell")
        return _stack([rnn_cell.BasicRNNCell(4)] * 2, "SimpleRNN", weights)


def packed_cell_twice_written_out() -> Program:
    """The same with `static_rnn`."""
    with tf.Graph().as_default():
        weights = _shared(cells.basic_rnn, "basic_rnn_cell")
        one = [rnn_cell.BasicRNNCell(4)] * 2
        return _stack(one, "SimpleRNN", weights, written_out=True)


def packed_gru_three_times() -> Program:
    """Three layers of one GRU, whose states start from a tensor of the program's."""
    with tf.Graph().as_default():
        weights = _shared(cells.gru, "gru_cell", 3)
        return _stack([rnn_cell.GRUCell(4)] * 3, "GRU", weights, start="before")


def packed_lstm_twice() -> Program:
    """C and h are one tensor, too. Sequences that have ended keep theirs."""
    with tf.Graph().as_default():
        weights = _shared(cells.lstm, "basic_lstm_cell")
        one = [rnn_cell.BasicLSTMCell(4, state_is_tuple=False)] * 2
        return _stack(one, "LSTM", weights, states=2, lengths=True)


def packed_lstm_twice_written_out() -> Program:
    """The same with `static_rnn`, to the end."""
    with tf.Graph().as_default():
        weights = _shared(cells.lstm, "basic_lstm_cell")
        one = [rnn_cell.BasicLSTMCell(4, state_is_tuple=False)] * 2
        return _stack(one, "LSTM", weights, states=2, written_out=True)


def packed_two_cells() -> Program:
    """Two cells, each with a kernel of its own."""
    with tf.Graph().as_default():
        weights: cells.Weights = {}
        for k in range(2):
            scope = f"rnn/multi_rnn_cell/cell_{k}/basic_rnn_cell"
            weights |= cells.basic_rnn(scope, f"l{k}", 4, 4)
        return _stack([rnn_cell.BasicRNNCell(4) for _ in range(2)], "SimpleRNN", weights)


def packed_stack_twice() -> Program:
    """Pieces in pieces: a stack of two stacks of two, all with one cell."""
    with tf.Graph().as_default():
        weights = _shared(cells.basic_rnn, "multi_rnn_cell/cell_0/basic_rnn_cell", 4)
        stack = rnn_cell.MultiRNNCell([rnn_cell.BasicRNNCell(4)] * 2, state_is_tuple=False)
        return _stack([stack] * 2, "SimpleRNN", weights, layers=4)
