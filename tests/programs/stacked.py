"""`dynamic_rnn` over one cell or a stack: the programs that started the project, and their kin."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)


def basic_rnn() -> Program:
    """One layer of 5 units, 3 timesteps."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4])
        outputs, state = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights=cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 4, 5),
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs, state], {x: fill(2, 3, 4)}, truth)


def starting_program() -> Program:
    """Three timesteps were wanted; three layers were built, each used at three timesteps."""
    seq_length, n_h, n_x = 3, 100, 26
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, seq_length, n_x], name="inputs")
        tf.placeholder(tf.float32, [None, n_h], name="initial_state")
        cell = rnn_cell.MultiRNNCell([rnn_cell.BasicRNNCell(n_h) for _ in range(seq_length)])
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    layers, weights, starts = {}, {}, []
    for i in range(3):
        layers[f"l{i}"] = Layer("RECURRENT", "SimpleRNN", n_h, i, FORWARD)
        scope = f"rnn/multi_rnn_cell/cell_{i}/basic_rnn_cell"
        weights |= cells.basic_rnn(scope, f"l{i}", n_h if i else n_x, n_h)
        starts += cells.zeros(f"l{i}")
    truth = Truth(
        axes={"time": Axis(3)},
        layers=layers,
        weights=weights,
        starts=tuple(starts),
        connections=(("l0", "l1", 0), ("l1", "l2", 0)),
    )
    return Program(graph, [outputs, *state], {x: fill(2, 3, 26)}, truth)


def what_was_meant() -> Program:
    """One layer of 100 units, 3 timesteps, read as the last output by a head."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 26])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(100), x, dtype=tf.float32)
        scores = tf.layers.dense(outputs[:, -1], 26)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", 100, 0, FORWARD),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights=cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 26, 100)
        | cells.dense("dense", "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 3, 26)}, truth)


def time_major() -> Program:
    """The sequence is [time, batch, features]; names say nothing ("a/b")."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [7, None, 4], name="a")
        with tf.variable_scope("a/b"):
            outputs, _ = tf.nn.dynamic_rnn(
                rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32, time_major=True
            )
    truth = Truth(
        axes={"time": Axis(7)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=cells.lstm("a/b/rnn/basic_lstm_cell", "rnn", 4, 5),
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [outputs], {x: fill(7, 2, 4)}, truth)


def unknown_length() -> Program:
    """[None, None, 26]: the graph fixes no length."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, None, 26])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights=cells.gru("rnn/gru_cell", "rnn", 26, 5),
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 26)}, truth, steps=4)


def bounded_length() -> Program:
    """``sequence_length`` may stop a run before the sixth timestep."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        length = tf.placeholder(tf.int32, [None])
        outputs, state = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, length, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(6, bound=True)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights=cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 4, 5),
        starts=cells.zeros("rnn"),
    )
    feeds = {x: fill(2, 6, 4), length: np.array([6, 6], "i4")}
    return Program(graph, [outputs, state], feeds, truth)


def unknown_bounded_length() -> Program:
    """[None, None, 4] with a ``sequence_length``: neither the length nor the bound is fixed."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, None, 4])
        length = tf.placeholder(tf.int32, [None])
        cell = rnn_cell.MultiRNNCell([rnn_cell.GRUCell(5), rnn_cell.BasicLSTMCell(6)])
        outputs, _ = tf.nn.dynamic_rnn(cell, x, length, dtype=tf.float32)
    scope = "rnn/multi_rnn_cell/cell"
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 6, 1, FORWARD),
        },
        weights=cells.gru(f"{scope}_0/gru_cell", "low", 4, 5)
        | cells.lstm(f"{scope}_1/basic_lstm_cell", "high", 5, 6),
        starts=cells.zeros("low") + cells.zeros("high", 2),
        connections=(("low", "high", 0),),
    )
    feeds = {x: fill(2, 5, 4), length: np.array([5, 5], "i4")}
    return Program(graph, [outputs], feeds, truth, steps=5)


def tutorial() -> Program:
    """GRUs with dropout, the length found from padding, the last relevant output, a softmax."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        keep = tf.placeholder_with_default(1.0, [])
        used = tf.sign(tf.reduce_max(tf.abs(x), axis=2))
        length = tf.cast(tf.reduce_sum(used, axis=1), tf.int32)
        stack = [
            rnn_cell.DropoutWrapper(rnn_cell.GRUCell(5), output_keep_prob=keep) for _ in range(3)
        ]
        outputs, _ = tf.nn.dynamic_rnn(
            rnn_cell.MultiRNNCell(stack), x, dtype=tf.float32, sequence_length=length
        )
        index = tf.range(0, tf.shape(outputs)[0]) * 6 + (length - 1)
        relevant = tf.gather(tf.reshape(outputs, [-1, 5]), index)
        weight = tf.Variable(tf.truncated_normal([5, 3], stddev=0.01))
        bias = tf.Variable(tf.constant(0.1, shape=[3]))
        prediction = tf.nn.softmax(tf.matmul(relevant, weight) + bias)
    layers, weights, starts = {}, {}, []
    for i in range(3):
        layers[f"l{i}"] = Layer("RECURRENT", "GRU", 5, i, FORWARD)
        weights |= cells.gru(f"rnn/multi_rnn_cell/cell_{i}/gru_cell", f"l{i}", 5 if i else 4, 5)
        starts += cells.zeros(f"l{i}")
    layers["head"] = Layer("ONCE", runs=(("", ""),))
    weights["Variable"] = Weight("kernel", (Uses("head"),))
    weights["Variable_1"] = Weight("bias", (Uses("head"),))
    truth = Truth(
        axes={"time": Axis(6, bound=True)},
        layers=layers,
        weights=weights,
        starts=tuple(starts),
        connections=(("l0", "l1", 0), ("l1", "l2", 0), ("l2", "head", 0)),
    )
    return Program(graph, [prediction], {x: fill(2, 6, 4)}, truth)


def trained_start() -> Program:
    """The initial state is a variable that is trained like any other."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3, 4])
        start = tf.get_variable("first", [2, 5])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, initial_state=start)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights={"first": Weight("initial_state", (Uses("rnn"),))}
        | cells.gru("rnn/gru_cell", "rnn", 4, 5),
        starts=(Start("rnn", "first"),),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4)}, truth)


def trained_start_tiled() -> Program:
    """Trained first states of an LSTM, one row each, repeated for the batch.

    State c starts from the variable called "h", and h from the one called "c".
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4])
        c = tf.get_variable("h", [1, 5])
        h = tf.get_variable("c", [1, 5])
        batch = tf.shape(x)[0]
        start = rnn_cell.LSTMStateTuple(tf.tile(c, [batch, 1]), tf.tile(h, [batch, 1]))
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), x, initial_state=start)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights={n: Weight("initial_state", (Uses("rnn"),)) for n in ("h", "c")}
        | cells.lstm("rnn/basic_lstm_cell", "rnn", 4, 5),
        starts=(Start("rnn", "h|Tile"), Start("rnn", "c|Tile_1")),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4)}, truth)


def fed_start() -> Program:
    """The initial state is fed."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4])
        start = tf.placeholder(tf.float32, [None, 5], name="start")
        outputs, state = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, initial_state=start)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights=cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 4, 5),
        starts=(Start("rnn", "start"),),
    )
    return Program(graph, [outputs, state], {x: fill(2, 3, 4), start: fill(2, 5)}, truth)
