"""Keras 2 layers in a v1 graph.

Each traces its cell once OUTSIDE the loop, which is no timestep.
"""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Weight, fill
from tests.programs.tf1 import tf

FORWARD = (("time", "FORWARD"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def keras_lstm() -> Program:
    """``LSTM`` with implementation 1: every gate's kernel is a part of a Split."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs = tf.keras.layers.LSTM(5)(x)
        scores = tf.keras.layers.Dense(2)(outputs)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=cells.keras("lstm/lstm_cell", "rnn", cells.KERAS_LSTM_GATES, 5)
        | cells.dense("dense", "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4, 3)}, truth)


def keras_gru() -> Program:
    """``GRU`` with implementation 1: the kernels are strided slices of one variable."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs = tf.keras.layers.GRU(5, return_sequences=True)(x)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights=cells.keras("gru/gru_cell", "rnn", cells.KERAS_GRU_GATES, 5),
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def keras_stack() -> Program:
    """SimpleRNN, then LSTM and GRU with implementation 2, trained."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        value = tf.keras.layers.SimpleRNN(4, return_sequences=True)(x)
        value = tf.keras.layers.LSTM(5, return_sequences=True, implementation=2)(value)
        value = tf.keras.layers.GRU(6, implementation=2)(value)
        loss = tf.reduce_mean(tf.square(value))
        tf.train.AdamOptimizer(0.01).minimize(loss)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "l0": Layer("RECURRENT", "SimpleRNN", 4, 0, FORWARD),
            "l1": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
            "l2": Layer("RECURRENT", "GRU", 6, 2, FORWARD),
        },
        weights=cells.keras("simple_rnn/simple_rnn_cell", "l0", (), 4)
        | cells.keras("lstm/lstm_cell", "l1", cells.KERAS_LSTM_GATES, 5)
        | cells.keras("gru/gru_cell", "l2", cells.KERAS_GRU_GATES, 6),
        starts=cells.zeros("l0") + cells.zeros("l1", 2) + cells.zeros("l2"),
        connections=(("l0", "l1", 0), ("l1", "l2", 0)),
    )
    return Program(graph, [value, loss], {x: fill(2, 4, 3)}, truth)


def keras_bidirectional() -> Program:
    """``Bidirectional`` over a SimpleRNN."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        inner = tf.keras.layers.SimpleRNN(5, return_sequences=True)
        outputs = tf.keras.layers.Bidirectional(inner)(x)
    scope = "bidirectional/{}_simple_rnn/simple_rnn_cell"
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "fw": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "BACKWARD"),)),
        },
        weights=cells.keras(scope.format("forward"), "fw", (), 5)
        | cells.keras(scope.format("backward"), "bw", (), 5),
        starts=cells.zeros("fw") + cells.zeros("bw"),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def keras_bidirectional_lstm() -> Program:
    """``Bidirectional`` over an LSTM that returns its last output; the kernels are split in four.

    The backward layer's last output is the one of the first timestep.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs = tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(5))(x)
        scores = tf.keras.layers.Dense(2)(outputs)
    scope = "bidirectional/{}_lstm/lstm_cell"
    gates = cells.KERAS_LSTM_GATES
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "fw": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "LSTM", 5, 0, (("time", "BACKWARD"),)),
            "head": HEAD,
        },
        weights=cells.keras(scope.format("forward"), "fw", gates, 5)
        | cells.keras(scope.format("backward"), "bw", gates, 5)
        | cells.dense("dense", "head"),
        starts=cells.zeros("fw", 2) + cells.zeros("bw", 2),
        connections=(("fw", "head", 0), ("bw", "head", 0)),
    )
    return Program(graph, [scores], {x: fill(2, 4, 3)}, truth)


def keras_masking() -> Program:
    """A mask keeps the states where the input is padding.

    Zeros of the shape of the traced cell's output stand before the first output: of that trace
    only the shape matters.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs = tf.keras.layers.LSTM(5)(tf.keras.layers.Masking()(x))
        scores = tf.keras.layers.Dense(2)(outputs)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=cells.keras("lstm/lstm_cell", "rnn", cells.KERAS_LSTM_GATES, 5)
        | cells.dense("dense", "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4, 3)}, truth)


def keras_stateful() -> Program:
    """``stateful=True``: the state is kept in a variable from run to run."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        outputs = tf.keras.layers.GRU(5, stateful=True)(x)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights=cells.keras("gru/gru_cell", "rnn", cells.KERAS_GRU_GATES, 5)
        | {"gru/Variable": Weight("initial_state", cells.uses("rnn", ("",)))},
        starts=(Start("rnn", "gru/Variable"),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def keras_stacked_cells() -> Program:
    """One ``RNN`` over stacked cells."""
    layers = tf.keras.layers
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs = layers.RNN(layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(5)]))(x)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 4, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 5, 1, FORWARD),
        },
        weights=cells.keras("rnn/stacked_rnn_cells/lstm_cell", "low", cells.KERAS_LSTM_GATES, 4)
        | cells.keras("rnn/stacked_rnn_cells/gru_cell", "high", cells.KERAS_GRU_GATES, 5),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)
