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
