"""ConvLSTM over lines, planes and spaces, as TensorFlow 1 writes it."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.over_time import FORWARD, STEP, over_time
from tests.programs.program import Layer, Program, Weight
from tests.programs.tf1 import rnn_cell, tf

GATED = Layer("RECURRENT", "LSTM|ConvLSTM|", 3, 0, FORWARD)


class _Convolutional(rnn_cell.RNNCell):
    """One convolution over the channels of [x, h], with peepholes or without."""

    def __init__(self, places, peepholes=False):
        super().__init__()
        self._places = places
        self._peepholes = peepholes

    @property
    def state_size(self):
        return (tf.TensorShape([*self._places, 3]),) * 2

    @property
    def output_size(self):
        return tf.TensorShape([*self._places, 3])

    def __call__(self, inputs, state, scope=None):
        c, h = state
        dimensions = len(self._places)
        with tf.variable_scope(scope or "cell"):
            kernel = tf.get_variable("kernel", [*[3] * dimensions, 2 + 3, 4 * 3])
            bias = tf.get_variable("bias", [12])
            seen = (
                [tf.get_variable(f"w{g}", [*self._places, 3]) for g in "ifo"]
                if self._peepholes
                else [0.0, 0.0, 0.0]
            )
        joined = tf.concat([inputs, h], dimensions + 1)
        gates = tf.nn.bias_add(tf.nn.convolution(joined, kernel, "SAME"), bias)
        i, j, f, o = tf.split(gates, 4, axis=dimensions + 1)
        new = c * tf.sigmoid(f + seen[1] * c) + tf.sigmoid(i + seen[0] * c) * tf.tanh(j)
        h = tf.tanh(new) * tf.sigmoid(o + seen[2] * new)
        return h, (new, h)


def _weights(dimensions: int) -> cells.Weights:
    channel = dimensions
    blocks = {
        "input": (channel, 0, 2),
        "hidden": (channel, 2, 5),
        **cells.columns(cells.LSTM_GATES, 3, channel + 1),
    }
    return {
        "rnn/cell/kernel": Weight("kernel", STEP, blocks),
        "rnn/cell/bias": Weight("bias", STEP),
    }


def convolutional_lstm_on_lines() -> Program:
    """ConvLSTM1D: a filter of 3 places, which TensorFlow runs as a plane of height 1."""
    with tf.Graph().as_default():
        return over_time(_Convolutional((6,)), _weights(1), GATED, inputs=(6, 2))


def convolutional_lstm_in_space() -> Program:
    """ConvLSTM3D: a filter of 3 × 3 × 3 places."""
    with tf.Graph().as_default():
        return over_time(_Convolutional((3, 4, 5)), _weights(3), GATED, inputs=(3, 4, 5, 2))


def convolutional_lstm_with_peepholes() -> Program:
    """The gates see c at their own place: a peephole has the shape of the state."""
    with tf.Graph().as_default():
        weights = _weights(2) | {f"rnn/cell/w{g}": Weight("peephole", STEP) for g in "ifo"}
        return over_time(_Convolutional((4, 4), peepholes=True), weights, GATED, inputs=(4, 4, 2))


class _ConvolutionalGRU(rnn_cell.RNNCell):
    """Two convolutions over [x, h] and [x, r h]."""

    state_size = tf.TensorShape([4, 4, 3])
    output_size = tf.TensorShape([4, 4, 3])

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or "cell"):
            gates = tf.get_variable("gates", [3, 3, 5, 6])
            kernel = tf.get_variable("kernel", [3, 3, 5, 3])
        both = tf.nn.convolution(tf.concat([inputs, state], 3), gates, "SAME")
        r, z = tf.split(tf.sigmoid(both), 2, axis=3)
        new = tf.tanh(tf.nn.convolution(tf.concat([inputs, r * state], 3), kernel, "SAME"))
        h = z * state + (1.0 - z) * new
        return h, h


def convolutional_gru() -> Program:
    """A GRU whose products are convolutions."""
    both = {"input": (2, 0, 2), "hidden": (2, 2, 5)}
    with tf.Graph().as_default():
        weights = {
            "rnn/cell/gates": Weight("kernel", STEP, {**both, **cells.columns(("r", "z"), 3, 3)}),
            "rnn/cell/kernel": Weight("kernel", STEP, both),
        }
        layer = Layer("RECURRENT", "GRU|ConvGRU|", 3, 0, FORWARD)
        return over_time(_ConvolutionalGRU(), weights, layer, states=1, inputs=(4, 4, 2))
