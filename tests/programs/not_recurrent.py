"""Loops that are no recurrence, and networks without a loop."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf


def perceptron() -> Program:
    """Two dense layers, no loop."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4])
        hidden = tf.layers.dense(x, 5, tf.nn.relu, name="one")
        scores = tf.layers.dense(hidden, 2, name="two")
    truth = Truth(
        layers={key: Layer("ONCE", runs=(("", ""),)) for key in ("one", "two")},
        weights=cells.dense("one", "one") | cells.dense("two", "two"),
        connections=(("one", "two", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4)}, truth)


def counter() -> Program:
    """A loop that counts, beside a dense layer outside it."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4])
        total = tf.while_loop(lambda i, _: i < 5, lambda i, s: (i + 1, s + i), (0, 0))[1]
        scores = tf.layers.dense(x, 2, name="head") * tf.cast(total, tf.float32)
    truth = Truth(
        layers={"head": Layer("ONCE", runs=(("", ""),))},
        weights=cells.dense("head", "head"),
    )
    return Program(graph, [scores], {x: fill(2, 4)}, truth)


def gibbs() -> Program:
    """Gibbs sampling in a restricted Boltzmann machine: 4 steps over no sequence.

    The weights are read twice a step (up, and down transposed), each bias once. A state is carried
    and multiplied, but no element of a sequence is read or written: an iteration, no time. So
    all of its reads, 4 × 2 and 4 × 1, are outside time.
    """
    with tf.Graph().as_default() as graph:
        visible = tf.placeholder(tf.float32, [2, 6])
        w = tf.get_variable("rnn/kernel", [6, 5])
        up = tf.get_variable("rnn/up", [5])
        down = tf.get_variable("rnn/down", [6])

        def step(k, v):
            h = tf.sigmoid(tf.matmul(v, w) + up)
            return k + 1, tf.sigmoid(tf.matmul(h, w, transpose_b=True) + down)

        _, sample = tf.while_loop(lambda k, _: k < 4, step, (0, visible))
    truth = Truth(
        layers={"machine": Layer("ONCE|UNKNOWN", runs=(("", "*"),))},
        weights={
            "rnn/kernel": Weight("kernel|other", (Uses("machine", reads=8),)),
            "rnn/up": Weight("bias|other", (Uses("machine", reads=4),)),
            "rnn/down": Weight("bias|other", (Uses("machine", reads=4),)),
        },
    )
    return Program(graph, [sample], {visible: fill(2, 6)}, truth)


def map_fn() -> Program:
    """tf.map_fn: the same dense layer on every element; nothing is carried."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w = tf.get_variable("w", [4, 3])
        b = tf.get_variable("b", [3])
        mapped = tf.map_fn(lambda v: tf.nn.relu(tf.matmul(v, w) + b), x)
    truth = Truth(
        axes={"elements": Axis(6)},
        layers={"dense": Layer("STEPWISE", runs=(("elements", "*"),))},
        weights={
            "w": Weight("kernel", (Uses("dense", "elements"),)),
            "b": Weight("bias", (Uses("dense", "elements"),)),
        },
    )
    return Program(graph, [mapped], {x: fill(6, 2, 4)}, truth)


def accumulator() -> Program:
    """A running sum of x_t W: the state is only added to, and that is no recurrence."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w = tf.get_variable("w", [4, 3])
        sums = tf.scan(lambda s, v: s + tf.matmul(v, w), x, tf.zeros([2, 3]))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"dense": Layer("STEPWISE", runs=(("time", "*"),))},
        weights={"w": Weight("kernel", (Uses("dense", "time"),))},
    )
    return Program(graph, [sums], {x: fill(6, 2, 4)}, truth)


def convolution() -> Program:
    """A convolution over time and a dense layer: time without recurrence, and no loop."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 8, 4])
        hidden = tf.nn.relu(tf.nn.conv1d(x, tf.get_variable("filter", [3, 4, 5]), 1, "SAME"))
        scores = tf.layers.dense(tf.reduce_max(hidden, 1), 2, name="head")
    truth = Truth(
        layers={
            "filter": Layer("ONCE", runs=(("", ""),)),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights={"filter": Weight("kernel", (Uses("filter"),))} | cells.dense("head", "head"),
        connections=(("filter", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 8, 4)}, truth)
