"""Two directions over one sequence."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Truth, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)


def bidirectional() -> Program:
    """Both directions with ``sequence_length``: each sequence is reversed within its length."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 5, 4])
        length = tf.placeholder(tf.int32, [None])
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            rnn_cell.BasicLSTMCell(5), rnn_cell.BasicLSTMCell(6), x, length, dtype=tf.float32
        )
        both = tf.concat(outputs, 2)
    scope = "bidirectional_rnn/{}/basic_lstm_cell"
    truth = Truth(
        axes={"time": Axis(5, bound=True)},
        layers={
            "fw": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "LSTM", 6, 0, BACKWARD),
        },
        weights=cells.lstm(scope.format("fw"), "fw", 4, 5)
        | cells.lstm(scope.format("bw"), "bw", 4, 6),
        starts=cells.zeros("fw", 2) + cells.zeros("bw", 2),
    )
    feeds = {x: fill(2, 5, 4), length: np.array([5, 5], "i4")}
    return Program(graph, [both], feeds, truth)


def bidirectional_unknown_length() -> Program:
    """Both directions over [None, None, 4], without lengths; the names fw and bw are swapped."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, None, 4])
        with tf.variable_scope("bw"):
            one, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)
        with tf.variable_scope("fw"):
            two, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), tf.reverse(x, [1]), dtype=tf.float32)
            two = tf.reverse(two, [1])
        both = tf.concat([one, two], 2)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "one": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "two": Layer("RECURRENT", "GRU", 5, 0, BACKWARD),
        },
        weights=cells.gru("bw/rnn/gru_cell", "one", 4, 5)
        | cells.gru("fw/rnn/gru_cell", "two", 4, 5),
        starts=cells.zeros("one") + cells.zeros("two"),
    )
    return Program(graph, [both], {x: fill(2, 4, 4)}, truth, steps=4)


def stacked_bidirectional() -> Program:
    """Two bidirectional layers, the second over both outputs of the first, and a head."""
    with tf.Graph().as_default() as graph:
        value = x = tf.placeholder(tf.float32, [None, 5, 4])
        for i in range(2):
            with tf.variable_scope(f"layer_{i}"):
                outputs, states = tf.nn.bidirectional_dynamic_rnn(
                    rnn_cell.BasicRNNCell(3), rnn_cell.BasicRNNCell(3), value, dtype=tf.float32
                )
            value = tf.concat(outputs, 2)
        scores = tf.layers.dense(tf.concat(states, 1), 2)
    layers, weights, starts = {}, {}, []
    for i in range(2):
        for key, runs in (("fw", FORWARD), ("bw", BACKWARD)):
            layer = f"{key}{i}"
            layers[layer] = Layer("RECURRENT", "SimpleRNN", 3, i, runs)
            scope = f"layer_{i}/bidirectional_rnn/{key}/basic_rnn_cell"
            weights |= cells.basic_rnn(scope, layer, 6 if i else 4, 3)
            starts += cells.zeros(layer)
    layers["head"] = Layer("ONCE", runs=(("", ""),))
    truth = Truth(
        axes={"time": Axis(5)},
        layers=layers,
        weights=weights | cells.dense("dense", "head"),
        starts=tuple(starts),
        connections=(
            *((a, b, 0) for a in ("fw0", "bw0") for b in ("fw1", "bw1")),
            ("fw1", "head", 0),
            ("bw1", "head", 0),
        ),
    )
    return Program(graph, [scores, value], {x: fill(2, 5, 4)}, truth)


def reversed_only() -> Program:
    """One layer that reads the sequence from its end, and nothing that reads it forward."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 5, 4])
        outputs, _ = tf.nn.dynamic_rnn(
            rnn_cell.BasicRNNCell(3), tf.reverse(x, [1]), dtype=tf.float32
        )
    truth = Truth(
        axes={"time": Axis(5)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 3, 0, (("time", "BACKWARD|UNKNOWN"),))},
        weights=cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 4, 3),
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(2, 5, 4)}, truth)


def two_on_one_input() -> Program:
    """Two layers side by side over one sequence, both forward; the heads read their last steps."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 5, 4])
        with tf.variable_scope("left"):
            left, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(3), x, dtype=tf.float32)
        with tf.variable_scope("right"):
            right, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(4), x, dtype=tf.float32)
        scores = [
            tf.layers.dense(left[:, -1], 2, name="left_head"),
            tf.layers.dense(right[:, -1], 2, name="right_head"),
        ]
    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "left": Layer("RECURRENT", "SimpleRNN", 3, 0, FORWARD),
            "right": Layer("RECURRENT", "GRU", 4, 0, FORWARD),
            "left_head": Layer("ONCE", runs=(("", ""),)),
            "right_head": Layer("ONCE", runs=(("", ""),)),
        },
        weights=cells.basic_rnn("left/rnn/basic_rnn_cell", "left", 4, 3)
        | cells.gru("right/rnn/gru_cell", "right", 4, 4)
        | cells.dense("left_head", "left_head")
        | cells.dense("right_head", "right_head"),
        starts=cells.zeros("left") + cells.zeros("right"),
        connections=(("left", "left_head", 0), ("right", "right_head", 0)),
    )
    return Program(graph, scores, {x: fill(2, 5, 4)}, truth)
