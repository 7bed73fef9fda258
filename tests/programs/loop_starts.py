"""While frames of TensorFlow 1 that go on where a step before them has ended."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, fill
from tests.programs.tf1 import tf

BATCH, STEPS, INPUTS, UNITS = 2, 6, 3, 4


def first_step_of_a_frame() -> Program:
    """TensorFlow 1: the state of the first step, and what it gave, enter the while frame."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, (STEPS, BATCH, INPUTS), name="x")
        w = tf.get_variable("rnn/kernel", (INPUTS + UNITS, UNITS))
        b = tf.get_variable("rnn/bias", (UNITS,))
        elements = tf.TensorArray(tf.float32, STEPS).unstack(x)

        def cell(t, h):
            return tf.tanh(tf.matmul(tf.concat([elements.read(t), h], 1), w) + b)

        def body(t, h, found):
            h = cell(t, h)
            return t + 1, h, found.write(t, h)

        h = cell(0, tf.zeros((BATCH, UNITS)))
        found = tf.TensorArray(tf.float32, STEPS).write(0, h)
        _, _, found = tf.while_loop(lambda t, *_: t < STEPS, body, (1, h, found))
        y = found.stack()
    truth = Truth(
        axes={"time": Axis(STEPS)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", UNITS, 0, (("time", "FORWARD|UNKNOWN"),))},
        weights=cells.basic_rnn("rnn", "rnn", INPUTS, UNITS),
        starts=cells.zeros("rnn", 1),
    )
    return Program(graph, [y], {x: fill(STEPS, BATCH, INPUTS)}, truth)
