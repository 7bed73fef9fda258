"""What happens to a kernel or to its factor on the way into the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)


def _simple(weights: dict[str, Weight], cell: str = "SimpleRNN") -> Truth:
    return Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", cell, 4, 0, FORWARD)},
        weights=weights,
        starts=cells.zeros("rnn"),
    )


def orthogonal_penalty() -> Program:
    """The loss wants u uᵀ = 1: one more read of u, by no layer, and u stays what it is."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 3])
        w, u = tf.get_variable("w", [3, 4]), tf.get_variable("u", [4, 4])
        states = tf.scan(
            lambda h, v: tf.tanh(tf.matmul(v, w) + tf.matmul(h, u)), x, tf.zeros([2, 4])
        )
        penalty = tf.reduce_sum(tf.square(tf.matmul(u, u, transpose_b=True) - tf.eye(4)))
        loss = tf.reduce_mean(states) + penalty
    weights = {
        "w": Weight("kernel", STEP),
        "u": Weight("recurrent_kernel", (*STEP, Uses(""))),
    }
    return Program(graph, [loss], {x: fill(6, 2, 3)}, _simple(weights))


def _joined(join: Callable[[Any, Any, Any], Any], cell: str) -> Program:
    """Two sequences a and b are joined with h in some order of joining: first a, then b, then h."""
    with tf.Graph().as_default() as graph:
        a = tf.placeholder(tf.float32, [6, 2, 3])
        b = tf.placeholder(tf.float32, [6, 2, 2])
        kernel = tf.get_variable("w", [9, 4])

        def step(h, v):
            return tf.tanh(tf.matmul(join(*v, h), kernel))

        states = tf.scan(step, (a, b), tf.zeros([2, 4]))
    weights = {"w": Weight("kernel", STEP, cells.rows(5, 4))}
    return Program(graph, [states], {a: fill(6, 2, 3), b: fill(6, 2, 2)}, _simple(weights, cell))


def inputs_joined_first() -> Program:
    """[[a, b], h]: a and b together are the input."""
    return _joined(lambda a, b, h: tf.concat([tf.concat([a, b], 1), h], 1), "SimpleRNN")


def state_joined_first() -> Program:
    """[a, [b, h]]: of what is joined first, a part is input and a part is state."""
    return _joined(lambda a, b, h: tf.concat([a, tf.concat([b, h], 1)], 1), "SimpleRNN|")


class _Printing(rnn_cell.RNNCell):
    """tanh([x, h] w), which prints the kernel it reads and the state it makes."""

    state_size = output_size = 4

    def __call__(self, inputs, state):
        kernel = tf.get_variable("w", [int(inputs.shape[-1]) + 4, 4])
        printed = tf.Print(kernel, [tf.shape(kernel)], "kernel", first_n=0)
        state = tf.check_numerics(state, "state")
        new = tf.tanh(tf.matmul(tf.concat([inputs, state], 1), printed))
        new = tf.Print(new, [new[0, 0]], "state", first_n=0)
        return new, new


def printed() -> Program:
    """tf.Print hands on what it prints."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 3])
        outputs, _ = tf.nn.dynamic_rnn(_Printing(), x, dtype=tf.float32)
    weights = {"rnn/w": Weight("kernel", STEP, cells.rows(3, 4))}
    return Program(graph, [outputs], {x: fill(2, 6, 3)}, _simple(weights))


def clipped_kernel() -> Program:
    """The kernel is clipped in place before the run: read once for that, then at every timestep."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 3])
        stored = tf.get_variable("w", [7, 4])
        kernel = tf.assign(stored, tf.clip_by_value(stored, -1.0, 1.0))
        states = tf.scan(
            lambda h, v: tf.tanh(tf.matmul(tf.concat([v, h], 1), kernel)), x, tf.zeros([2, 4])
        )
    weights = {"w": Weight("kernel", (Uses("rnn"), *STEP), cells.rows(3, 4))}
    return Program(graph, [states], {x: fill(6, 2, 3)}, _simple(weights))


def elman() -> Program:
    """tanh(x w + h u + b), with a variable for each."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 3])
        w, u = tf.get_variable("w", [3, 4]), tf.get_variable("u", [4, 4])
        b = tf.get_variable("b", [4])
        states = tf.scan(
            lambda h, v: tf.tanh(tf.matmul(v, w) + tf.matmul(h, u) + b), x, tf.zeros([2, 4])
        )
        outputs = tf.identity(states)
    weights = {
        "w": Weight("kernel", STEP),
        "u": Weight("recurrent_kernel", STEP),
        "b": Weight("bias", STEP),
    }
    return Program(graph, [outputs], {x: fill(6, 2, 3)}, _simple(weights))
