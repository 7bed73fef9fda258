"""Loops in a ``tf.function`` whose last output is the next input, number for number."""

from __future__ import annotations

import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import keras, of_function

ON_TIME = (("time", "*"),)
SAID = (("time", "FORWARD|UNKNOWN"),)
STEP = (Uses("rnn", "time"),)


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


def forecast_lstm() -> Program:
    """x(t+1) = dense(lstm(x(t))): kernel and recurrent kernel are different variables."""
    cell, out = keras.layers.LSTMCell(4, name="cell"), keras.layers.Dense(3, name="out")
    cell.build((None, 3))
    out.build((None, 4))

    def run(x):
        h, c = tf.zeros([2, 4]), tf.zeros([2, 4])
        found = tf.TensorArray(tf.float32, 6)
        for t in tf.range(6):
            output, (h, c) = cell(x, [h, c])
            x = out(output)
            found = found.write(t, x)
        return found.stack()

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 4, 0, SAID),
            "out": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=recurrent(cell, "rnn") | dense(out, "out", "time"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "out", 0), ("out", "rnn", 1)),
    )
    return of_function(run, truth, fill(2, 3))


def forecast_gru_by_differences() -> Program:
    """x(t+1) = x(t) + dense(gru(x(t))): x also goes round by itself, without weights."""
    cell, out = keras.layers.GRUCell(4, name="cell"), keras.layers.Dense(3, name="out")
    cell.build((None, 3))
    out.build((None, 4))

    def run(x):
        h = tf.zeros([2, 4])
        found = tf.TensorArray(tf.float32, 6)
        for t in tf.range(6):
            output, h = cell(x, h)
            x = x + out(output)
            found = found.write(t, x)
        return found.stack()

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "GRU", 4, 0, SAID),
            "out": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=recurrent(cell, "rnn") | dense(out, "out", "time"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "out", 0), ("out", "rnn", 1)),
    )
    return of_function(run, truth, fill(2, 3))


def forecast_with_zoneout() -> Program:
    """The output goes back, the state is half held: the output is not the state, but makes it."""
    w, u, out = _variable("w", 3, 5), _variable("u", 5, 5), _variable("out", 5, 3)

    def run(x):
        h = tf.zeros([2, 5])
        found = tf.TensorArray(tf.float32, 6)
        for t in tf.range(6):
            new = tf.tanh(tf.matmul(x, w) + tf.matmul(h, u))
            h = 0.5 * h + 0.5 * new
            x = tf.matmul(new, out)
            found = found.write(t, x)
        return found.stack()

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN|", 5, 0, SAID),
            "out": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "w": Weight("kernel", STEP),
            "u": Weight("recurrent_kernel", STEP),
            "out": Weight("kernel", (Uses("out", "time"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("rnn", "out", 0), ("out", "rnn", 1)),
    )
    return of_function(run, truth, fill(2, 3))


def from_above() -> Program:
    """The lower of two layers reads the upper one's state: each is a recurrence of its own."""
    low, high = keras.layers.GRUCell(4, name="low"), keras.layers.GRUCell(5, name="high")
    low.build((None, 8))
    high.build((None, 4))

    def run(x):
        a, b = tf.zeros([2, 4]), tf.zeros([2, 5])
        for t in tf.range(6):
            _, a = low(tf.concat([x[t], b], 1), a)
            _, b = high(a, b)
        return b

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "low": Layer("RECURRENT", "GRU", 4, 0, (("time", "FORWARD"),)),
            "high": Layer("RECURRENT", "GRU", 5, 1, (("time", "FORWARD"),)),
        },
        weights=recurrent(low, "low") | recurrent(high, "high"),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0), ("high", "low", 1)),
    )
    return of_function(run, truth, fill(6, 2, 3))


def from_above_with_one_kernel() -> Program:
    """The same with one kernel a layer, which multiplies all that the layer reads."""
    w, v = _variable("w", 12, 4), _variable("v", 9, 5)

    def run(x):
        a, b = tf.zeros([2, 4]), tf.zeros([2, 5])
        for t in tf.range(6):
            a = tf.tanh(tf.matmul(tf.concat([x[t], b, a], 1), w))
            b = tf.tanh(tf.matmul(tf.concat([a, b], 1), v))
        return b

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "low": Layer("RECURRENT", "SimpleRNN", 4, 0, (("time", "FORWARD"),)),
            "high": Layer("RECURRENT", "SimpleRNN", 5, 1, (("time", "FORWARD"),)),
        },
        weights={
            "w": Weight("kernel", (Uses("low", "time"),)),
            "v": Weight("kernel", (Uses("high", "time"),), cells.rows(4, 5)),
        },
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0), ("high", "low", 1)),
    )
    return of_function(run, truth, fill(6, 2, 3))


def time_aware_lstm() -> Program:
    """C goes through weights of its own before the gates act on it: one cell with two states."""
    decay, w, u = _variable("decay", 5, 5), _variable("w", 3, 20), _variable("u", 5, 20)

    def run(x):
        h, c = tf.zeros([2, 5]), tf.zeros([2, 5])
        for t in tf.range(4):
            short = tf.tanh(tf.matmul(c, decay))
            c = c - short + 0.5 * short
            i, f, g, o = tf.split(tf.matmul(x[t], w) + tf.matmul(h, u), 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return h

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "|LSTM", 5, 0, (("time", "FORWARD"),))},
        weights={
            "decay": Weight("recurrent_kernel", STEP),
            "w": Weight("kernel", STEP),
            "u": Weight("recurrent_kernel", STEP),
        },
        starts=cells.zeros("rnn", 2),
    )
    return of_function(run, truth, fill(4, 2, 3))


def two_steps_back() -> Program:
    """h(t) = tanh(x w + h(t-1) u + h(t-2) v): the second state waits for a step."""
    w, u, v = _variable("w", 3, 5), _variable("u", 5, 5), _variable("v", 5, 5)

    def run(x, start):
        last, before = start, tf.zeros([2, 5])
        for t in tf.range(4):
            new = tf.tanh(tf.matmul(x[t], w) + tf.matmul(last, u) + tf.matmul(before, v))
            last, before = new, last
        return last

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "", 5, 0, (("time", "FORWARD"),))},
        weights={
            "w": Weight("kernel", STEP),
            "u": Weight("recurrent_kernel", STEP),
            "v": Weight("recurrent_kernel", STEP),
        },
        starts=(Start("rnn", "*"), Start("rnn")),
    )
    return of_function(run, truth, fill(4, 2, 3), fill(2, 5))
