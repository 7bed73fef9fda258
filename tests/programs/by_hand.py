"""Recurrences written with `tf.while_loop` and `tf.scan`, with names that mislead on purpose."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import (
    ANY,
    UNKNOWN,
    Axis,
    Layer,
    Program,
    Start,
    Truth,
    Uses,
    Weight,
    fill,
)
from tests.programs.tf1 import tf

RUNS = (("time", "FORWARD"),)
SIMPLE = Layer("RECURRENT", "SimpleRNN", 5, 0, RUNS)
STEP = (Uses("rnn", "time"),)


def while_tensor_array() -> Program:
    """TensorArrays in and out, as `dynamic_rnn` does it; the kernel is called "bias"."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        kernel = tf.get_variable("bias", [8, 5])
        bias = tf.get_variable("kernel", [5])
        sequence = tf.TensorArray(tf.float32, 4).unstack(tf.transpose(x, [1, 0, 2]))

        def step(t, h, out):
            h = tf.tanh(tf.matmul(tf.concat([sequence.read(t), h], 1), kernel) + bias)
            return t + 1, h, out.write(t, h)

        start = (tf.constant(0), tf.zeros([tf.shape(x)[0], 5]), tf.TensorArray(tf.float32, 4))
        _, _, out = tf.while_loop(lambda t, *_: t < 4, step, start)
        outputs = tf.transpose(out.stack(), [1, 0, 2])
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={
            "bias": Weight("kernel", STEP, cells.rows(3, 5)),
            "kernel": Weight("bias", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def while_indexed() -> Program:
    """x[:, t] is a strided slice; two matrices instead of one; only the last state is used."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        w = tf.get_variable("h", [3, 5])
        u = tf.get_variable("x", [5, 5])
        b = tf.get_variable("u", [5])

        def step(t, h):
            return t + 1, tf.tanh(tf.matmul(x[:, t], w) + tf.matmul(h, u) + b)

        _, last = tf.while_loop(lambda t, _: t < 4, step, (tf.constant(0), tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={
            "h": Weight("kernel", STEP),
            "x": Weight("recurrent_kernel", STEP),
            "u": Weight("bias", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(2, 4, 3)}, truth)


def while_gathered() -> Program:
    """tf.gather at the counter, from [time, batch, features] of unknown length."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2, 3])
        kernel = tf.get_variable("k", [8, 5], use_resource=True)
        bias = tf.get_variable("b", [5], use_resource=True)
        steps = tf.shape(x)[0]

        def step(t, h):
            value = tf.concat([tf.gather(x, t), h], 1)
            return t + 1, tf.tanh(tf.matmul(value, kernel) + bias)

        _, last = tf.while_loop(lambda t, _: t < steps, step, (tf.constant(0), tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={"rnn": SIMPLE},
        weights={"k": Weight("kernel", STEP, cells.rows(3, 5)), "b": Weight("bias", STEP)},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(4, 2, 3)}, truth, steps=4)


def hoisted_projection() -> Program:
    """Takes x W for all timesteps at once before the loop; the loop adds h U and takes tanh.

    The product enters the recurrence at an Add, so W belongs to the layer, though it ran once.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        w = tf.get_variable("w", [3, 5])
        u = tf.get_variable("u", [5, 5])
        projected = tf.reshape(tf.matmul(tf.reshape(x, [-1, 3]), w), [2, 4, 5])
        sequence = tf.TensorArray(tf.float32, 4).unstack(tf.transpose(projected, [1, 0, 2]))

        def step(t, h, out):
            h = tf.tanh(sequence.read(t) + tf.matmul(h, u))
            return t + 1, h, out.write(t, h)

        start = (tf.constant(0), tf.zeros([2, 5]), tf.TensorArray(tf.float32, 4))
        _, _, out = tf.while_loop(lambda t, *_: t < 4, step, start)
        outputs = out.stack()
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={
            "w": Weight("kernel", (Uses("rnn"),)),
            "u": Weight("recurrent_kernel", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def scan() -> Program:
    """tf.scan over [time, batch, features] from a trained first state."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w = tf.get_variable("w", [3, 5])
        u = tf.get_variable("u", [5, 5])
        first = tf.get_variable("v", [2, 5])
        states = tf.scan(lambda h, v: tf.tanh(tf.matmul(v, w) + tf.matmul(h, u)), x, first)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={
            "w": Weight("kernel", STEP),
            "u": Weight("recurrent_kernel", STEP),
            "v": Weight("initial_state", (Uses("rnn"),)),
        },
        starts=(Start("rnn", "v"),),
    )
    return Program(graph, [states], {x: fill(4, 2, 3)}, truth)


def split_kernel() -> Program:
    """An LSTM that multiplies by four disjoint quarters of each of its two kernels.

    Each quarter is read once a step, but the third one of the recurrent kernel twice.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w = tf.get_variable("w", [3, 20])
        u = tf.get_variable("u", [5, 20])

        def step(state, v):
            c, h = state
            ws = tf.split(w, 4, axis=1)
            us = [u[:, 5 * k : 5 * k + 5] for k in range(4)]
            i, f, g, o = (tf.matmul(v, a) + tf.matmul(h, b) for a, b in zip(ws, us, strict=True))
            g = g + 0.01 * tf.matmul(h, us[2])
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return c, tf.sigmoid(o) * tf.tanh(c)

        states = tf.scan(step, x, (tf.zeros([2, 5]), tf.zeros([2, 5])))
    gates = cells.columns(("i", "f", "c", "o"), 5)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM|", 5, 0, RUNS)},
        weights={
            "w": Weight("kernel", STEP, gates),
            # The third quarter is multiplied twice a step; a variable counts by its busiest block.
            "u": Weight("recurrent_kernel", (Uses("rnn", "time", reads=2),)),
        },
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, list(states), {x: fill(4, 2, 3)}, truth)


def stepped_counter() -> Program:
    """The counter goes 0, 2, 4, 6 while it is below 7: four timesteps."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [7, 2, 3])
        kernel = tf.get_variable("k", [8, 5])

        def step(t, h):
            return t + 2, tf.tanh(tf.matmul(tf.concat([tf.gather(x, t), h], 1), kernel))

        _, last = tf.while_loop(lambda t, _: t < 7, step, (tf.constant(0), tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={"k": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(7, 2, 3)}, truth)


def nested_axes() -> Program:
    """Characters in words: an RNN over 4 characters inside each step of one over 3 words."""
    with tf.Graph().as_default() as graph:
        text = tf.placeholder(tf.float32, [3, 2, 4, 6])
        inner = tf.nn.rnn_cell.BasicRNNCell(5, name="inner")
        outer = tf.nn.rnn_cell.GRUCell(7, name="outer")
        words = tf.TensorArray(tf.float32, 3).unstack(text)

        def step(t, h, out):
            word = words.read(t)
            word.set_shape([2, 4, 6])
            _, last = tf.nn.dynamic_rnn(inner, word, dtype=tf.float32)
            _, h = outer(last, h)
            return t + 1, h, out.write(t, h)

        start = (tf.constant(0), tf.zeros([2, 7]), tf.TensorArray(tf.float32, 3))
        _, _, out = tf.while_loop(lambda t, *_: t < 3, step, start)
        outputs = out.stack()
    truth = Truth(
        axes={"words": Axis(3), "characters": Axis(4, parent="words")},
        layers={
            "inner": Layer("RECURRENT", "SimpleRNN", 5, 0, (("characters", "FORWARD"),)),
            "outer": Layer("RECURRENT", "GRU", 7, 0, (("words", "FORWARD"),)),
        },
        weights=cells.basic_rnn("rnn/inner", "inner", 6, 5, ("characters",))
        | cells.gru("outer", "outer", 5, 7, ("words",)),
        starts=cells.zeros("inner") + cells.zeros("outer"),
        connections=(("inner", "outer", ANY),),
    )
    return Program(graph, [outputs], {text: fill(3, 2, 4, 6)}, truth)


def weights_as_loop_variables() -> Program:
    """Kernel and bias are handed from step to step unchanged: they are no states of the layer."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        kernel = tf.get_variable("k", [8, 5])
        bias = tf.get_variable("b", [5], use_resource=True)

        def step(t, h, k, b):
            h = tf.tanh(tf.matmul(tf.concat([tf.gather(x, t), h], 1), k) + b)
            return t + 1, h, k, b

        start = (tf.constant(0), tf.zeros([2, 5]), kernel, tf.convert_to_tensor(bias))
        last = tf.while_loop(lambda t, *_: t < 4, step, start)[1]
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={"k": Weight("kernel", STEP, cells.rows(3, 5)), "b": Weight("bias", STEP)},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(4, 2, 3)}, truth)


def chosen_kernel() -> Program:
    """A condition before the loop chooses one of two kernels: each step may use either."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        first = tf.placeholder(tf.bool, [])
        one = tf.get_variable("one", [8, 5])
        other = tf.get_variable("other", [8, 5])
        kernel = tf.cond(first, lambda: tf.identity(one), lambda: tf.identity(other))

        def step(t, h):
            return t + 1, tf.tanh(tf.matmul(tf.concat([tf.gather(x, t), h], 1), kernel))

        _, last = tf.while_loop(lambda t, _: t < 4, step, (tf.constant(0), tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": SIMPLE},
        weights={v: Weight("kernel", STEP, cells.rows(3, 5)) for v in ("one", "other")},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(4, 2, 3), first: np.array(True)}, truth)
