"""Loops in a ``tf.function`` that feed what they said back, pick, attend or search."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, embedding, recurrent
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
from tests.programs.tf2 import keras, of_function

ON_TIME = (("time", "*"),)
FORWARD = (("time", "FORWARD"),)
# What such a loop reads is what it said: nothing in the graph tells forward from backward.
SAID = (("time", "FORWARD|UNKNOWN"),)


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


def char_rnn_sampling() -> Program:
    """The next letter is drawn from the scores of this one, and looked up at the next step."""
    table, w, out = _variable("table", 7, 3), _variable("w", 8, 5), _variable("out", 5, 7)

    def run(letter):
        h = tf.zeros([2, 5])
        letters = tf.TensorArray(tf.int32, 6)
        for t in tf.range(6):
            value = tf.nn.embedding_lookup(table, letter)
            h = tf.tanh(tf.matmul(tf.concat([value, h], 1), w))
            scores = tf.matmul(h, out)
            letter = tf.squeeze(tf.random.categorical(scores, 1, dtype=tf.int32), 1)
            letters = letters.write(t, letter)
        return tf.transpose(letters.stack())

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "letters": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "table": Weight("embedding", (Uses("letters", "time"),)),
            "w": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 5)),
            "out": Weight("kernel|projection", (Uses("scores", "time"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("letters", "rnn", 0), ("rnn", "scores", 0), ("scores", "letters", 1)),
    )
    return of_function(run, truth, np.array([1, 2], "i4"))


def greedy_with_keras_cells() -> Program:
    """An LSTMCell, an Embedding and a Dense of Keras, called by hand at every timestep."""
    words = keras.layers.Embedding(9, 4, name="words")
    cell = keras.layers.LSTMCell(6, name="cell")
    scores = keras.layers.Dense(9, name="scores")
    words.build()
    cell.build((None, 4))
    scores.build((None, 6))

    def run(word, h, c):
        said = tf.TensorArray(tf.int32, 5)
        for t in tf.range(5):
            output, (h, c) = cell(words(word), [h, c])
            word = tf.argmax(scores(output), 1, output_type=tf.int32)
            said = said.write(t, word)
        return said.stack()

    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "words": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 6, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=embedding(words, "words", "time")
        | recurrent(cell, "rnn")
        | dense(scores, "scores", "time"),
        starts=(Start("rnn", "*"), Start("rnn", "*")),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0), ("scores", "words", 1)),
    )
    return of_function(run, truth, np.array([1, 2], "i4"), fill(2, 6), fill(2, 6))


def until_the_end_word() -> Program:
    """``break`` when every sentence has ended; at most ``limit`` words, which is an argument."""
    table, w, out = _variable("table", 7, 3), _variable("w", 8, 5), _variable("out", 5, 7)

    def run(word, limit):
        h = tf.zeros([2, 5])
        said = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[2])
        for t in tf.range(limit):
            value = tf.nn.embedding_lookup(table, word)
            h = tf.tanh(tf.matmul(tf.concat([value, h], 1), w))
            word = tf.argmax(tf.matmul(h, out), 1, output_type=tf.int32)
            said = said.write(t, word)
            if tf.reduce_all(word < 0):
                break
        return said.stack()

    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "words": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "w": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 5)),
            "out": Weight("kernel|projection", (Uses("scores", "time"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0), ("scores", "words", 1)),
    )
    return of_function(run, truth, np.array([1, 2], "i4"), np.array(4, "i4"), steps=4)


def beam_search_function() -> Program:
    """Three beams; the states of those that go on are gathered by their parents."""
    table, w, out = _variable("table", 7, 3), _variable("w", 7, 4), _variable("out", 4, 7)

    def run(first):
        h, word, chances = first, tf.zeros([3], tf.int32), tf.zeros([3])
        said = tf.TensorArray(tf.int32, 4)
        for t in tf.range(4):
            value = tf.nn.embedding_lookup(table, word)
            h = tf.tanh(tf.matmul(tf.concat([value, h], 1), w))
            scores = tf.nn.log_softmax(tf.matmul(h, out))
            chances, best = tf.nn.top_k(tf.reshape(tf.expand_dims(chances, 1) + scores, [-1]), 3)
            parent, word = best // 7, best % 7
            h = tf.gather(h, parent)
            said = said.write(t, word)
        return said.stack()

    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "words": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "SimpleRNN|", 4, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "w": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 4)),
            "out": Weight("kernel|projection", (Uses("scores", "time"),)),
        },
        starts=(Start("rnn", "*"),),
        connections=(
            ("words", "rnn", 0),
            ("rnn", "scores", 0),
            ("scores", "words", 1),
            ("scores", "rnn", 1),
        ),
    )
    return of_function(run, truth, fill(3, 4))


def right_word_or_said_word() -> Program:
    """``tf.cond`` at every step: the right word, or the one that it said. One lookup a step."""
    table, w, out = _variable("table", 7, 3), _variable("w", 8, 5), _variable("out", 5, 7)

    def run(words, training):
        h, said = tf.zeros([2, 5]), tf.zeros([2], tf.int32)
        outputs = tf.TensorArray(tf.int32, 5)
        for t in tf.range(5):
            right = words[t]
            value = tf.cond(
                training,
                lambda right=right: tf.nn.embedding_lookup(table, right),
                lambda said=said: tf.nn.embedding_lookup(table, said),
            )
            h = tf.tanh(tf.matmul(tf.concat([value, h], 1), w))
            said = tf.argmax(tf.matmul(h, out), 1, output_type=tf.int32)
            outputs = outputs.write(t, said)
        return outputs.stack()

    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "words": Layer("STEPWISE", runs=ON_TIME * 2),
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "w": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 5)),
            "out": Weight("kernel|projection", (Uses("scores", "time"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0), ("scores", "words", 1)),
    )
    return of_function(run, truth, np.ones((5, 2), "i4"), np.array(True))


def attention_in_a_function() -> Program:
    """Additive attention over an encoder's outputs; the context is part of the next input."""
    w = _variable("w", 10, 6)
    keys, query, vector = _variable("keys", 6, 7), _variable("query", 6, 7), _variable("vector", 7)
    u = _variable("u", 14, 6)

    def run(source, target):
        h, memory = tf.zeros([2, 6]), tf.TensorArray(tf.float32, 5)
        for t in tf.range(5):
            h = tf.tanh(tf.matmul(tf.concat([source[t], h], 1), w))
            memory = memory.write(t, h)
        memory = tf.transpose(memory.stack(), [1, 0, 2])
        keyed = tf.tensordot(memory, keys, 1)
        outputs, context = tf.TensorArray(tf.float32, 3), tf.zeros([2, 6])
        for t in tf.range(3):
            h = tf.tanh(tf.matmul(tf.concat([target[t], context, h], 1), u))
            mixed = tf.tanh(keyed + tf.expand_dims(tf.matmul(h, query), 1))
            scores = tf.reduce_sum(mixed * vector, 2)
            context = tf.reduce_sum(tf.expand_dims(tf.nn.softmax(scores), 2) * memory, 1)
            outputs = outputs.write(t, tf.concat([h, context], 1))
        return outputs.stack()

    truth = Truth(
        axes={"source": Axis(5), "target": Axis(3)},
        layers={
            "encoder": Layer("RECURRENT", "SimpleRNN", 6, 0, (("source", "FORWARD"),)),
            "keys": Layer("SEQUENCE", runs=(("source", "*"),)),
            "decoder": Layer("RECURRENT", "SimpleRNN", 6, 0, (("target", "FORWARD"),)),
            "query": Layer("STEPWISE", runs=(("target", "*"),)),
            "vector": Layer("STEPWISE", runs=(("target", "*"),)),
        },
        weights={
            "w": Weight("kernel", (Uses("encoder", "source"),), cells.rows(4, 6)),
            "keys": Weight("kernel|attention", (Uses("keys"),)),
            "u": Weight("kernel", (Uses("decoder", "target"),), cells.rows(8, 6)),
            "query": Weight("kernel|attention", (Uses("query", "target"),)),
            "vector": Weight("kernel|attention|other", (Uses("vector", "target"),)),
        },
        starts=(Start("encoder"), Start("decoder", "*")),
        connections=(
            ("encoder", "keys", 0),
            ("encoder", "decoder", ANY),
            ("decoder", "query", 0),
            ("query", "vector", 0),
            ("vector", "decoder", 1),
        ),
        more_connections=True,
    )
    return of_function(run, truth, fill(5, 2, 4), fill(3, 2, 2))


