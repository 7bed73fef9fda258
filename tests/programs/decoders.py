"""Loops that feed their own outputs back, and loops that start where another one ended."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import (
    ANY,
    UNKNOWN,
    Axis,
    Layer,
    Program,
    Start,
    Truth,
    Uses,
    Weight,
    fill,
)
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)


def raw_rnn_decoder() -> Program:
    """`raw_rnn`: scores → best word → its embedding → the next timestep's input.

    `raw_rnn` asks for the next input once before the loop (the start word's embedding) and then
    after each of the 5 timesteps, so the embedding is looked up once outside and 5 times inside.
    """
    with tf.Graph().as_default() as graph:
        first = tf.placeholder(tf.float32, [2, 6], name="meaning")
        length = tf.placeholder(tf.int32, [2])
        table = tf.get_variable("w", [9, 4])
        weight = tf.get_variable("table", [6, 9])
        bias = tf.get_variable("cell", [9])
        cell = rnn_cell.GRUCell(6, name="step")

        def next_step(time, output, state, _):
            if output is None:
                word, state, scores = tf.constant([1, 1]), first, tf.zeros([9])
            else:
                scores = tf.matmul(output, weight) + bias
                word = tf.argmax(scores, 1, output_type=tf.int32)
            finished = time >= length
            return finished, tf.gather(table, word), state, scores, None

        scores, _, _ = tf.nn.raw_rnn(cell, next_step)
        outputs = scores.stack()
    runs = (("time", "FORWARD|UNKNOWN"),)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 6, 0, runs),
            "scores": Layer("STEPWISE", runs=(("time", "*"),)),
            # The start word is looked up before the loop: a second application, outside time.
            "words": Layer("STEPWISE", runs=(("", "*"), ("time", "*"))),
        },
        weights={
            "w": Weight("embedding", (Uses("words"), Uses("words", "time"))),
            "table": Weight("kernel|projection", (Uses("scores", "time"),)),
            "cell": Weight("bias", (Uses("scores", "time"),)),
        }
        | cells.gru("rnn/step", "rnn", 4, 6),
        starts=(Start("rnn", "meaning"),),
        connections=(
            ("rnn", "scores", 0),
            ("scores", "words", 0),
            ("words", "rnn", 1),
        ),
    )
    feeds = {first: fill(2, 6), length: np.array([5, 5], "i4")}
    return Program(graph, [outputs], feeds, truth, steps=5)


def fed_back_output() -> Program:
    """A while_loop decoder: y = h W + b is put out and is the next input; 4 fixed timesteps."""
    with tf.Graph().as_default() as graph:
        seed = tf.placeholder(tf.float32, [2, 3])
        weight = tf.get_variable("weight", [5, 3])
        bias = tf.get_variable("bias", [3])
        cell = rnn_cell.BasicRNNCell(5, name="cell")

        def step(t, y, h, out):
            _, h = cell(y, h)
            y = tf.matmul(h, weight) + bias
            return t + 1, y, h, out.write(t, y)

        start = (0, seed, tf.zeros([2, 5]), tf.TensorArray(tf.float32, 4))
        *_, out = tf.while_loop(lambda t, *_: t < 4, step, start)
        outputs = out.stack()
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "FORWARD|UNKNOWN"),)),
            "out": Layer("STEPWISE", runs=(("time", "*"),)),
        },
        weights={
            "weight": Weight("kernel|projection", (Uses("out", "time"),)),
            "bias": Weight("bias", (Uses("out", "time"),)),
        }
        | cells.basic_rnn("cell", "rnn", 3, 5),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "out", 0), ("out", "rnn", 1)),
    )
    return Program(graph, [outputs], {seed: fill(2, 3)}, truth)


def encoder_decoder() -> Program:
    """The decoder starts from the encoder's final state; 5 and 3 timesteps: two axes."""
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [None, 5, 4])
        target = tf.placeholder(tf.float32, [None, 3, 2])
        with tf.variable_scope("m"):
            _, state = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(6), source, dtype=tf.float32)
        with tf.variable_scope("n"):
            outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(6), target, initial_state=state)
        scores = tf.layers.dense(outputs, 2, name="o")
    truth = Truth(
        axes={"source": Axis(5), "target": Axis(3)},
        layers={
            "encoder": Layer("RECURRENT", "LSTM", 6, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "LSTM", 6, 0, (("target", "FORWARD"),)),
            "dense": Layer("SEQUENCE", runs=(("target", "*"),)),
        },
        weights=cells.lstm("m/rnn/basic_lstm_cell", "encoder", 4, 6, ("source",))
        | cells.lstm("n/rnn/basic_lstm_cell", "decoder", 2, 6, ("target",))
        | cells.dense("o", "dense"),
        starts=(*cells.zeros("encoder", 2), Start("decoder", "*"), Start("decoder", "*")),
        connections=(("encoder", "decoder", ANY), ("decoder", "dense", 0)),
    )
    return Program(graph, [scores], {source: fill(2, 5, 4), target: fill(2, 3, 2)}, truth)


