"""Decoders as TensorFlow 1's seq2seq library builds them: one loop that carries its next input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
SAID = (("time", "FORWARD|UNKNOWN"),)
ON_TIME = (("time", "*"),)


def _decode(
    first: Any, state: Any, step: Callable[..., Any], next_input: Callable[..., Any], length: Any
) -> Any:
    """``dynamic_decode``: runs until every sentence has ended; results of ended ones are zeros.

    Args:
        first: the first input.
        state: the first state, a tensor or a structure of them.
        step: (input, state) to (scores, new state).
        next_input: (timestep, scores) to the input of the timestep after.
        length: how many words each sentence has, or None.
    """
    results = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=[2, 7])

    def goes_on(t: Any, finished: Any, *_: Any) -> Any:
        return tf.logical_not(tf.reduce_all(finished))

    def body(t: Any, finished: Any, value: Any, state: Any, results: Any) -> Any:
        scores, new = step(value, state)
        said = tf.argmax(scores, 1, output_type=tf.int32)
        ended = tf.logical_or(finished, tf.equal(said, -1) if length is None else t + 1 >= length)
        scores = tf.where(finished, tf.zeros_like(scores), scores)
        new = tf.nest.map_structure(lambda a, b: tf.where(finished, b, a), new, state)
        return t + 1, ended, next_input(t, scores), new, results.write(t, scores)

    start = (0, tf.zeros([2], tf.bool), first, state, results)
    most = None if length is not None else 5
    *_, results = tf.while_loop(goes_on, body, start, maximum_iterations=most)
    return results.stack()


def right_words() -> Program:
    """Trained with the right words: timestep t reads word t + 1, which the loop then carries.

    Word 0 is read before the loop. Each sentence has a length, and the loop stops at the longest.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        length = tf.placeholder(tf.int32, [2])
        words = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(x)
        cell = rnn_cell.GRUCell(5, name="cell")
        cell.build(tf.TensorShape([2, 3]))
        weight = tf.get_variable("weight", [5, 7])

        def step(value, state):
            output, state = cell(value, state)
            return tf.matmul(output, weight), state

        def next_input(t, _):
            last = tf.reduce_all(t + 1 >= length)
            value = tf.cond(last, lambda: tf.zeros([2, 3]), lambda: words.read(t + 1))
            value.set_shape([2, 3])
            return value

        outputs = _decode(words.read(0), tf.zeros([2, 5]), step, next_input, length)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 5, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=cells.gru("cell", "rnn", 3, 5)
        | {"weight": Weight("kernel|projection", (Uses("scores", "time"),))},
        starts=cells.zeros("rnn"),
        connections=(("rnn", "scores", 0),),
    )
    feeds = {x: fill(4, 2, 3), length: np.array([4, 4], "i4")}
    return Program(graph, [outputs], feeds, truth, steps=4)


def greedy_words() -> Program:
    """The best word of each timestep is looked up, and carried into the next; at most 5 words."""
    with tf.Graph().as_default() as graph:
        state = tf.placeholder(tf.float32, [2, 5])
        table, weight = tf.get_variable("table", [7, 3]), tf.get_variable("weight", [5, 7])
        cell = rnn_cell.BasicLSTMCell(5, name="cell")
        cell.build(tf.TensorShape([2, 3]))

        def step(value, state):
            output, state = cell(value, state)
            return tf.matmul(output, weight), state

        def next_input(t, scores):
            return tf.gather(table, tf.argmax(scores, 1))

        first = tf.gather(table, tf.constant([1, 1]))
        start = rnn_cell.LSTMStateTuple(state, state)
        outputs = _decode(first, start, step, next_input, None)
    truth = Truth(
        axes={"time": Axis(5, bound=True)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
            "words": Layer("STEPWISE", runs=(("", "*"), *ON_TIME)),
        },
        weights=cells.lstm("cell", "rnn", 3, 5)
        | {
            "weight": Weight("kernel|projection", (Uses("scores", "time"),)),
            "table": Weight("embedding", (Uses("words"), Uses("words", "time"))),
        },
        starts=(Start("rnn", "*"),) * 2,
        connections=(
            ("rnn", "scores", 0),
            ("scores", "words", 0),
            ("words", "rnn", 1),
            # Which sentences have ended is told by the scores, and ended ones keep their state.
            ("scores", "rnn", 1),
            ("scores", "words", 1),
        ),
    )
    return Program(graph, [outputs], {state: fill(2, 5)}, truth)


