"""Cells spelled out by hand: one matrix per gate, packed states, weights computed first."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf

RUNS = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)


def gru_by_hand() -> Program:
    """Six matrices and three biases in tf.scan; the update gate keeps the old state."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w = [tf.get_variable(f"i{k}", [3, 5]) for k in range(3)]
        u = [tf.get_variable(f"j{k}", [5, 5]) for k in range(3)]
        b = [tf.get_variable(f"k{k}", [5]) for k in range(3)]

        def step(h, v):
            z = tf.sigmoid(tf.matmul(v, w[0]) + tf.matmul(h, u[0]) + b[0])
            r = tf.sigmoid(tf.matmul(v, w[1]) + tf.matmul(h, u[1]) + b[1])
            new = tf.tanh(tf.matmul(v, w[2]) + tf.matmul(r * h, u[2]) + b[2])
            return z * h + (1.0 - z) * new

        states = tf.scan(step, x, tf.zeros([2, 5]))
    weights = {}
    for kind, role in (("i", "kernel"), ("j", "recurrent_kernel"), ("k", "bias")):
        weights |= {f"{kind}{k}": Weight(role, STEP) for k in range(3)}
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "GRU|", 5, 0, RUNS)},
        weights=weights,
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(4, 2, 3)}, truth)


def lstm_packed() -> Program:
    """An LSTM in tf.scan whose h and c are stacked in one tensor [2, batch, units]."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w = [tf.get_variable(f"w{k}", [3, 5]) for k in range(4)]
        u = [tf.get_variable(f"u{k}", [5, 5]) for k in range(4)]

        def step(packed, v):
            h, c = tf.unstack(packed)
            i, f, o, g = (tf.matmul(v, w[k]) + tf.matmul(h, u[k]) for k in range(4))
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return tf.stack([tf.sigmoid(o) * tf.tanh(c), c])

        states = tf.scan(step, x, tf.zeros([2, 2, 5]))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, RUNS)},
        weights={f"w{k}": Weight("kernel", STEP) for k in range(4)}
        | {f"u{k}": Weight("recurrent_kernel", STEP) for k in range(4)},
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [states], {x: fill(4, 2, 3)}, truth)


def coupled() -> Program:
    """Two layers, each of which also reads the other's state of the timestep before."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        one, other = tf.get_variable("p", [3 + 5, 5]), tf.get_variable("q", [3 + 6, 6])
        to_one, to_other = tf.get_variable("r", [6, 5]), tf.get_variable("s", [5, 6])

        def step(state, v):
            h, g = state
            new_h = tf.tanh(tf.matmul(tf.concat([v, h], 1), one) + tf.matmul(g, to_one))
            new_g = tf.tanh(tf.matmul(tf.concat([v, g], 1), other) + tf.matmul(h, to_other))
            return new_h, new_g

        states = tf.scan(step, x, (tf.zeros([2, 5]), tf.zeros([2, 6])))
    a, b = (Uses("a", "time"),), (Uses("b", "time"),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "a": Layer("RECURRENT", "SimpleRNN|", 5, 0, RUNS),
            "b": Layer("RECURRENT", "SimpleRNN|", 6, 0, RUNS),
        },
        weights={
            "p": Weight("kernel", a, cells.rows(3, 5)),
            "q": Weight("kernel", b, cells.rows(3, 6)),
            "r": Weight("kernel", a),
            "s": Weight("kernel", b),
        },
        starts=cells.zeros("a") + cells.zeros("b"),
        connections=(("a", "b", 1), ("b", "a", 1)),
    )
    return Program(graph, list(states), {x: fill(4, 2, 3)}, truth)


def cast_weights() -> Program:
    """The weights are stored as float32 and used as float64, cast once before the loop."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float64, [4, 2, 3])
        kernel = tf.cast(tf.get_variable("n", [8, 5], use_resource=True), tf.float64)
        bias = tf.cast(tf.get_variable("m", [5]), tf.float64)

        def step(h, v):
            return tf.nn.relu(tf.nn.bias_add(tf.matmul(tf.concat([v, h], 1), kernel), bias))

        states = tf.scan(step, x, tf.zeros([2, 5], tf.float64))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, RUNS)},
        weights={"n": Weight("kernel", STEP, cells.rows(3, 5)), "m": Weight("bias", STEP)},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(4, 2, 3).astype("f8")}, truth)


def weight_normalised() -> Program:
    """The kernel is computed before the loop, from a direction and a length.

    The direction is read twice (its norm, and itself), the length once, and neither in the loop.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        direction, length = tf.get_variable("v", [8, 5]), tf.get_variable("g", [5])
        norm = tf.sqrt(tf.reduce_sum(tf.square(direction), 0))
        kernel = (direction / norm) * length

        def step(h, v):
            return tf.tanh(tf.matmul(tf.concat([v, h], 1), kernel))

        states = tf.scan(step, x, tf.zeros([2, 5]))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, RUNS)},
        weights={
            "v": Weight("kernel|norm|other", (Uses("rnn", reads=2),)),
            "g": Weight("kernel|norm|other", (Uses("rnn"),)),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(4, 2, 3)}, truth)


def counting_down() -> Program:
    """The counter goes 3, 2, 1, 0 and x[t] is read: the last timestep is visited first."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        kernel = tf.get_variable("k", [8, 5])

        def step(t, h):
            return t - 1, tf.tanh(tf.matmul(tf.concat([tf.gather(x, t), h], 1), kernel))

        start = (tf.constant(3), tf.zeros([2, 5]))
        _, last = tf.while_loop(lambda t, _: t >= 0, step, start)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "BACKWARD|UNKNOWN"),))},
        weights={"k": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {x: fill(4, 2, 3)}, truth)
