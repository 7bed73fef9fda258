"""Cells of one's own in Keras' RNN, and what else its cells can be put into."""

from __future__ import annotations

from typing import Any

import tf_keras

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight
from tests.programs.tf2 import name_of, of_model, tf

FORWARD = (("time", "FORWARD"),)
TIME = {"time": Axis(4)}
STEP = (Uses("rnn", "time"),)
NAMELESS = Layer("RECURRENT", "", 5, 0, FORWARD)


def simple_unit(keras: Any) -> Program:
    """SRU: the gates see the input alone; no matrix meets the state."""

    class Cell(keras.layers.Layer):
        def __init__(self, **about):
            super().__init__(**about)
            self.state_size = 5

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 10), name="kernel")
            self.bias = self.add_weight(shape=(10,), initializer="zeros", name="bias")
            self.built = True

        def call(self, inputs, states):
            products = tf.matmul(inputs, tf.convert_to_tensor(self.kernel)) + self.bias
            new, gate = tf.split(products, 2, 1)
            gate = tf.sigmoid(gate)
            c = gate * states[0] + (1.0 - gate) * new
            return tf.tanh(c), [c]

    cell = Cell()
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(cell, return_sequences=True, name="rnn")(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": NAMELESS},
        weights={
            name_of(cell.kernel): Weight("kernel", STEP),
            name_of(cell.bias): Weight("bias", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return of_model(model, truth)


def independent_stack(keras: Any) -> Program:
    """Two IndRNN cells in one RNN: each state is scaled by a vector of its own."""

    class Cell(keras.layers.Layer):
        def __init__(self, units, **about):
            super().__init__(**about)
            self.state_size = units

        def build(self, shape):
            units = self.state_size
            self.kernel = self.add_weight(shape=(shape[-1], units), name="kernel")
            self.scale = self.add_weight(shape=(units,), name="scale", initializer="ones")
            self.bias = self.add_weight(shape=(units,), name="bias", initializer="zeros")
            self.built = True

        def call(self, inputs, states):
            fed = tf.matmul(inputs, tf.convert_to_tensor(self.kernel))
            h = tf.nn.relu(fed + states[0] * self.scale + self.bias)
            return h, [h]

    stack = [Cell(5, name="low"), Cell(6, name="high")]
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(stack, name="rnn")(x))
    weights = {}
    for key, cell in zip(("low", "high"), stack, strict=True):
        use = (Uses(key, "time"),)
        weights |= {
            name_of(cell.kernel): Weight("kernel", use),
            name_of(cell.scale): Weight("recurrent_kernel|other", use),
            name_of(cell.bias): Weight("bias", use),
        }
    truth = Truth(
        axes=TIME,
        layers={"low": NAMELESS, "high": Layer("RECURRENT", "", 6, 1, FORWARD)},
        weights=weights,
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth)


def one_cell_in_a_stack(keras: Any) -> Program:
    """One GRUCell as both cells of a stack: two layers that share all their weights."""
    cell = keras.layers.GRUCell(5, name="only")
    x = keras.Input((4, 5))
    model = keras.Model(x, keras.layers.RNN([cell, cell], name="rnn")(x))
    both = (Uses("low", "time"), Uses("high", "time"))
    alone = recurrent(cell, "low")
    truth = Truth(
        axes=TIME,
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 5, 1, FORWARD),
        },
        weights={n: Weight(w.role, both, w.blocks) for n, w in alone.items()},
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth)