class _Attending(rnn_cell.RNNCell):
    """``AttentionWrapper``: what was attended to is joined to the next input."""

    def __init__(self, cell, memory, additive):
        super().__init__()
        self._cell = cell
        self._additive = additive
        self._memory = memory
        self._keys = tf.layers.dense(memory, 6, use_bias=False, name="memory")
        self._query = tf.get_variable("query", [5, 6])
        self._vector = tf.get_variable("vector", [6]) if additive else None
        self._mix = tf.get_variable("mix", [10, 4])

    def __call__(self, inputs, state, scope=None):  # noqa: ARG002
        inner, attention = state
        output, inner = self._cell(tf.concat([inputs, attention], 1), inner)
        query = tf.expand_dims(tf.matmul(output, self._query), 1)
        if self._additive:
            scores = tf.reduce_sum(self._vector * tf.tanh(self._keys + query), 2)
        else:
            scores = tf.squeeze(tf.matmul(query, self._keys, transpose_b=True), [1])
        chances = tf.expand_dims(tf.nn.softmax(scores), 1)
        context = tf.squeeze(tf.matmul(chances, self._memory), [1])
        attention = tf.matmul(tf.concat([output, context], 1), self._mix)
        return attention, (inner, attention)


def additive_attention() -> Program:
    """Bahdanau's attention around a GRU."""
    return _attention(additive=True)


def multiplicative_attention() -> Program:
    """Luong's attention around a GRU."""
    return _attention(additive=False)


def _attention(additive: bool) -> Program:
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [2, 6, 3])
        table, weight = tf.get_variable("table", [7, 3]), tf.get_variable("weight", [4, 7])
        with tf.variable_scope("encoder"):
            memory, state = tf.nn.dynamic_rnn(
                rnn_cell.GRUCell(5, name="cell"), source, dtype=tf.float32
            )
        with tf.variable_scope("decoder"):
            inside = rnn_cell.GRUCell(5, name="cell")
            inside.build(tf.TensorShape([2, 7]))
            cell = _Attending(inside, memory, additive)

        def step(value, state):
            attention, state = cell(value, state)
            return tf.matmul(attention, weight), state

        def next_input(t, scores):
            return tf.gather(table, tf.argmax(scores, 1))

        first = tf.gather(table, tf.constant([1, 1]))
        outputs = _decode(first, (state, tf.zeros([2, 4])), step, next_input, None)
    on_target = (Uses("mix", "target"),)
    weights = (
        cells.gru("encoder/rnn/cell", "encoder", 3, 5, ("source",))
        | cells.gru("decoder/cell", "decoder", 7, 5, ("target",))
        | {
            "decoder/memory/kernel": Weight("kernel|attention", (Uses("memory"),)),
            "decoder/query": Weight("kernel|attention", (Uses("query", "target"),)),
            "decoder/mix": Weight("kernel|attention", on_target),
            "weight": Weight("kernel|projection", (Uses("scores", "target"),)),
            "table": Weight("embedding", (Uses("words"), Uses("words", "target"))),
        }
    )
    layers = {
        "encoder": Layer("RECURRENT", "GRU", 5, 0, (("source", "FORWARD"),)),
        "memory": Layer("SEQUENCE", runs=(("source", "*"),)),
        "decoder": Layer("RECURRENT", "GRU", 5, 0, (("target", "FORWARD|UNKNOWN"),)),
        "query": Layer("STEPWISE", runs=(("target", "*"),)),
        "mix": Layer("STEPWISE", runs=(("target", "*"),)),
        "scores": Layer("STEPWISE", runs=(("target", "*"),)),
        "words": Layer("STEPWISE", runs=(("", "*"), ("target", "*"))),
    }
    if additive:
        weights["decoder/vector"] = Weight("other|attention", (Uses("vector", "target"),))
        layers["vector"] = Layer("STEPWISE", runs=(("target", "*"),))
    truth = Truth(
        axes={"source": Axis(6), "target": Axis(5, bound=True)},
        layers=layers,
        weights=weights,
        starts=(*cells.zeros("encoder"), Start("decoder", "*")),
        connections=(
            ("encoder", "memory", 0),
            ("encoder", "decoder", ANY),
            ("decoder", "query", 0),
            ("decoder", "mix", 0),
            ("mix", "decoder", 1),
            ("mix", "scores", 0),
            ("scores", "words", 0),
            ("words", "decoder", 1),
        ),
        more_connections=True,
    )
    return Program(graph, [outputs], {source: fill(2, 6, 3)}, truth)
