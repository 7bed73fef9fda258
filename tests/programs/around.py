"""What stands before, after and around the layers: embeddings, projections, residuals."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
ON_TIME = (("time", "*"),)


def embedding_to_dense() -> Program:
    """Embedding of all words at once, an LSTM, a dense layer on all its outputs at once."""
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.int32, [None, 4])
        table = tf.get_variable("kernel", [11, 6])
        vectors = tf.nn.embedding_lookup(table, words)
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), vectors, dtype=tf.float32)
        scores = tf.layers.dense(outputs, 11)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "embedding": Layer("SEQUENCE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "dense": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights={"kernel": Weight("embedding", (Uses("embedding"),))}
        | cells.lstm("rnn/basic_lstm_cell", "rnn", 6, 5)
        | cells.dense("dense", "dense"),
        starts=cells.zeros("rnn", 2),
        connections=(("embedding", "rnn", 0), ("rnn", "dense", 0)),
    )
    feeds = {words: np.array([[1, 2, 3, 4], [4, 3, 2, 1]], "i4")}
    return Program(graph, [scores], feeds, truth)


def flattened_dense() -> Program:
    """All outputs as rows of one matrix, one matrix product, and back to [batch, time, …]."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 6])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)
        weight = tf.get_variable("bias", [5, 3])
        bias = tf.get_variable("weight", [3])
        scores = tf.nn.xw_plus_b(tf.reshape(outputs, [-1, 5]), weight, bias)
        scores = tf.reshape(scores, [-1, 4, 3])
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "dense": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=cells.gru("rnn/gru_cell", "rnn", 6, 5)
        | {
            "bias": Weight("kernel", (Uses("dense"),)),
            "weight": Weight("bias", (Uses("dense"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("rnn", "dense", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4, 6)}, truth)


class _Projected(rnn_cell.RNNCell):
    """Runs a cell, then multiplies its output at every step (OutputProjectionWrapper)."""

    def __init__(self, cell, size):
        super().__init__()
        self._cell = cell
        self._size = size

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._size

    def __call__(self, inputs, state, scope=None):
        output, state = self._cell(inputs, state)
        with tf.variable_scope(scope or "after"):
            weight = tf.get_variable("weight", [5, self._size])
            bias = tf.get_variable("bias", [self._size])
        return tf.matmul(output, weight) + bias, state


class _Prepared(_Projected):
    """Multiplies every input, then runs a cell (InputProjectionWrapper: no activation)."""

    @property
    def output_size(self):
        return self._cell.output_size

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "before"):
            weight = tf.get_variable("weight", [4, self._size])
            bias = tf.get_variable("bias", [self._size])
        return self._cell(tf.matmul(inputs, weight) + bias, state)


def output_projection() -> Program:
    """A projection inside the loop, run once at every timestep; it carries nothing."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4])
        cell = _Projected(rnn_cell.GRUCell(5), 2)
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "after": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=cells.gru("rnn/gru_cell", "rnn", 4, 5)
        | {
            "rnn/after/weight": Weight("kernel|projection", (Uses("after", "time"),)),
            "rnn/after/bias": Weight("bias", (Uses("after", "time"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("rnn", "after", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4)}, truth)


def input_projection() -> Program:
    """A projection of every input inside the loop; it enters the cell at its Concat."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4])
        cell = _Prepared(rnn_cell.BasicLSTMCell(5), 7)
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "before": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
        },
        weights={
            "rnn/before/weight": Weight("kernel|projection", (Uses("before", "time"),)),
            "rnn/before/bias": Weight("bias", (Uses("before", "time"),)),
        }
        | cells.lstm("rnn/basic_lstm_cell", "rnn", 7, 5),
        starts=cells.zeros("rnn", 2),
        connections=(("before", "rnn", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4)}, truth)


def residual_stack() -> Program:
    """Each layer adds its input to its output."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 5])
        stack = [rnn_cell.ResidualWrapper(rnn_cell.GRUCell(5)) for _ in range(3)]
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell(stack), x, dtype=tf.float32)
    layers, weights, starts = {}, {}, []
    for i in range(3):
        layers[f"l{i}"] = Layer("RECURRENT", "GRU", 5, i, FORWARD)
        weights |= cells.gru(f"rnn/multi_rnn_cell/cell_{i}/gru_cell", f"l{i}", 5, 5)
        starts += cells.zeros(f"l{i}")
    truth = Truth(
        axes={"time": Axis(3)},
        layers=layers,
        weights=weights,
        starts=tuple(starts),
        # The sum of input and output of layer 0 reaches layer 2 past layer 1.
        connections=(("l0", "l1", 0), ("l0", "l2", 0), ("l1", "l2", 0)),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 5)}, truth)


def two_loops_one_axis() -> Program:
    """A layer over the outputs of a layer, in a loop of its own: one axis, depths 0 and 1."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        with tf.variable_scope("z"):
            low, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, dtype=tf.float32)
        between = tf.layers.dense(low, 8, tf.nn.relu, name="between")
        with tf.variable_scope("a"):
            high, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(3), between, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "low": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "between": Layer("SEQUENCE", runs=ON_TIME),
            "high": Layer("RECURRENT", "LSTM", 3, 1, FORWARD),
        },
        weights=cells.basic_rnn("z/rnn/basic_rnn_cell", "low", 4, 5)
        | cells.dense("between", "between")
        | cells.lstm("a/rnn/basic_lstm_cell", "high", 8, 3),
        starts=cells.zeros("low") + cells.zeros("high", 2),
        connections=(("low", "between", 0), ("between", "high", 0)),
    )
    return Program(graph, [high], {x: fill(2, 6, 4)}, truth)
