"""States that are not read by the one who wrote them last: swapped, delayed, kept in an array."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)
NAMELESS = Layer("RECURRENT", "", 5, 0, FORWARD)


def swapped_states() -> Program:
    """h1' = f(x, h2) and h2' = g(x, h1): no state reads itself, and neither kernel stands alone."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        one, other = tf.get_variable("one", [9, 5]), tf.get_variable("other", [9, 5])

        def step(states, v):
            h1, h2 = states
            return (
                tf.tanh(tf.matmul(tf.concat([v, h2], 1), one)),
                tf.tanh(tf.matmul(tf.concat([v, h1], 1), other)),
            )

        states = tf.scan(step, x, (tf.zeros([2, 5]), tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": NAMELESS},
        weights={v: Weight("kernel", STEP, cells.rows(4, 5)) for v in ("one", "other")},
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, list(states), {x: fill(6, 2, 4)}, truth)


class _Delayed(rnn_cell.RNNCell):
    """h_t = tanh([x_t, h_{t-2}] w): the state is the last h and the one before."""

    state_size = (5, 5)
    output_size = 5

    def __call__(self, inputs, state):
        last, before = state
        kernel = tf.get_variable("w", [int(inputs.shape[-1]) + 5, 5])
        new = tf.tanh(tf.matmul(tf.concat([inputs, before], 1), kernel))
        return new, (new, last)


def delayed_state() -> Program:
    """Each step reads the state of two steps ago; the one between is only handed on."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        outputs, _ = tf.nn.dynamic_rnn(_Delayed(), x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": NAMELESS},
        weights={"rnn/w": Weight("kernel", STEP, cells.rows(4, 5))},
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [outputs], {x: fill(2, 6, 4)}, truth)


def state_in_an_array() -> Program:
    """No tensor is carried: step i reads element i of a TensorArray and writes element i + 1."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 4])
        kernel = tf.get_variable("w", [9, 5])
        inputs = tf.TensorArray(tf.float32, 6).unstack(tf.transpose(x, [1, 0, 2]))
        states = tf.TensorArray(tf.float32, 7, clear_after_read=False).write(0, tf.zeros([2, 5]))

        def step(t, states):
            value = tf.concat([inputs.read(t), states.read(t)], 1)
            return t + 1, states.write(t + 1, tf.tanh(tf.matmul(value, kernel)))

        _, states = tf.while_loop(lambda t, _: t < 6, step, (0, states))
        outputs = states.stack()
    truth = Truth(
        axes={"time": Axis(6)},
        # What is carried is the array's flow: the analysis leaves units and first value unsaid.
        layers={"rnn": Layer("RECURRENT", "", None, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(4, 5))},
        starts=(Start("rnn", "zeros|"),),
    )
    return Program(graph, [outputs], {x: fill(2, 6, 4)}, truth)


def tree_of_words() -> Program:
    """h_n = tanh([h_left, h_right] w), bottom up: each node of a tree reads two earlier nodes.

    The states of all nodes are in one TensorArray, the four words' first. No step reads what the
    one before has left, at its counter: it reads where the tree says.
    """
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.float32, [4, 1, 5])
        children = tf.placeholder(tf.int32, [3, 2])
        kernel = tf.get_variable("w", [10, 5])
        nodes = tf.TensorArray(tf.float32, 7, clear_after_read=False)
        nodes = nodes.scatter(tf.range(4), words)

        def step(n, nodes):
            both = [nodes.read(children[n, 0]), nodes.read(children[n, 1])]
            return n + 1, nodes.write(n + 4, tf.tanh(tf.matmul(tf.concat(both, 1), kernel)))

        _, nodes = tf.while_loop(lambda n, _: n < 3, step, (0, nodes))
        root = nodes.read(6)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "", None, 0, FORWARD)},
        weights={"w": Weight("kernel|recurrent_kernel", STEP)},
        starts=(Start("rnn", "*|"),),
    )
    feeds = {words: fill(4, 1, 5), children: np.array([[0, 1], [2, 3], [4, 5]], "i4")}
    return Program(graph, [root], feeds, truth)
