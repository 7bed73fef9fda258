"""A network over films, of which programs are made: all images at once, then a recurrence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.programs.program import UNKNOWN, Axis, Layer, Start, Truth, Uses, Weight, fill

SPEC = tf.TensorSpec([None, None, 4, 4, 3])
BATCH = fill(2, 5, 4, 4, 3)


def film() -> tuple[Callable[[Any], Any], Truth]:
    """The function, and what is true of it."""
    rng = np.random.default_rng(7)
    filters = tf.Variable(rng.normal(size=(2, 2, 3, 2)).astype("f"), name="filter")
    w = tf.Variable(rng.normal(size=(24, 6)).astype("f"), name="w")

    def step(state: Any, value: Any) -> Any:
        return tf.tanh(tf.matmul(tf.concat([value, state], 1), w))

    def run(x: Any) -> Any:
        images = tf.transpose(x, [1, 0, 2, 3, 4])
        count = tf.range(tf.shape(images)[0])
        seen = tf.vectorized_map(lambda t: tf.nn.conv2d(images[t], filters, 1, "VALID"), count)
        flat = tf.vectorized_map(lambda t: tf.reshape(seen[t], [tf.shape(seen[t])[0], 18]), count)
        return tf.scan(step, flat, tf.zeros([tf.shape(x)[0], 6]))

    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "filter": Layer("SEQUENCE", runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "SimpleRNN", 6, 0, (("time", "FORWARD|UNKNOWN"),)),
        },
        weights={
            "filter": Weight("kernel", (Uses("filter"),)),
            "w": Weight(
                "kernel", (Uses("rnn", "time"),), {"input": (0, 0, 18), "hidden": (0, 18, 24)}
            ),
        },
        starts=(Start("rnn"),),
        connections=(("filter", "rnn", 0),),
    )
    return run, truth
