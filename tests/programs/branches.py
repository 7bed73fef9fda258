"""`tf.cond`: of two branches one runs, so a variable that both read is read once."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
BATCH_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def teacher_forcing() -> Program:
    """Each step looks up the right word, or the one that it said: one lookup a step, not two."""
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.int32, [5, 2])
        training = tf.placeholder(tf.bool, [])
        table = tf.get_variable("table", [7, 3])
        weight = tf.get_variable("weight", [4, 7])
        cell = rnn_cell.GRUCell(4, name="step")

        def step(before, word):
            h, said = before
            value = tf.cond(
                training,
                lambda: tf.nn.embedding_lookup(table, word),
                lambda: tf.nn.embedding_lookup(table, said),
            )
            _, h = cell(value, h)
            return h, tf.argmax(tf.matmul(h, weight), 1, output_type=tf.int32)

        outputs = tf.scan(step, words, (tf.zeros([2, 4]), tf.zeros([2], tf.int32)))
    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "words": Layer("STEPWISE", runs=(("time", "*"), ("time", "*"))),
            "rnn": Layer("RECURRENT", "GRU", 4, 0, FORWARD),
            "scores": Layer("STEPWISE", runs=(("time", "*"),)),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "weight": Weight("kernel", (Uses("scores", "time"),)),
        }
        | cells.gru("step", "rnn", 3, 4),
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0), ("scores", "words", 1)),
    )
    feeds = {words: np.ones((5, 2), "i4"), training: np.array(True)}
    return Program(graph, list(outputs), feeds, truth)


def rnn_in_both_branches() -> Program:
    """One cell runs over x in either branch: two applications, of which a run makes one."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 3])
        training = tf.placeholder(tf.bool, [])
        cell = rnn_cell.BasicLSTMCell(4, name="cell")
        cell.build(tf.TensorShape([None, 3]))

        def last(value):
            return tf.nn.dynamic_rnn(cell, value, dtype=tf.float32)[1].h

        h = tf.cond(training, lambda: last(tf.nn.dropout(x, rate=0.5)), lambda: last(x))
        scores = tf.layers.dense(h, 2, name="head")
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 4, 0, FORWARD * 2),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights=cells.lstm("cell", "rnn", 3, 4) | cells.dense("head", "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 6, 3), training: np.array(True)}, truth)


def _batch_norm(scope: str, layer: str) -> dict[str, Weight]:
    return {f"{scope}/{name}": Weight("norm", (Uses(layer),)) for name in BATCH_NORM}


def batch_norm_between() -> Program:
    """A condition takes the batch's own moments or the moving ones: one layer of four variables."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 3])
        training = tf.placeholder(tf.bool, [])
        with tf.variable_scope("a"):
            outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(4), x, dtype=tf.float32)
        outputs = tf.layers.batch_normalization(outputs, training=training, name="norm")
        with tf.variable_scope("b"):
            outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), outputs, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 4, 0, FORWARD),
            "norm": Layer("SEQUENCE", runs=(("time", "*"),)),
            "high": Layer("RECURRENT", "GRU", 5, 1, FORWARD),
        },
        weights=cells.lstm("a/rnn/basic_lstm_cell", "low", 3, 4)
        | _batch_norm("norm", "norm")
        | cells.gru("b/rnn/gru_cell", "high", 4, 5),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("low", "norm", 0), ("norm", "high", 0)),
    )
    return Program(graph, [outputs], {x: fill(2, 6, 3), training: np.array(False)}, truth)


def batch_norm_after_a_bias() -> Program:
    """A bias that is added before the norm is the dense layer's bias."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 3])
        training = tf.placeholder(tf.bool, [])
        _, last = tf.nn.dynamic_rnn(rnn_cell.GRUCell(4), x, dtype=tf.float32)
        hidden = tf.layers.dense(last, 5, name="hidden")
        normed = tf.nn.relu(tf.layers.batch_normalization(hidden, training=training, name="norm"))
        scores = tf.layers.dense(normed, 2, name="head")
        loss = tf.reduce_mean(tf.square(scores))
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            tf.train.AdamOptimizer().minimize(loss)
    once = Layer("ONCE", runs=(("", ""),))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 4, 0, FORWARD),
            "hidden": once,
            "norm": once,
            "head": once,
        },
        weights=cells.gru("rnn/gru_cell", "rnn", 3, 4)
        | cells.dense("hidden", "hidden")
        | _batch_norm("norm", "norm")
        | cells.dense("head", "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "hidden", 0), ("hidden", "norm", 0), ("norm", "head", 0)),
    )
    return Program(graph, [loss], {x: fill(2, 6, 3), training: np.array(False)}, truth)
