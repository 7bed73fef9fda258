"""Networks of the kinds that are published, each reduced to what is recurrent about it."""

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
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def player_with_a_memory() -> Program:
    """Reinforcement learning: what is a batch to the first layers is time to the LSTM.

    The frames of one game are looked at as a batch, become one sequence by `expand_dims`, and its
    outputs are rows again for the policy. The state of the last game's end is fed.
    """
    with tf.Graph().as_default() as graph:
        frames = tf.placeholder(tf.float32, [None, 6], name="frames")
        c, h = (tf.placeholder(tf.float32, [1, 5], name=n) for n in "ch")
        hidden = tf.layers.dense(frames, 4, tf.nn.relu, name="look")
        outputs, _ = tf.nn.dynamic_rnn(
            rnn_cell.BasicLSTMCell(5),
            tf.expand_dims(hidden, [0]),
            sequence_length=tf.shape(frames)[:1],
            initial_state=rnn_cell.LSTMStateTuple(c, h),
        )
        policy = tf.nn.softmax(tf.layers.dense(tf.reshape(outputs, [-1, 5]), 3, name="policy"))
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "look": Layer("SEQUENCE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "policy": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=cells.dense("look", "look")
        | cells.lstm("rnn/basic_lstm_cell", "rnn", 4, 5)
        | cells.dense("policy", "policy"),
        starts=(Start("rnn", "c"), Start("rnn", "h")),
        connections=(("look", "rnn", 0), ("rnn", "policy", 0)),
    )
    feeds = {frames: fill(7, 6), c: fill(1, 5), h: fill(1, 5)}
    return Program(graph, [policy], feeds, truth, steps=7)


def letters_and_words_and_tags() -> Program:
    """Tagging: letters of all words as one batch, then words; the last letters' states are joined.

    Letters lie on an axis of their own, as long as a word. All words' letters are read at once, so
    each letter's timestep is there once, not once for every word.
    """
    with tf.Graph().as_default() as graph:
        letters = tf.placeholder(tf.int32, [2, 4, 6])
        words = tf.placeholder(tf.int32, [2, 4])
        small = tf.get_variable("small", [11, 3])
        large = tf.get_variable("large", [9, 5])
        flat = tf.reshape(tf.nn.embedding_lookup(small, letters), [8, 6, 3])
        with tf.variable_scope("letters"):
            _, (there, back) = tf.nn.bidirectional_dynamic_rnn(
                rnn_cell.GRUCell(4), rnn_cell.GRUCell(4), flat, dtype=tf.float32
            )
        spelled = tf.reshape(tf.concat([there, back], 1), [2, 4, 8])
        both = tf.concat([tf.nn.embedding_lookup(large, words), spelled], 2)
        with tf.variable_scope("words"):
            outputs, _ = tf.nn.bidirectional_dynamic_rnn(
                rnn_cell.GRUCell(5), rnn_cell.GRUCell(5), both, dtype=tf.float32
            )
        tags = tf.layers.dense(tf.concat(outputs, 2), 3, name="tags")
    scope = "{}/bidirectional_rnn/{}/gru_cell"
    weights: cells.Weights = {
        "small": Weight("embedding", (Uses("small"),)),
        "large": Weight("embedding", (Uses("large"),)),
    }
    layers = {
        "small": Layer("SEQUENCE", runs=None),
        "large": Layer("SEQUENCE", runs=(("words", "*"),)),
        "tags": Layer("SEQUENCE", runs=(("words", "*"),)),
    }
    starts: tuple[Start, ...] = ()
    for axis, inputs, units in (("letters", 3, 4), ("words", 13, 5)):
        for way, direction in (("fw", "FORWARD"), ("bw", "BACKWARD")):
            key = f"{axis}_{way}"
            layers[key] = Layer("RECURRENT", "GRU", units, 0, ((axis, direction),))
            weights |= cells.gru(scope.format(axis, way), key, inputs, units, (axis,))
            starts += cells.zeros(key)
    truth = Truth(
        axes={"words": Axis(4), "letters": Axis(6)},
        layers=layers,
        weights=weights | cells.dense("tags", "tags"),
        starts=starts,
        more_connections=True,
    )
    feeds = {letters: (fill(2, 4, 6) * 10).astype("i4"), words: (fill(2, 4) * 8).astype("i4")}
    return Program(graph, [tags], feeds, truth)


def quasi_recurrent() -> Program:
    """QRNN: a convolution along time makes values and gates; the loop only mixes old and new."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 4])
        window = tf.get_variable("window", [2, 4, 15])
        padded = tf.pad(x, [[0, 0], [1, 0], [0, 0]])
        products = tf.nn.conv1d(padded, window, 1, "VALID")
        new, forget, out = tf.split(tf.transpose(products, [1, 0, 2]), 3, 2)

        def step(c, now):
            z, f = now
            return f * c + (1.0 - f) * z

        states = tf.scan(step, (tf.tanh(new), tf.sigmoid(forget)), tf.zeros([2, 5]))
        outputs = tf.sigmoid(out) * states
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", "", 5, 0, FORWARD)},
        weights={"window": Weight("kernel", (Uses("rnn"),))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(2, 6, 4)}, truth)


def kernels_in_parts() -> Program:
    """A partitioner keeps kernel and bias as two variables each, which are joined before the loop.

    Where they are joined is where they are used: once.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3, 4])
        with tf.variable_scope("m", partitioner=tf.fixed_size_partitioner(2)):
            cell = rnn_cell.LSTMCell(6, num_unit_shards=2)
            outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    scope = "m/rnn/lstm_cell"
    parts = {f"{scope}/{role}/part_{k}": role for role in ("kernel", "bias") for k in range(2)}
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 6, 0, FORWARD)},
        weights={name: Weight(role, (Uses("rnn"),)) for name, role in parts.items()},
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4)}, truth)