def gru_cell_module() -> Program:
    """A ``tf.Module`` with a GRU of its own: packed gates, one candidate."""

    class Cell(tf.Module):
        def __init__(self):
            super().__init__(name="gru")
            self.gates = _variable("gates", 8, 10)
            self.candidate = _variable("candidate", 8, 5)

        def __call__(self, v, h):
            r, z = tf.split(tf.sigmoid(tf.matmul(tf.concat([v, h], 1), self.gates)), 2, 1)
            new = tf.tanh(tf.matmul(tf.concat([v, r * h], 1), self.candidate))
            return z * h + (1.0 - z) * new

    cell = Cell()

    def run(x):
        h = tf.zeros([2, 5])
        for v in x:
            h = cell(v, h)
        return h

    step, both = (Uses("rnn", "time"),), cells.rows(3, 5)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights={
            "gates": Weight("kernel", step, {**both, **cells.columns(("r", "z"), 5)}),
            "candidate": Weight("kernel", step, both),
        },
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def lstm_with_gates_apart() -> Program:
    """An LSTM by hand: four kernels of [x, h] and four biases."""
    names = ("i", "f", "o", "g")
    w = {g: _variable(f"w{g}", 8, 5) for g in names}
    b = {g: _variable(f"b{g}", 5) for g in names}

    def run(x):
        h = c = tf.zeros([2, 5])
        for t in tf.range(4):
            both = tf.concat([x[t], h], 1)
            i, f, o, g = (tf.matmul(both, w[k]) + b[k] for k in names)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return h

    step = (Uses("rnn", "time"),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights={f"w{g}": Weight("kernel", step, cells.rows(3, 5)) for g in names}
        | {f"b{g}": Weight("bias", step) for g in names},
        starts=cells.zeros("rnn", 2),
    )
    return of_function(run, truth, fill(4, 2, 3))


