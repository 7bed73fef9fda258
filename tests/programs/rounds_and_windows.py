"""Loops around recurrent layers: windows, single timesteps, rounds of a whole network."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.programs import cells
from tests.programs.cells import Weights
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import (
    UNKNOWN,
    Axis,
    Layer,
    Program,
    Truth,
    Uses,
    Weight,
    fill,
)
from tests.programs.tf2 import keras, of_function

FORWARD = (("time", "FORWARD"),)
NETWORK = (("time", "FORWARD|UNKNOWN"),)


def _built(layer, *shape: int | None):
    layer.build(shape)
    return layer


def _rounds(weights: Weights, reads: int) -> Weights:
    """The same weights where a loop around runs the network so many times."""
    return {
        name: Weight(
            weight.role, tuple(Uses(u.layer, u.axis, reads) for u in weight.uses), weight.blocks
        )
        for name, weight in weights.items()
    }


def windows() -> Program:
    """Truncated BPTT: windows of 4 timesteps; the state starts from zeros and is carried on."""
    lstm = keras.layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")
    _built(lstm, 2, 4, 3)

    def run(x):
        h, c, total = tf.zeros([2, 4]), tf.zeros([2, 4]), 0.0
        for i in tf.range(3):
            y, h, c = lstm(x[:, 4 * i : 4 * (i + 1)], initial_state=[h, c])
            total += tf.reduce_sum(y)
        return total

    truth = Truth(
        axes={"windows": Axis(3), "time": Axis(4, parent="windows")},
        layers={"lstm": Layer("RECURRENT", "LSTM", 4, 0, NETWORK)},
        weights=recurrent(lstm, "lstm"),
        starts=cells.zeros("lstm", 2),
    )
    return of_function(run, truth, fill(2, 12, 3))


def overlapping_windows() -> Program:
    """Windows of 4 timesteps, 3 apart: the last one reaches beyond the end and is cut."""
    gru = _built(keras.layers.GRU(4, name="gru"), 2, None, 3)

    def run(x):
        total = tf.zeros([2, 4])
        for i in tf.range(4):
            total += gru(x[:, 3 * i : 3 * i + 4])
        return total

    truth = Truth(
        axes={"windows": Axis(4), "time": Axis(4, bound=True, parent="windows")},
        layers={"gru": Layer("RECURRENT", "GRU", 4, 0, NETWORK)},
        weights=recurrent(gru, "gru"),
        starts=cells.zeros("gru"),
    )
    return of_function(run, truth, fill(2, 13, 3))


def one_timestep_at_a_time() -> Program:
    """A layer (not a cell) is called on x[:, t:t + 1] with the state of the call before."""
    lstm = _built(keras.layers.LSTM(4, return_state=True, name="lstm"), 2, 1, 3)
    out = _built(keras.layers.Dense(3, name="out"), 2, 4)

    def run(x):
        h, c = tf.zeros([2, 4]), tf.zeros([2, 4])
        found = tf.TensorArray(tf.float32, 6)
        for t in tf.range(6):
            y, h, c = lstm(x[:, t : t + 1], initial_state=[h, c])
            found = found.write(t, out(y))
        return found.stack()

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "lstm": Layer("RECURRENT", "LSTM", 4, 0, FORWARD),
            "out": Layer("STEPWISE", runs=(("time", "*"),)),
        },
        weights=recurrent(lstm, "lstm") | dense(out, "out", "time"),
        starts=cells.zeros("lstm", 2),
        connections=(("lstm", "out", 0),),
    )
    return of_function(run, truth, fill(2, 6, 3))


def rounds_of_refinement() -> Program:
    """X = x + dense(lstm(x)), three times in a loop: rounds are no timesteps."""
    lstm = _built(keras.layers.LSTM(4, return_sequences=True, name="lstm"), 2, 5, 3)
    out = _built(keras.layers.Dense(3, name="out"), 2, 5, 4)

    def run(x):
        for _ in tf.range(3):
            x = x + out(lstm(x))
        return x

    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "lstm": Layer("RECURRENT", "LSTM", 4, 0, NETWORK),
            "out": Layer("SEQUENCE", runs=(("time", "*"),)),
        },
        weights=_rounds(recurrent(lstm, "lstm") | dense(out, "out"), 3),
        starts=cells.zeros("lstm", 2),
        connections=(("lstm", "out", 0),),
    )
    return of_function(run, truth, fill(2, 5, 3))


def rounds_of_training() -> Program:
    """Ten steps of training in one call: what each step runs once, the graph runs ten times."""
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras.layers.LSTM(4, name="lstm"),
            keras.layers.Dense(1, name="out"),
        ]
    )
    lstm, out = model.layers
    trained = [v.value if hasattr(v, "value") else v for v in model.trainable_variables]

    def run(x, y):
        loss = 0.0
        for _ in tf.range(10):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
            for variable, gradient in zip(trained, tape.gradient(loss, trained), strict=True):
                variable.assign_sub(0.1 * gradient)
        return loss

    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "lstm": Layer("RECURRENT", "LSTM", 4, 0, FORWARD),
            "out": Layer("ONCE", runs=(("", "*"),)),
        },
        weights=_rounds(recurrent(lstm, "lstm") | dense(out, "out"), 10),
        starts=cells.zeros("lstm", 2),
        connections=(("lstm", "out", 0),),
    )
    return of_function(run, truth, fill(2, 5, 3), fill(2, 1))


def all_words_so_far() -> Program:
    """Each round reads all words so far and adds one: the axis has no one length."""
    words = _built(keras.layers.Embedding(9, 3, name="words"), None)
    lstm = _built(keras.layers.LSTM(4, name="lstm"), None, None, 3)
    scores = _built(keras.layers.Dense(9, name="scores"), None, 4)

    def run(text):
        for _ in tf.range(3):
            tf.autograph.experimental.set_loop_options(
                shape_invariants=[(text, tf.TensorShape([2, None]))]
            )
            word = tf.argmax(scores(lstm(words(text))), 1, output_type=tf.int32)
            text = tf.concat([text, word[:, None]], 1)
        return text

    every = _rounds(recurrent(lstm, "lstm") | dense(scores, "scores"), 3)
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "words": Layer("SEQUENCE", runs=(("time", "*"),)),
            "lstm": Layer("RECURRENT", "LSTM", 4, 0, NETWORK),
            "scores": Layer("ONCE", runs=(("", "*"),)),
        },
        weights=every | {"words/embeddings": Weight("embedding", (Uses("words", reads=3),))},
        starts=cells.zeros("lstm", 2),
        connections=(("words", "lstm", 0), ("lstm", "scores", -1)),
    )
    # Rounds of 2, 3 and 4 words: 3 in the mean.
    return of_function(run, truth, np.ones((2, 2), "i4"), steps=3)
