"""Cells beyond the common ones, each written by its published equations."""

from __future__ import annotations

from dataclasses import replace

from tests.programs import cells
from tests.programs.over_time import FORWARD, LSTM, NAMELESS, STEP, over_time
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf


def _simple_unit(products, bias, x, c):
    """One step of an SRU: the state is only multiplied, never by a matrix."""
    new, forget, reset = tf.split(products, 3, 1)
    forget_bias, reset_bias = tf.split(bias, 2)
    f = tf.sigmoid(forget + forget_bias)
    r = tf.sigmoid(reset + reset_bias)
    c = f * c + (1.0 - f) * new
    return r * tf.tanh(c) + (1.0 - r) * x, c


class _SimpleUnit(rnn_cell.RNNCell):
    """An SRU whose product is made at every step."""

    state_size = 5
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "unit"):
            products = tf.matmul(inputs, tf.get_variable("w", [5, 15]))
            bias = tf.get_variable("b", [10])
        return _simple_unit(products, bias, inputs, state)


def simple_recurrent_unit() -> Program:
    """SRU: gates that see the input alone; the state is multiplied by one of them."""
    with tf.Graph().as_default():
        weights = {"rnn/unit/w": Weight("kernel", STEP), "rnn/unit/b": Weight("bias", STEP)}
        return over_time(_SimpleUnit(), weights, NAMELESS, states=1, inputs=(5,))


