"""Programs of TensorFlow 1 with ``tf.enable_control_flow_v2()``: loops and conditions are calls."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import functional_control_flow, rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def functional_dynamic_rnn() -> Program:
    """``dynamic_rnn`` over three stacked cells: the starting program, as a functional loop."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [None, 3, 4])
        stack = rnn_cell.MultiRNNCell([rnn_cell.BasicRNNCell(5) for _ in range(3)])
        outputs, _ = tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)
    layers, weights, starts = {}, {}, ()
    for k, inputs in enumerate((4, 5, 5)):
        layers[f"l{k}"] = Layer("RECURRENT", "SimpleRNN", 5, k, FORWARD)
        scope = f"rnn/multi_rnn_cell/cell_{k}/basic_rnn_cell"
        weights |= cells.basic_rnn(scope, f"l{k}", inputs, 5)
        starts += cells.zeros(f"l{k}")
    truth = Truth(
        axes={"time": Axis(3)},
        layers=layers,
        weights=weights,
        starts=starts,
        connections=(("l0", "l1", 0), ("l1", "l2", 0)),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4)}, truth)


def functional_with_lengths() -> Program:
    """``sequence_length``: conditions in the loop; T is a bound. Resource variables."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [2, 4, 3])
        lengths = tf.placeholder(tf.int32, [2])
        with tf.variable_scope("net", use_resource=True):
            cell = rnn_cell.BasicLSTMCell(5)
            outputs, _ = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(4, bound=True)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=cells.lstm("net/rnn/basic_lstm_cell", "rnn", 3, 5),
        starts=cells.zeros("rnn", 2),
    )
    feeds = {x: fill(2, 4, 3), lengths: np.array([4, 4], "i4")}
    return Program(graph, [outputs], feeds, truth)


def functional_any_length() -> Program:
    """T is open; a dense layer on all outputs; trained with Adam."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [None, None, 3])
        with tf.variable_scope("net", use_resource=True):
            outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)
            scores = tf.layers.dense(outputs, 2, name="scores")
        loss = tf.reduce_mean(tf.square(scores))
        tf.train.AdamOptimizer(0.01).minimize(loss)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=cells.gru("net/rnn/gru_cell", "rnn", 3, 5) | cells.dense("net/scores", "scores"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "scores", 0),),
    )
    return Program(graph, [scores, loss], {x: fill(2, 6, 3)}, truth, steps=6)


def functional_bidirectional() -> Program:
    """``bidirectional_dynamic_rnn``."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            rnn_cell.GRUCell(5), rnn_cell.GRUCell(5), x, dtype=tf.float32
        )
        joined = tf.concat(outputs, 2)
    scope = "bidirectional_rnn/{}/gru_cell"
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "fw": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "GRU", 5, 0, BACKWARD),
        },
        weights=cells.gru(scope.format("fw"), "fw", 3, 5)
        | cells.gru(scope.format("bw"), "bw", 3, 5),
        starts=cells.zeros("fw") + cells.zeros("bw"),
    )
    return Program(graph, [joined], {x: fill(2, 4, 3)}, truth)


def functional_condition_around() -> Program:
    """``tf.cond`` around a loop: with or without noise on the inputs, two applications."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [None, 6, 3])
        training = tf.placeholder(tf.bool, [])
        with tf.variable_scope("net", use_resource=True):
            cell = rnn_cell.BasicLSTMCell(4, name="cell")
            cell.build(tf.TensorShape([None, 3]))

            def last(value):
                return tf.nn.dynamic_rnn(cell, value, dtype=tf.float32)[1].h

            h = tf.cond(training, lambda: last(x * 2.0), lambda: last(x))
            scores = tf.layers.dense(h, 2, name="head")
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 4, 0, FORWARD * 2), "head": HEAD},
        weights=cells.lstm("net/cell", "rnn", 3, 4) | cells.dense("net/head", "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 6, 3), training: np.array(True)}, truth)


def functional_condition_inside() -> Program:
    """``tf.cond`` in a ``tf.while_loop``: the right word, or the one that was said."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        words = tf.placeholder(tf.int32, [5, 2])
        training = tf.placeholder(tf.bool, [])
        table = tf.get_variable("table", [7, 3], use_resource=True)
        kernel = tf.get_variable("kernel", [7, 4])
        out = tf.get_variable("out", [4, 7])

        def step(before, word):
            h, said = before
            value = tf.cond(
                training,
                lambda: tf.nn.embedding_lookup(table, word),
                lambda: tf.nn.embedding_lookup(table, said),
            )
            h = tf.tanh(tf.matmul(tf.concat([value, h], 1), kernel))
            return h, tf.argmax(tf.matmul(h, out), 1, output_type=tf.int32)

        outputs = tf.scan(step, words, (tf.zeros([2, 4]), tf.zeros([2], tf.int32)))
    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "words": Layer("STEPWISE", runs=ON_TIME * 2),
            "rnn": Layer("RECURRENT", "SimpleRNN", 4, 0, FORWARD),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "kernel": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 4)),
            "out": Weight("kernel|projection", (Uses("scores", "time"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0), ("scores", "words", 1)),
    )
    feeds = {words: np.ones((5, 2), "i4"), training: np.array(True)}
    return Program(graph, list(outputs), feeds, truth)


def functional_loop_in_a_loop() -> Program:
    """3 letters in each of 4 words."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [4, 3, 2, 3])
        inner = tf.get_variable("inner", [8, 5])
        outer = tf.get_variable("outer", [11, 6])

        def letter(h, v):
            return tf.tanh(tf.matmul(tf.concat([v, h], 1), inner))

        def word(h, letters):
            read = tf.foldl(letter, letters, tf.zeros([2, 5]))
            return tf.tanh(tf.matmul(tf.concat([read, h], 1), outer))

        states = tf.scan(word, x, tf.zeros([2, 6]))
    truth = Truth(
        axes={"words": Axis(4), "letters": Axis(3, parent="words")},
        layers={
            "inner": Layer("RECURRENT", "SimpleRNN", 5, 0, (("letters", "FORWARD"),)),
            "outer": Layer("RECURRENT", "SimpleRNN", 6, 0, (("words", "FORWARD"),)),
        },
        weights={
            "inner": Weight("kernel", (Uses("inner", "letters"),), cells.rows(3, 5)),
            "outer": Weight("kernel", (Uses("outer", "words"),), cells.rows(5, 6)),
        },
        starts=cells.zeros("inner") + cells.zeros("outer"),
        connections=(("inner", "outer", -1),),
    )
    return Program(graph, [states], {x: fill(4, 3, 2, 3)}, truth)


def functional_stateful() -> Program:
    """The last state is kept in a variable for the next run."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [2, 4, 3])
        kept = tf.get_variable("kept", [2, 5], trainable=False)
        outputs, last = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, initial_state=kept)
        with tf.control_dependencies([tf.assign(kept, last)]):
            outputs = tf.identity(outputs)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"kept": Weight("initial_state", (Uses("rnn"),))}
        | cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 3, 5),
        starts=(Start("rnn", "kept"),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)
