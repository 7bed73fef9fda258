"""A part of the old state is kept by a mask beside the cell: zoneout, and padding by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)
GRU = {
    "w": Weight("kernel", STEP, {**cells.rows(4, 5), **cells.columns(("r", "z"), 5)}),
    "u": Weight("kernel", STEP, cells.rows(4, 5)),
}
Step = Callable[[Any, Any], Any]


def _simple() -> Step:
    kernel = tf.get_variable("w", [9, 5])
    return lambda h, v: tf.tanh(tf.matmul(tf.concat([v, h], 1), kernel))


def _update_gate_only() -> Step:
    """UGRNN: z h + (1 - z) tanh([x, h] w), without a reset gate."""
    w, u = tf.get_variable("w", [9, 5]), tf.get_variable("u", [9, 5])

    def step(h, v):
        z = tf.sigmoid(tf.matmul(tf.concat([v, h], 1), u))
        return z * h + (1 - z) * tf.tanh(tf.matmul(tf.concat([v, h], 1), w))

    return step


def _gru() -> Step:
    w, u = tf.get_variable("w", [9, 10]), tf.get_variable("u", [9, 5])

    def step(h, v):
        r, z = tf.split(tf.sigmoid(tf.matmul(tf.concat([v, h], 1), w)), 2, 1)
        return z * h + (1 - z) * tf.tanh(tf.matmul(tf.concat([v, r * h], 1), u))

    return step


def _with_zoneout(cell: Callable[[], Step], name: str, weights: dict[str, Weight]) -> Program:
    """Keeps m of the old state and 1 - m of the new one, where m is drawn at every step."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        new = cell()

        def step(h, v):
            mask = tf.floor(tf.random_uniform(tf.shape(h)) + 0.9)
            return mask * h + (1 - mask) * new(h, v)

        states = tf.scan(step, x, tf.zeros([2, 5]))
    return Program(graph, [states], {x: fill(6, 2, 4)}, _truth(name, weights))


def _with_mask(cell: Callable[[], Step], name: str, weights: dict[str, Weight]) -> Program:
    """Takes m of the new state and 1 - m of the old one: m is 0 at padding. Theano's way."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        mask = tf.placeholder(tf.float32, [6, 2])
        new = cell()

        def step(h, v):
            value, keep = v
            keep = tf.expand_dims(keep, 1)
            return keep * new(h, value) + (1.0 - keep) * h

        states = tf.scan(step, (x, mask), tf.zeros([2, 5]))
    feeds = {x: fill(6, 2, 4), mask: np.ones((6, 2), "f4")}
    return Program(graph, [states], feeds, _truth(name, weights))


def _truth(cell: str, weights: dict[str, Weight]) -> Truth:
    return Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", cell, 5, 0, FORWARD)},
        weights=weights,
        starts=cells.zeros("rnn"),
    )


def zoneout_without_reset_gate() -> Program:
    """The mask is a second factor of the old state, and no reset gate: this is no GRU."""
    weights = {v: Weight("kernel", STEP) for v in ("w", "u")}
    return _with_zoneout(_update_gate_only, "", weights)


def zoneout_gru() -> Program:
    """The update gate is the network's, not the mask."""
    return _with_zoneout(_gru, "GRU|", GRU)


def masked_gru() -> Program:
    """Padding keeps the state: still a GRU."""
    return _with_mask(_gru, "GRU", GRU)


def masked_simple_rnn() -> Program:
    """Padding keeps the state: still a SimpleRNN."""
    weights = {"w": Weight("kernel", STEP, cells.rows(4, 5))}
    return _with_mask(_simple, "SimpleRNN", weights)