def simple_recurrent_unit_at_once() -> Program:
    """SRU as it is meant to be: the products of all timesteps are made before the loop."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 5])
        kernel, bias = tf.get_variable("w", [5, 15]), tf.get_variable("b", [10])
        products = tf.reshape(tf.matmul(tf.reshape(x, [-1, 5]), kernel), [6, 2, 15])

        def step(last, now):
            return _simple_unit(now[0], bias, now[1], last[1])

        outputs, _ = tf.scan(step, (products, x), (tf.zeros([2, 5]), tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": NAMELESS},
        weights={"w": Weight("kernel", (Uses("rnn"),)), "b": Weight("bias", STEP)},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [outputs], {x: fill(6, 2, 5)}, truth)


class _Searched(rnn_cell.RNNCell):
    """NAS: the cell that a search of architectures found, eight products of input and state."""

    state_size = (5, 5)
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        c, m = state
        with tf.variable_scope(scope or "searched"):
            kernel = tf.get_variable("w", [4, 40])
            recurrent = tf.get_variable("u", [5, 40])
            bias = tf.get_variable("b", [40])
        a = tf.split(tf.nn.bias_add(tf.matmul(inputs, kernel), bias), 8, 1)
        b = tf.split(tf.matmul(m, recurrent), 8, 1)
        first = tf.tanh(tf.sigmoid(a[0] + b[0]) * tf.nn.relu(a[1] + b[1]))
        second = tf.tanh(tf.sigmoid(a[2] + b[2]) + tf.nn.relu(a[3] * b[3]))
        third = tf.tanh(tf.tanh(a[4] + b[4]) * tf.sigmoid(a[5] + b[5]))
        fourth = tf.sigmoid(tf.tanh(a[6] + b[6]) + tf.sigmoid(a[7] + b[7]))
        c = tf.tanh(first + c) * second
        m = tf.tanh(c * tf.tanh(third + fourth))
        return m, (c, m)


def searched_cell() -> Program:
    """NAS: no gates that anybody has a name for, two states."""
    with tf.Graph().as_default():
        weights = {
            "rnn/searched/w": Weight("kernel", STEP),
            "rnn/searched/u": Weight("recurrent_kernel", STEP),
            "rnn/searched/b": Weight("bias", STEP),
        }
        return over_time(_Searched(), weights, NAMELESS)


class _Minimal(rnn_cell.RNNCell):
    """MGU: one gate, which both forgets and resets."""

    state_size = 5
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "minimal"):
            gate = tf.get_variable("gate", [9, 5])
            kernel = tf.get_variable("kernel", [9, 5])
        f = tf.sigmoid(tf.matmul(tf.concat([inputs, state], 1), gate))
        new = tf.tanh(tf.matmul(tf.concat([inputs, f * state], 1), kernel))
        h = (1.0 - f) * state + f * new
        return h, h


def minimal_gated_unit() -> Program:
    """MGU: nearly a GRU, and none."""
    with tf.Graph().as_default():
        both = cells.rows(4, 5)
        weights = {
            "rnn/minimal/gate": Weight("kernel", STEP, both),
            "rnn/minimal/kernel": Weight("kernel", STEP, both),
        }
        return over_time(_Minimal(), weights, NAMELESS, states=1)


class _Highway(rnn_cell.RNNCell):
    """RHN: within one timestep the state goes through three layers, each with its own weights."""

    state_size = 5
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "highway"):
            kernel = tf.get_variable("w", [4, 10])
            depths = [tf.get_variable(f"u{k}", [5, 10]) for k in range(3)]
        for k, recurrent in enumerate(depths):
            both = tf.matmul(state, recurrent)
            if k == 0:
                both += tf.matmul(inputs, kernel)
            new, gate = tf.split(both, 2, 1)
            gate = tf.sigmoid(gate)
            state = tf.tanh(new) * gate + state * (1.0 - gate)
        return state, state


def recurrent_highway() -> Program:
    """RHN: depth within a timestep is no layer of its own: one state goes round through all."""
    with tf.Graph().as_default():
        weights = {
            "rnn/highway/w": Weight("kernel", STEP),
            **{f"rnn/highway/u{k}": Weight("recurrent_kernel", STEP) for k in range(3)},
        }
        return over_time(_Highway(), weights, NAMELESS, states=1)


class _Grouped(rnn_cell.RNNCell):
    """G-LSTM: half of the input and half of the state, each with a kernel of its own."""

    state_size = rnn_cell.LSTMStateTuple(6, 6)
    output_size = 6

    def __call__(self, inputs, state, scope=None):
        parts = []
        with tf.variable_scope(scope or "grouped"):
            halves = zip(tf.split(inputs, 2, 1), tf.split(state.h, 2, 1), strict=True)
            for k, (x, h) in enumerate(halves):
                kernel = tf.get_variable(f"kernel{k}", [5, 12])
                product = tf.matmul(tf.concat([x, h], 1), kernel)
                parts.append(tf.split(product, 4, 1))
            bias = tf.split(tf.get_variable("bias", [24]), 4)
        gates = [tf.concat(halves, 1) for halves in zip(*parts, strict=True)]
        i, j, f, o = (gate + b for gate, b in zip(gates, bias, strict=True))
        c = state.c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, rnn_cell.LSTMStateTuple(c, h)


def grouped_lstm() -> Program:
    """Two kernels, each for its own half of the units: one layer, since both make one state."""
    with tf.Graph().as_default():
        weights = {
            "rnn/grouped/kernel0": Weight("kernel", STEP),
            "rnn/grouped/kernel1": Weight("kernel", STEP),
            "rnn/grouped/bias": Weight("bias", STEP),
        }
        layer = Layer("RECURRENT", "LSTM|", 6, 0, FORWARD)
        return over_time(_Grouped(), weights, layer)


class _Phased(rnn_cell.RNNCell):
    """Phased LSTM: a clock, made of the first input, opens and closes each unit."""

    state_size = rnn_cell.LSTMStateTuple(5, 5)
    output_size = 5

    def __init__(self):
        super().__init__()
        self._cell = rnn_cell.BasicLSTMCell(5, name="inside")

    def __call__(self, inputs, state, scope=None):
        time, x = inputs[:, :1], inputs[:, 1:]
        _, new = self._cell(x, state)
        with tf.variable_scope(scope or "phased"):
            period = tf.get_variable("period", [5])
            shift = tf.get_variable("shift", [5])
            ratio = tf.get_variable("ratio", [5])
        phase = tf.mod(time - shift, period) / period
        gate = tf.where(
            phase < 0.5 * ratio,
            2.0 * phase / ratio,
            tf.where(phase < ratio, 2.0 - 2.0 * phase / ratio, 0.001 * phase),
        )
        c = gate * new.c + (1.0 - gate) * state.c
        h = gate * new.h + (1.0 - gate) * state.h
        return h, rnn_cell.LSTMStateTuple(c, h)


def phased_lstm() -> Program:
    """The clock sees the input alone: a layer without a state, whose gate the states meet."""
    clock = Uses("clock", "time")
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 5])
        outputs, _ = tf.nn.dynamic_rnn(_Phased(), x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"clock": Layer("STEPWISE", runs=(("time", "*"),)), "rnn": LSTM},
        weights=cells.lstm("rnn/inside", "rnn", 4, 5)
        | {
            "rnn/phased/period": Weight("other", (replace(clock, reads=2),)),
            "rnn/phased/shift": Weight("other|bias", (clock,)),
            "rnn/phased/ratio": Weight("other", (replace(clock, reads=4),)),
        },
        starts=cells.zeros("rnn", 2),
        connections=(("clock", "rnn", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 5)}, truth)
