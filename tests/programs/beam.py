"""A decoder that keeps several answers at once."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf


def beam_search() -> Program:
    """Three beams; after each step the states of those that go on are gathered by their parents.

    The parents come from the scores, so the next step reads the scores in its states as well.
    """
    with tf.Graph().as_default() as graph:
        first = tf.placeholder(tf.float32, [3, 4], name="meaning")
        table = tf.get_variable("table", [7, 3])
        weight = tf.get_variable("weight", [4, 7])
        cell = rnn_cell.BasicLSTMCell(4, name="cell")
        cell.build(tf.TensorShape([None, 3]))

        def step(t, word, c, h, chances, out):
            state = rnn_cell.LSTMStateTuple(c, h)
            output, state = cell(tf.nn.embedding_lookup(table, word), state)
            scores = tf.nn.log_softmax(tf.matmul(output, weight))
            chances, best = tf.nn.top_k(tf.reshape(tf.expand_dims(chances, 1) + scores, [-1]), 3)
            parent, word = best // 7, best % 7
            c, h = tf.gather(state.c, parent), tf.gather(state.h, parent)
            return t + 1, word, c, h, chances, out.write(t, word)

        words = tf.TensorArray(tf.int32, 4)
        start = (0, tf.zeros([3], tf.int32), first, first, tf.zeros([3]), words)
        *_, out = tf.while_loop(lambda t, *_: t < 4, step, start)
        outputs = out.stack()
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "words": Layer("STEPWISE", runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "LSTM|", 4, 0, (("time", "FORWARD|UNKNOWN"),)),
            "scores": Layer("STEPWISE", runs=(("time", "*"),)),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "weight": Weight("kernel", (Uses("scores", "time"),)),
            "cell/kernel": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 4)),
            "cell/bias": Weight("bias", (Uses("rnn", "time"),)),
        },
        starts=(Start("rnn", "meaning"),) * 2,
        connections=(
            ("words", "rnn", 0),
            ("rnn", "scores", 0),
            ("scores", "words", 1),
            ("scores", "rnn", 1),
        ),
    )
    return Program(graph, [outputs], {first: fill(3, 4)}, truth)