def attention_decoder() -> Program:
    """Additive attention over an encoder's outputs; the context is part of the next input.

    The query's weights and the score's vector are read at each of the decoder's timesteps; the
    memory's weights once, for all of the encoder's timesteps.
    """
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [2, 5, 4])
        target = tf.placeholder(tf.float32, [2, 3, 2])
        with tf.variable_scope("e"):
            memory, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(6), source, dtype=tf.float32)
        keys = tf.layers.dense(memory, 7, use_bias=False, name="keys")
        query = tf.get_variable("query", [6, 7])
        vector = tf.get_variable("vector", [7, 1])
        cell = rnn_cell.GRUCell(6, name="d")
        sequence = tf.TensorArray(tf.float32, 3).unstack(tf.transpose(target, [1, 0, 2]))

        def step(t, context, h, out):
            _, h = cell(tf.concat([sequence.read(t), context], 1), h)
            mixed = tf.tanh(keys + tf.expand_dims(tf.matmul(h, query), 1))
            scores = tf.reshape(tf.matmul(tf.reshape(mixed, [10, 7]), vector), [2, 5, 1])
            context = tf.reduce_sum(tf.nn.softmax(scores, 1) * memory, 1)
            return t + 1, context, h, out.write(t, tf.concat([h, context], 1))

        start = (0, tf.zeros([2, 6]), tf.zeros([2, 6]), tf.TensorArray(tf.float32, 3))
        *_, out = tf.while_loop(lambda t, *_: t < 3, step, start)
        outputs = out.stack()
    truth = Truth(
        axes={"source": Axis(5), "target": Axis(3)},
        layers={
            "encoder": Layer("RECURRENT", "GRU", 6, 0, (("source", "FORWARD"),)),
            "keys": Layer("SEQUENCE", runs=(("source", "*"),)),
            "decoder": Layer("RECURRENT", "GRU", 6, 0, (("target", "FORWARD"),)),
            "query": Layer("STEPWISE", runs=(("target", "*"),)),
            "vector": Layer("STEPWISE", runs=(("target", "*"),)),
        },
        weights=cells.gru("e/rnn/gru_cell", "encoder", 4, 6, ("source",))
        | {
            "keys/kernel": Weight("kernel|attention", (Uses("keys"),)),
            "query": Weight("kernel|attention", (Uses("query", "target"),)),
            "vector": Weight("kernel|attention", (Uses("vector", "target"),)),
        }
        | cells.gru("d", "decoder", 8, 6, ("target",)),
        starts=(*cells.zeros("encoder"), *cells.zeros("decoder")),
        connections=(
            ("encoder", "keys", 0),
            # All of the encoder's timesteps come before: at no distance of the decoder's time.
            ("encoder", "decoder", 0),
            ("decoder", "query", 0),
            ("query", "vector", 0),
            ("vector", "decoder", 1),
        ),
        more_connections=True,
    )
    return Program(graph, [outputs], {source: fill(2, 5, 4), target: fill(2, 3, 2)}, truth)