def convolutional_3d(keras: Any) -> Program:
    """ConvLSTM3D: 2 filters in a space of 3 × 4 × 3 places."""
    layer = keras.layers.ConvLSTM3D(2, 2, padding="same", name="rnn")
    x = keras.Input((4, 3, 4, 3, 2))
    model = keras.Model(x, layer(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM|ConvLSTM|", 2, 0, FORWARD)},
        weights={
            name_of(layer.cell.kernel): Weight("kernel", STEP),
            name_of(layer.cell.recurrent_kernel): Weight("kernel|recurrent_kernel", STEP),
            name_of(layer.cell.bias): Weight("bias", STEP),
        },
        starts=(Start("rnn", "zeros|*"),) * 2,
    )
    return of_model(model, truth)


def bidirectional_of_two_kinds(keras: Any) -> Program:
    """A backward layer of one's own choice: an LSTM forward, a GRU backward, added up."""
    layers = keras.layers
    there = layers.LSTM(5, return_sequences=True, name="there")
    back = layers.GRU(5, return_sequences=True, go_backwards=True, name="back")
    x = keras.Input((4, 3))
    both = layers.Bidirectional(there, backward_layer=back, merge_mode="sum", name="both")
    model = keras.Model(x, both(x))
    truth = Truth(
        axes=TIME,
        layers={
            "there": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "back": Layer("RECURRENT", "GRU", 5, 0, (("time", "BACKWARD"),)),
        },
        weights=recurrent(both.forward_layer, "there") | recurrent(both.backward_layer, "back"),
        starts=cells.zeros("there", 2) + cells.zeros("back"),
    )
    return of_model(model, truth)


def stacked_bidirectional(keras: Any) -> Program:
    """A bidirectional layer over a bidirectional layer."""
    layers = keras.layers
    x = keras.Input((4, 3))
    low = layers.Bidirectional(layers.GRU(5, return_sequences=True), name="low")
    high = layers.Bidirectional(layers.GRU(4), name="high")
    model = keras.Model(x, high(low(x)))
    keys = ("low_fw", "low_bw", "high_fw", "high_bw")
    parts = (low.forward_layer, low.backward_layer, high.forward_layer, high.backward_layer)
    ways = ("FORWARD", "BACKWARD") * 2
    weights, starts = {}, ()
    for key, part in zip(keys, parts, strict=True):
        weights |= recurrent(part, key)
        starts += cells.zeros(key)
    truth = Truth(
        axes=TIME,
        layers={
            key: Layer("RECURRENT", "GRU", part.units, k // 2, (("time", way),))
            for k, (key, part, way) in enumerate(zip(keys, parts, ways, strict=True))
        },
        weights=weights,
        starts=starts,
        connections=tuple((a, b, 0) for a in keys[:2] for b in keys[2:]),
    )
    return of_model(model, truth)


def rounds_of_a_dense_layer(keras: Any) -> Program:
    """A weight-tied stack: one Dense layer, three times over its own output. No time at all."""
    layer = keras.layers.Dense(5, activation="tanh", name="again")
    x = keras.Input((5,))
    model = keras.Model(x, layer(layer(layer(x))))
    use = (Uses("again", reads=3),)
    truth = Truth(
        layers={"again": Layer("UNKNOWN|ONCE", runs=None)},
        weights={
            name_of(layer.kernel): Weight("kernel|other", use),
            name_of(layer.bias): Weight("bias|other", use),
        },
    )
    return of_model(model, truth)


def cell_with_constants() -> Program:
    """``constants=``: each step also sees what an encoder made once, outside time."""
    keras = tf_keras

    class Cell(keras.layers.Layer):
        def __init__(self, **about):
            super().__init__(**about)
            self.state_size = 5

        def build(self, shape):
            width, seen = shape[-1], 2
            self.kernel = self.add_weight(shape=(width, 5), name="kernel")
            self.recurrent = self.add_weight(shape=(5, 5), name="recurrent")
            self.context = self.add_weight(shape=(seen, 5), name="context")
            self.built = True

        def call(self, inputs, states, constants):
            h = tf.matmul(inputs, self.kernel) + tf.matmul(states[0], self.recurrent)
            h = tf.tanh(h + tf.matmul(constants[0], self.context))
            return h, [h]

    cell = Cell()
    x, y = keras.Input((4, 3)), keras.Input((6,))
    before = keras.layers.Dense(2, name="before")
    model = keras.Model([x, y], keras.layers.RNN(cell, name="rnn")(x, constants=before(y)))
    truth = Truth(
        axes=TIME,
        layers={
            "before": Layer("ONCE", runs=(("", ""),)),
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
        },
        weights=dense(before, "before")
        | {
            name_of(cell.kernel): Weight("kernel", STEP),
            name_of(cell.recurrent): Weight("recurrent_kernel", STEP),
            name_of(cell.context): Weight("kernel", STEP),
        },
        starts=cells.zeros("rnn"),
        connections=(("before", "rnn", 0),),
    )
    return of_model(model, truth)


def wrapped_cells() -> Program:
    """TensorFlow 2's wrappers around Keras 2's cells: a residual, dropout, a device."""
    keras = tf_keras
    inside = [keras.layers.LSTMCell(5, name=f"cell{k}") for k in range(2)]
    stack = [
        tf.nn.RNNCellDeviceWrapper(
            tf.nn.RNNCellResidualWrapper(tf.nn.RNNCellDropoutWrapper(cell, output_keep_prob=0.9)),
            "/cpu:0",
        )
        for cell in inside
    ]
    x = keras.Input((4, 5))
    model = keras.Model(x, keras.layers.RNN(stack, name="rnn")(x))
    truth = Truth(
        axes=TIME,
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
        },
        weights=recurrent(inside[0], "low") | recurrent(inside[1], "high"),
        starts=cells.zeros("low", 2) + cells.zeros("high", 2),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth)
