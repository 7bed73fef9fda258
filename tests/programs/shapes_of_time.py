"""What happens to the time axis between layers: kept, halved, summed up, made anew."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)


def pyramid() -> Program:
    """Pairs of timesteps are joined between two layers: 8 timesteps below, 4 above."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 8, 3])
        with tf.variable_scope("low"):
            low, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)
        with tf.variable_scope("high"):
            joined = tf.reshape(low, [-1, 4, 10])
            high, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(6), joined, dtype=tf.float32)
    truth = Truth(
        axes={"long": Axis(8), "short": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, (("long", "FORWARD"),)),
            "high": Layer("RECURRENT", "GRU", 6, 0, (("short", "FORWARD"),)),
        },
        weights=cells.gru("low/rnn/gru_cell", "low", 3, 5, ("long",))
        | cells.gru("high/rnn/gru_cell", "high", 10, 6, ("short",)),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", ANY),),
    )
    return Program(graph, [high], {x: fill(2, 8, 3)}, truth)


def autoencoder() -> Program:
    """The last output, repeated 4 times, is the decoder's sequence: equal lengths, two axes."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        with tf.variable_scope("one"):
            outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32)
        with tf.variable_scope("two"):
            repeated = tf.tile(tf.expand_dims(outputs[:, -1], 1), [1, 4, 1])
            again, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(6), repeated, dtype=tf.float32)
    truth = Truth(
        axes={"read": Axis(4), "written": Axis(4)},
        layers={
            "encoder": Layer("RECURRENT", "LSTM", 5, 0, (("read", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "SimpleRNN", 6, 0, (("written", "FORWARD"),)),
        },
        weights=cells.lstm("one/rnn/basic_lstm_cell", "encoder", 3, 5, ("read",))
        | cells.basic_rnn("two/rnn/basic_rnn_cell", "decoder", 5, 6, ("written",)),
        starts=cells.zeros("encoder", 2) + cells.zeros("decoder"),
        connections=(("encoder", "decoder", ANY),),
    )
    return Program(graph, [again], {x: fill(2, 4, 3)}, truth)


def pooled_attention() -> Program:
    """A score for each timestep, from all at once; their weighted mean goes to a head."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            rnn_cell.GRUCell(5), rnn_cell.GRUCell(5), x, dtype=tf.float32
        )
        both = tf.concat(outputs, 2)
        hidden = tf.layers.dense(both, 7, tf.tanh, name="hidden")
        scores = tf.reduce_sum(hidden * tf.get_variable("vector", [7]), 2, keepdims=True)
        pooled = tf.reduce_sum(both * tf.nn.softmax(scores, 1), 1)
        answer = tf.layers.dense(pooled, 2, name="head")
    scope = "bidirectional_rnn/{}/gru_cell"
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "fw": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "GRU", 5, 0, (("time", "BACKWARD"),)),
            "hidden": Layer("SEQUENCE", runs=(("time", "*"),)),
            "vector": Layer("SEQUENCE", runs=(("time", "*"),)),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights=cells.gru(scope.format("fw"), "fw", 3, 5)
        | cells.gru(scope.format("bw"), "bw", 3, 5)
        | cells.dense("hidden", "hidden")
        | {"vector": Weight("kernel|attention|other", (Uses("vector"),))}
        | cells.dense("head", "head"),
        starts=cells.zeros("fw") + cells.zeros("bw"),
        connections=(
            *((way, to, 0) for way in ("fw", "bw") for to in ("hidden", "head")),
            ("hidden", "vector", 0),
            ("vector", "head", 0),
        ),
    )
    return Program(graph, [answer], {x: fill(2, 4, 3)}, truth)


class _Embedded(rnn_cell.RNNCell):
    """Looks its input up at every step, then runs a cell (EmbeddingWrapper)."""

    def __init__(self, cell):
        super().__init__()
        self._cell = cell

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "e"):
            table = tf.get_variable("gates", [11, 4])
        return self._cell(tf.nn.embedding_lookup(table, tf.reshape(inputs, [-1])), state)


def embedding_inside() -> Program:
    """The embedding is looked up inside the loop, once at every timestep."""
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.int32, [None, 3, 1])
        outputs, _ = tf.nn.dynamic_rnn(_Embedded(rnn_cell.GRUCell(5)), words, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "words": Layer("STEPWISE", runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
        },
        weights={"rnn/e/gates": Weight("embedding", (Uses("words", "time"),))}
        | cells.gru("rnn/gru_cell", "rnn", 4, 5),
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0),),
    )
    feeds = {words: np.array([[[1], [2], [3]], [[4], [5], [6]]], "i4")}
    return Program(graph, [outputs], feeds, truth)


def variational_dropout() -> Program:
    """The same dropout masks for inputs, states and outputs at every timestep."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        keep = tf.placeholder_with_default(0.5, [])
        stack = [
            rnn_cell.DropoutWrapper(
                rnn_cell.BasicLSTMCell(5), keep, keep, keep,
                variational_recurrent=True, input_size=size, dtype=tf.float32,
            )
            for size in (3, 5)
        ]  # fmt: skip
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell(stack), x, dtype=tf.float32)
    scope = "rnn/multi_rnn_cell/cell"
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
        },
        weights=cells.lstm(f"{scope}_0/basic_lstm_cell", "low", 3, 5)
        | cells.lstm(f"{scope}_1/basic_lstm_cell", "high", 5, 5),
        starts=cells.zeros("low", 2) + cells.zeros("high", 2),
        connections=(("low", "high", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def start_from_image() -> Program:
    """The first state is a dense layer's output: an image that is to be described."""
    with tf.Graph().as_default() as graph:
        image = tf.placeholder(tf.float32, [None, 6])
        x = tf.placeholder(tf.float32, [None, 4, 3])
        start = tf.layers.dense(image, 5, tf.tanh, name="image")
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, initial_state=start)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "image": Layer("ONCE", runs=(("", ""),)),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
        },
        weights=cells.dense("image", "image") | cells.gru("rnn/gru_cell", "rnn", 3, 5),
        starts=(Start("rnn", "*"),),
        connections=(("image", "rnn", ANY),),
    )
    return Program(graph, [outputs], {image: fill(2, 6), x: fill(2, 4, 3)}, truth)
