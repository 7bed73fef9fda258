"""Conditions of a loop that are written with a `not`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf


def _while(goes_on: Callable[[Any, Any], Any], axis: Axis) -> Program:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 3])
        kernel = tf.get_variable("k", [7, 4])

        def step(t, h):
            return t + 1, tf.tanh(tf.matmul(tf.concat([x[:, t], h], 1), kernel))

        _, last = tf.while_loop(goes_on, step, (tf.constant(0), tf.zeros([2, 4])))
    truth = Truth(
        axes={"time": axis},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 4, 0, (("time", "FORWARD"),))},
        weights={"k": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 4))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(2, 6, 3)}, truth)


def until_six() -> Program:
    """Goes on while not t >= 6."""
    return _while(lambda t, _: tf.logical_not(t >= 6), Axis(6))


def until_six_or_done() -> Program:
    """Goes on while not (t >= 6 or done): the data may end it sooner."""

    def goes_on(t, h):
        return tf.logical_not(tf.logical_or(t >= 6, tf.reduce_sum(h) > 1e9))

    return _while(goes_on, Axis(6, bound=True))
