"""Loops along a table of numbers that the program fixes: step sizes, noise levels."""

from __future__ import annotations

from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf

ROUNDS = Layer("ONCE|UNKNOWN", runs=(("", "*"),))
FORWARD = (("time", "FORWARD"),)


def denoising() -> Program:
    """Ten rounds, each with a noise level of a fixed table: the numbers are elements of no data."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        w, v = tf.get_variable("w", [4, 5]), tf.get_variable("v", [5, 3])
        levels = tf.constant([0.1, 0.2, 0.3, 0.5, 0.8, 1.3, 2.1, 3.4, 5.5, 8.9])

        def step(k, y):
            level = tf.gather(levels, k)
            told = tf.concat([y, tf.fill([2, 1], level)], 1)
            return k - 1, y - 0.1 * level * tf.matmul(tf.nn.relu(tf.matmul(told, w)), v)

        _, y = tf.while_loop(lambda k, _: k >= 0, step, (9, x))
    around = (Uses("rounds", reads=10),)
    truth = Truth(
        layers={"rounds": ROUNDS},
        weights={n: Weight("kernel|recurrent_kernel|other", around) for n in "wv"},
    )
    return Program(graph, [y], {x: fill(2, 3)}, truth)


def rounds_with_step_sizes() -> Program:
    """Five rounds of one product, written out; each takes a step size out of a fixed table."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        w = tf.get_variable("w", [3, 3])
        sizes = tf.constant([0.9, 0.7, 0.5, 0.3, 0.1])
        value = x
        for k in range(5):
            value = value - sizes[k] * tf.tanh(tf.matmul(value, w))
    truth = Truth(
        layers={"rounds": Layer("ONCE|UNKNOWN", runs=None)},
        weights={"w": Weight("kernel|recurrent_kernel|other", (Uses("rounds", reads=5),))},
    )
    return Program(graph, [value], {x: fill(2, 3)}, truth)


def states_at_given_times() -> Program:
    """The table holds step sizes, and each step's state is put out: a sequence, and time."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        w = tf.get_variable("w", [3, 3])
        sizes = tf.constant([0.9, 0.7, 0.5, 0.3])

        def step(y, size):
            return y - size * tf.tanh(tf.matmul(y, w))

        states = tf.scan(step, sizes, initializer=x)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN|", 3, 0, FORWARD)},
        weights={"w": Weight("recurrent_kernel", (Uses("rnn", "time"),))},
        starts=(Start("rnn", x.op.name),),
    )
    return Program(graph, [states], {x: fill(2, 3)}, truth)
