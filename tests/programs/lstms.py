"""The members of the LSTM family, and other cells written by hand."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.over_time import LSTM, STEP, over_time
from tests.programs.program import Axis, Layer, Program, Truth, Weight, fill
from tests.programs.tf1 import rnn_cell, tf


def basic_lstm() -> Program:
    """One ``BasicLSTMCell``."""
    with tf.Graph().as_default():
        weights = cells.lstm("rnn/basic_lstm_cell", "rnn", 4, 5)
        return over_time(rnn_cell.BasicLSTMCell(5), weights)


def lstm_peepholes() -> Program:
    """The gates also see c, through diagonal weights."""
    with tf.Graph().as_default():
        scope = "rnn/lstm_cell"
        weights = cells.lstm(scope, "rnn", 4, 5) | cells.peepholes(scope, "rnn")
        return over_time(rnn_cell.LSTMCell(5, use_peepholes=True), weights)


def lstm_projection() -> Program:
    """5 units inside, projected to 3 that are carried and put out; both are clipped."""
    with tf.Graph().as_default():
        scope = "rnn/lstm_cell"
        weights = cells.lstm(scope, "rnn", 4, 5, out=3)
        weights[f"{scope}/projection/kernel"] = Weight("projection", STEP)
        cell = rnn_cell.LSTMCell(5, num_proj=3, cell_clip=2.0, proj_clip=1.0)
        return over_time(cell, weights)


def lstm_everything() -> Program:
    """Peepholes, a projection and clipping together, 4 timesteps."""
    with tf.Graph().as_default():
        scope = "rnn/lstm_cell"
        weights = cells.lstm(scope, "rnn", 6, 5, out=3) | cells.peepholes(scope, "rnn")
        weights[f"{scope}/projection/kernel"] = Weight("projection", STEP)
        cell = rnn_cell.LSTMCell(5, use_peepholes=True, num_proj=3, cell_clip=2.0)
        return over_time(cell, weights, inputs=(6,), steps=4)


def lstm_one_state() -> Program:
    """The states c and h lie in one tensor, which the step takes apart and puts together again."""
    with tf.Graph().as_default():
        weights = cells.lstm("rnn/basic_lstm_cell", "rnn", 4, 5)
        cell = rnn_cell.BasicLSTMCell(5, state_is_tuple=False)
        return over_time(cell, weights, states=2)


class _NormalisedLSTM(rnn_cell.RNNCell):
    """An LSTM whose gates are each normalised; a kernel without a bias."""

    state_size = rnn_cell.LSTMStateTuple(5, 5)
    output_size = 5

    def _normalise(self, value, scope):
        with tf.variable_scope(scope):
            gamma = tf.get_variable("gamma", [5], initializer=tf.ones_initializer())
            beta = tf.get_variable("beta", [5], initializer=tf.zeros_initializer())
        mean, variance = tf.nn.moments(value, [1], keep_dims=True)
        return (value - mean) * tf.rsqrt(variance + 1e-6) * gamma + beta

    def __call__(self, inputs, state, scope=None):
        c, h = state
        with tf.variable_scope(scope or "normalised"):
            kernel = tf.get_variable("kernel", [9, 20])
            gates = tf.split(tf.matmul(tf.concat([inputs, h], 1), kernel), 4, axis=1)
            i, j, f, o = (self._normalise(g, n) for g, n in zip(gates, "ijfo", strict=True))
            c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
            c = self._normalise(c, "state")
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, rnn_cell.LSTMStateTuple(c, h)


def lstm_normalised() -> Program:
    """Layer normalisation inside the cell: its scales and offsets belong to the layer."""
    with tf.Graph().as_default():
        blocks = {**cells.rows(4, 5), **cells.columns(cells.LSTM_GATES, 5)}
        weights = {"rnn/normalised/kernel": Weight("kernel", STEP, blocks)}
        for gate in ("i", "j", "f", "o", "state"):
            for part in ("gamma", "beta"):
                weights[f"rnn/normalised/{gate}/{part}"] = Weight("norm", STEP)
        return over_time(_NormalisedLSTM(), weights)


class _BlockLSTM(rnn_cell.RNNCell):
    """A whole LSTM step in one op."""

    state_size = rnn_cell.LSTMStateTuple(5, 5)
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "block"):
            kernel = tf.get_variable("kernel", [9, 20])
            bias = tf.get_variable("bias", [20])
        nothing = tf.zeros([5])
        step = tf.raw_ops.LSTMBlockCell(
            x=inputs, cs_prev=state.c, h_prev=state.h, w=kernel, b=bias,
            wci=nothing, wcf=nothing, wco=nothing,
        )  # fmt: skip
        return step.h, rnn_cell.LSTMStateTuple(step.cs, step.h)


def lstm_block() -> Program:
    """LSTMBlockCell: w and b hold i, c, f, o."""
    with tf.Graph().as_default():
        return over_time(_BlockLSTM(), cells.lstm("rnn/block", "rnn", 4, 5))


class _BlockGRU(rnn_cell.RNNCell):
    """A whole GRU step in one op."""

    state_size = 5
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "block"):
            step = tf.raw_ops.GRUBlockCell(
                x=inputs,
                h_prev=state,
                w_ru=tf.get_variable("gates/kernel", [9, 10]),
                w_c=tf.get_variable("candidate/kernel", [9, 5]),
                b_ru=tf.get_variable("gates/bias", [10]),
                b_c=tf.get_variable("candidate/bias", [5]),
            )
        return step.h, step.h


def gru_block() -> Program:
    """GRUBlockCell: w_ru holds r, z."""
    with tf.Graph().as_default():
        layer = Layer("RECURRENT", "GRU", 5, 0, LSTM.runs)
        return over_time(_BlockGRU(), cells.gru("rnn/block", "rnn", 4, 5), layer, states=1)


class _Independent(rnn_cell.RNNCell):
    """h = relu(x W + u * h + b): no matrix multiplies the state."""

    state_size = 5
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "cell"):
            kernel = tf.get_variable("a", [4, 5])
            weight = tf.get_variable("b", [5])
            bias = tf.get_variable("c", [5])
        h = tf.nn.relu(tf.matmul(inputs, kernel) + weight * state + bias)
        return h, h


def independent_rnn() -> Program:
    """IndRNN: the state is multiplied, element by element, by a variable."""
    with tf.Graph().as_default():
        layer = Layer("RECURRENT", "", 5, 0, LSTM.runs)
        weights = {
            "rnn/cell/a": Weight("kernel", STEP),
            "rnn/cell/b": Weight("recurrent_kernel|other", STEP),
            "rnn/cell/c": Weight("bias", STEP),
        }
        return over_time(_Independent(), weights, layer, states=1)


class _ConvolutionalLSTM(rnn_cell.RNNCell):
    """ConvLSTM: one convolution over the channels of [x, h]."""

    state_size = (tf.TensorShape([4, 4, 3]), tf.TensorShape([4, 4, 3]))
    output_size = tf.TensorShape([4, 4, 3])

    def __call__(self, inputs, state, scope=None):
        c, h = state
        with tf.variable_scope(scope or "cell"):
            kernel = tf.get_variable("kernel", [3, 3, 2 + 3, 4 * 3])
            bias = tf.get_variable("bias", [12])
        gates = tf.nn.conv2d(tf.concat([inputs, h], 3), kernel, [1, 1, 1, 1], "SAME")
        i, j, f, o = tf.split(tf.nn.bias_add(gates, bias), 4, axis=3)
        c = c * tf.sigmoid(f) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, (c, h)


def convolutional_lstm() -> Program:
    """The kernel is a filter; its rows are channels."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 4, 4, 2])
        outputs, _ = tf.nn.dynamic_rnn(_ConvolutionalLSTM(), x, dtype=tf.float32)
    blocks = {"input": (2, 0, 2), "hidden": (2, 2, 5), **cells.columns(cells.LSTM_GATES, 3, 3)}
    truth = Truth(
        axes={"time": Axis(3)},
        layers={"rnn": Layer("RECURRENT", "LSTM|ConvLSTM|", 3, 0, LSTM.runs)},
        weights={
            "rnn/cell/kernel": Weight("kernel", STEP, blocks),
            "rnn/cell/bias": Weight("bias", STEP),
        },
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 4, 4, 2)}, truth)