def kept_in_a_variable() -> Program:
    """The state starts from a variable, and is put back there for the next call."""
    w, kept = _variable("w", 8, 5), tf.Variable(tf.zeros([2, 5]), trainable=False, name="kept")

    def run(x):
        h = tf.convert_to_tensor(kept)
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))
        kept.assign(h)
        return h

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 5)),
            "kept": Weight("initial_state", (Uses("rnn"),)),
        },
        starts=(Start("rnn", "kept"),),
    )
    return of_function(run, truth, fill(4, 2, 3))


def learnt_start() -> Program:
    """The first state is a weight that is trained."""
    w, first = _variable("w", 8, 5), _variable("first", 5)

    def run(x):
        h = tf.broadcast_to(first, [2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))
        return h

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 5)),
            "first": Weight("initial_state", (Uses("rnn"),)),
        },
        starts=(Start("rnn", "first|*"),),
    )
    return of_function(run, truth, fill(4, 2, 3))


def keras_model_in_a_function() -> Program:
    """A Keras model called in a function that does more than that."""
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            keras.layers.GRU(5, return_sequences=True, name="rnn"),
            keras.layers.Dense(2, name="scores"),
        ]
    )
    rnn, scores = model.layers

    def run(x):
        return tf.argmax(model(tf.math.l2_normalize(x, -1)), -1)

    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=recurrent(rnn, "rnn") | dense(scores, "scores"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "scores", 0),),
    )
    return of_function(run, truth, fill(2, 4, 3))