def drawing_decoder() -> Program:
    """A sequence VAE: a bidirectional encoder's last states make z; z starts and feeds the decoder.

    z stands beside every input of the decoder; its outputs, as rows, make a mixture.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 5])
        length = tf.placeholder(tf.int32, [2])
        _, (there, back) = tf.nn.bidirectional_dynamic_rnn(
            rnn_cell.BasicLSTMCell(4), rnn_cell.BasicLSTMCell(4), x[:, 1:], length,
            dtype=tf.float32,
        )  # fmt: skip
        last = tf.concat([there.h, back.h], 1)
        mean = tf.layers.dense(last, 3, name="mean")
        spread = tf.layers.dense(last, 3, name="spread")
        z = mean + tf.exp(spread / 2.0) * tf.random_normal([2, 3])
        start = tf.layers.dense(z, 14, tf.tanh, name="start")
        fed = tf.concat([x[:, :-1], tf.tile(tf.expand_dims(z, 1), [1, 5, 1])], 2)
        c, h = tf.split(start, 2, 1)
        outputs, _ = tf.nn.dynamic_rnn(
            rnn_cell.LSTMCell(7), fed, initial_state=rnn_cell.LSTMStateTuple(c, h), scope="decoder"
        )
        mixture = tf.layers.dense(tf.reshape(outputs, [-1, 7]), 9, name="mixture")
    scope = "bidirectional_rnn/{}/basic_lstm_cell"
    truth = Truth(
        axes={"source": Axis(5, bound=True), "target": Axis(5)},
        layers={
            "fw": Layer("RECURRENT", "LSTM", 4, 0, (("source", "FORWARD"),)),
            "bw": Layer("RECURRENT", "LSTM", 4, 0, (("source", "BACKWARD"),)),
            "mean": HEAD,
            "spread": HEAD,
            "start": HEAD,
            "decoder": Layer("RECURRENT", "LSTM", 7, 0, (("target", "FORWARD"),)),
            "mixture": Layer("SEQUENCE", runs=(("target", "*"),)),
        },
        weights=cells.lstm(scope.format("fw"), "fw", 5, 4, ("source",))
        | cells.lstm(scope.format("bw"), "bw", 5, 4, ("source",))
        | cells.dense("mean", "mean")
        | cells.dense("spread", "spread")
        | cells.dense("start", "start")
        | cells.lstm("decoder/lstm_cell", "decoder", 8, 7, ("target",))
        | cells.dense("mixture", "mixture"),
        starts=cells.zeros("fw", 2) + cells.zeros("bw", 2) + (Start("decoder", "*"),) * 2,
        connections=(
            ("fw", "mean", ANY),
            ("bw", "mean", ANY),
            ("fw", "spread", ANY),
            ("bw", "spread", ANY),
            ("mean", "start", 0),
            ("spread", "start", 0),
            ("mean", "decoder", ANY),
            ("spread", "decoder", ANY),
            ("start", "decoder", ANY),
            ("decoder", "mixture", 0),
        ),
    )
    feeds = {x: fill(2, 6, 5), length: np.array([5, 5], "i4")}
    return Program(graph, [mixture], feeds, truth)


def speech_in_frames() -> Program:
    """Speech: dense layers on windows of frames as rows, both directions, dense layers, CTC."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, None, 6])
        length = tf.placeholder(tf.int32, [2])
        rows = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, 6])
        rows = tf.minimum(tf.layers.dense(rows, 4, tf.nn.relu, name="before"), 20.0)
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            rnn_cell.BasicLSTMCell(5), rnn_cell.BasicLSTMCell(5),
            tf.reshape(rows, [-1, 2, 4]), length, dtype=tf.float32, time_major=True,
        )  # fmt: skip
        rows = tf.reshape(tf.concat(outputs, 2), [-1, 10])
        rows = tf.minimum(tf.layers.dense(rows, 4, tf.nn.relu, name="after"), 20.0)
        scores = tf.reshape(tf.layers.dense(rows, 3, name="scores"), [-1, 2, 3])
        (said,), _ = tf.nn.ctc_greedy_decoder(scores, length)
    scope = "bidirectional_rnn/{}/basic_lstm_cell"
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "before": Layer("SEQUENCE", runs=ON_TIME),
            "fw": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "LSTM", 5, 0, BACKWARD),
            "after": Layer("SEQUENCE", runs=ON_TIME),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=cells.dense("before", "before")
        | cells.lstm(scope.format("fw"), "fw", 4, 5)
        | cells.lstm(scope.format("bw"), "bw", 4, 5)
        | cells.dense("after", "after")
        | cells.dense("scores", "scores"),
        starts=cells.zeros("fw", 2) + cells.zeros("bw", 2),
        connections=(
            ("before", "fw", 0),
            ("before", "bw", 0),
            ("fw", "after", 0),
            ("bw", "after", 0),
            ("after", "scores", 0),
        ),
    )
    feeds = {x: fill(2, 5, 6), length: np.array([5, 5], "i4")}
    return Program(graph, [said.values], feeds, truth, steps=5)
