"""``tf.vectorized_map`` over the timesteps, as Keras 3's TimeDistributed does where T is open."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.programs.films import BATCH, SPEC, film
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import of_function


def frames_at_once() -> Program:
    """A convolution of all images of a film at once, then a recurrence over what it gives."""
    run, truth = film()
    return of_function(tf.function(run), truth, BATCH, specs=[SPEC], steps=5)


def characters_of_all_words_at_once() -> Program:
    """A loop over the characters of a word, of all words at once: it asks after each step."""
    w = tf.Variable(fill(9, 6) / 10, name="w")

    def read_word(characters: Any) -> Any:
        kept = tf.TensorArray(tf.float32, 7, element_shape=(2, 3)).unstack(characters)
        state = tf.zeros((2, 6))
        for i in tf.range(7):
            state = tf.tanh(tf.matmul(tf.concat([kept.read(i), state], 1), w))
        return state

    def run(words: Any) -> Any:
        return tf.vectorized_map(lambda k: read_word(words[k]), tf.range(tf.shape(words)[0]))

    truth = Truth(
        axes={"characters": Axis(7)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", 6, 0, (("characters", "FORWARD|UNKNOWN"),)),
        },
        weights={
            "w": Weight(
                "kernel", (Uses("rnn", "characters"),), {"input": (0, 0, 3), "hidden": (0, 3, 9)}
            )
        },
        starts=(Start("rnn"),),
    )
    spec = tf.TensorSpec([None, 7, 2, 3])
    return of_function(tf.function(run), truth, fill(4, 7, 2, 3), specs=[spec])


def norm_of_all_timesteps_at_once() -> Program:
    """The scale is computed once; what it would do with one timestep stays behind, unused."""
    mean, deviation = tf.Variable(fill(3), name="mean"), tf.Variable(fill(3) ** 2, name="deviation")
    gamma, w = tf.Variable(fill(3), name="gamma"), tf.Variable(fill(9, 6) / 10, name="w")

    def normed(x: Any) -> Any:
        scale = tf.math.rsqrt(deviation + 0.1) * gamma
        return x * scale - mean * scale

    def run(x: Any) -> Any:
        steps = tf.vectorized_map(lambda t: normed(x[t]), tf.range(tf.shape(x)[0]))
        start = tf.zeros([tf.shape(x)[1], 6])
        return tf.scan(lambda h, v: tf.tanh(tf.matmul(tf.concat([v, h], 1), w)), steps, start)

    truth = Truth(
        axes={"time": Axis(None)},
        layers={
            "norm": Layer("SEQUENCE", runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "SimpleRNN", 6, 0, (("time", "FORWARD|UNKNOWN"),)),
        },
        weights={
            "mean": Weight("norm", (Uses("norm"),)),
            "deviation": Weight("norm", (Uses("norm"),)),
            "gamma": Weight("norm", (Uses("norm"),)),
            "w": Weight("kernel", (Uses("rnn", "time"),)),
        },
        starts=(Start("rnn"),),
        connections=(("norm", "rnn", 0),),
    )
    spec = tf.TensorSpec([None, None, 3])
    return of_function(tf.function(run), truth, fill(5, 2, 3), specs=[spec], steps=5)
