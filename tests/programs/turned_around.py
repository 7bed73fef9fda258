"""A sequence turned around by operations that pick elements, beside the sequence as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, fill
from tests.programs.tf1 import rnn_cell, tf


def _two_ways(
    turn: Callable[[Any], Any],
    *,
    picks: bool = True,
    one_by_one: bool = False,
    time_major: bool = False,
) -> Program:
    """A GRU over x, and one over ``turn(x)``.

    Args:
        turn: makes a sequence of 6 timesteps from one.
        picks: what it does can be read from the graph. Where it cannot, the direction is unknown.
        one_by_one: each element is picked by an operation of its own, so that the sequence is seen
            to be the same one, walked along backwards.
        time_major: x is [time, batch, features].

    An analysis that does not follow the picking sees a second sequence, with an axis of its own.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, None, 4] if time_major else [None, 6, 4])
        outputs = []
        for scope, value in (("f", x), ("b", turn(x))):
            with tf.variable_scope(scope):
                output, _ = tf.nn.dynamic_rnn(
                    rnn_cell.GRUCell(3), value, dtype=tf.float32, time_major=time_major
                )
            outputs.append(output)
    backward = "BACKWARD" if one_by_one else "BACKWARD|UNKNOWN" if picks else "UNKNOWN"
    turned = "time" if one_by_one else "turned"
    truth = Truth(
        axes={"time": Axis(6), turned: Axis(6)},
        layers={
            "fw": Layer("RECURRENT", "GRU", 3, 0, (("time", "FORWARD"),)),
            "bw": Layer("RECURRENT", "GRU", 3, 0, ((turned, backward),)),
        },
        weights=cells.gru("f/rnn/gru_cell", "fw", 4, 3)
        | cells.gru("b/rnn/gru_cell", "bw", 4, 3, (turned,)),
        starts=cells.zeros("fw") + cells.zeros("bw"),
    )
    return Program(graph, outputs, {x: fill(6, 2, 4) if time_major else fill(2, 6, 4)}, truth)


def turned_by_a_list() -> Program:
    """Unstacked, reversed in Python, stacked again."""
    return _two_ways(lambda x: tf.stack(tf.unstack(x, axis=1)[::-1], axis=1), one_by_one=True)


def turned_by_gather() -> Program:
    """Gathered at 5, 4, 3, 2, 1, 0."""
    return _two_ways(lambda x: tf.gather(x, [5, 4, 3, 2, 1, 0], axis=1))


def turned_by_gather_in_front() -> Program:
    """Gathered along the first dimension, as rows of an embedding are, but at fixed places."""
    return _two_ways(lambda x: tf.gather(x, tf.range(5, -1, -1)), time_major=True)


def turned_by_python() -> Program:
    """A Python function turns it, and no graph says so."""

    def turn(x):
        turned = tf.py_func(lambda value: value[:, ::-1].copy(), [x], tf.float32)
        turned.set_shape([None, 6, 4])
        return turned

    return _two_ways(turn, picks=False)
