"""Networks with every kind of cell and wrapper, and what is measured of each.

To trace a network for measuring takes seconds: it is measured once, for all who ask. Gates make a
trace long: where it matters how a cell is run, and not which, it is a SimpleRNN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl
from keras import ops

from tb_rnnview import analyze
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.training import one_pass, unsharing
from tb_rnnview.training.measurer import Measurer
from tb_rnnview.training.watched_loop import Application

BATCH, STEPS, FEATURES = 3, 5, 4


class Minimal(keras.Layer):
    """A cell of a program's own, as in Keras' guide."""

    def __init__(self, units: int, **more: Any) -> None:
        super().__init__(**more)
        self.units = self.state_size = units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")

    def call(self, inputs: Any, states: Any) -> Any:
        output = ops.tanh(ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent))
        return output, [output]


class Projected(keras.Layer):
    """A cell of layers, with states of several sizes and an output that is no state."""

    def __init__(self, units: int, **more: Any) -> None:
        super().__init__(**more)
        self.units = units
        self.state_size = [units, 2]
        self.output_size = 3
        self.gate = kl.Dense(units, activation="sigmoid")
        self.candidate = kl.Dense(units, activation="tanh")
        self.norm = kl.LayerNormalization()
        self.project = kl.Dense(2)
        self.out = kl.Dense(3)

    def build(self, shape: Any) -> None:
        joined = shape[-1] + 2
        self.gate.build((None, joined))
        self.candidate.build((None, joined))
        self.norm.build((None, self.units))
        self.project.build((None, self.units))
        self.out.build((None, self.units))
        self.built = True

    def call(self, inputs: Any, states: Any) -> Any:
        c, h = states
        joined = ops.concatenate([inputs, h], -1)
        gate = self.gate(joined)
        c = self.norm(gate * c + (1 - gate) * self.candidate(joined))
        h = self.project(c)
        return self.out(c) * 2, [c, h]


class Multiplicative(keras.Layer):
    """A weight that is used twice in a timestep, and one without a matrix."""

    def __init__(self, units: int, **more: Any) -> None:
        super().__init__(**more)
        self.units = self.state_size = units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.decay = self.add_weight(shape=(self.units,), name="decay")

    def call(self, inputs: Any, states: Any) -> Any:
        u = ops.matmul(inputs, self.kernel)
        z = ops.sigmoid(ops.matmul(inputs * inputs, self.kernel))
        output = states[0] * self.decay * z + u * (1 - z)
        return output, [output]


class Normalised(keras.Layer):
    """BatchNormalization inside the cell: rows are not independent, and variables are written."""

    def __init__(self, units: int, **more: Any) -> None:
        super().__init__(**more)
        self.units = self.state_size = units
        self.dense = kl.Dense(units, use_bias=False)  # with one, its gradient is 0
        self.norm = kl.BatchNormalization()

    def build(self, shape: Any) -> None:
        self.dense.build((None, shape[-1] + self.units))
        self.norm.build((None, self.units))
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        joined = ops.concatenate([inputs, states[0]], -1)
        output = ops.tanh(self.norm(self.dense(joined), training=training))
        return output, [output]


class Dropped(keras.Layer):
    """Dropout drawn anew at each timestep."""

    def __init__(self, units: int, **more: Any) -> None:
        super().__init__(**more)
        self.units = self.state_size = units
        self.dense = kl.Dense(units, activation="tanh")
        self.drop = kl.Dropout(0.4, seed=3)

    def build(self, shape: Any) -> None:
        self.dense.build((None, shape[-1] + self.units))
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        joined = self.drop(ops.concatenate([inputs, states[0]], -1), training=training)
        output = self.dense(joined)
        return output, [output]


class Choosing(Minimal):
    """It depends on the values what is computed, in a function of its own."""

    @tf.function
    def activation(self, z: Any) -> Any:
        if tf.reduce_sum(z) > 0:
            return tf.tanh(z)
        return tf.sigmoid(z)

    def call(self, inputs: Any, states: Any) -> Any:
        z = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent)
        output = self.activation(z)
        return output, [output]


class InAFunction(Minimal):
    """Variables that are read inside a function of TensorFlow's."""

    @tf.function
    def product(self, inputs: Any, h: Any) -> Any:
        return tf.matmul(inputs, self.kernel.value) + tf.matmul(h, self.recurrent.value)

    def call(self, inputs: Any, states: Any) -> Any:
        output = ops.tanh(self.product(inputs, states[0]))
        return output, [output]


class OfTensorFlow:
    """A cell that is no layer: a variable that Keras does not know, looked up in, too."""

    state_size = output_size = 4
    compute_dtype = "float32"

    def __init__(self) -> None:
        self.kernel = tf.Variable(np.random.randn(FEATURES + 4, 4).astype("float32") * 0.5)

    def __call__(self, inputs: Any, states: Any) -> Any:
        return self.call(inputs, states)

    def call(self, inputs: Any, states: Any) -> Any:
        looked_up = tf.gather(self.kernel, tf.argmax(inputs, -1))
        output = tf.tanh(tf.concat([inputs, states[0]], -1) @ self.kernel + looked_up)
        return output, [output]


def sequence(layer: Any, shape: tuple[int, ...] = (STEPS, FEATURES)) -> Any:
    inputs = keras.Input(shape)
    return keras.Model(inputs, kl.Dense(2)(kl.Flatten()(layer(inputs))))


def with_mask(layer: Any) -> Any:
    inputs = keras.Input((STEPS, FEATURES))
    return keras.Model(inputs, kl.Dense(2)(layer(kl.Masking(0.0)(inputs))))


def twice(layer: Any) -> Any:
    inputs = keras.Input((STEPS, FEATURES))
    flipped = kl.Lambda(lambda x: x[:, ::-1] * 0.5)(inputs)
    return keras.Model(inputs, kl.Dense(2)(kl.Concatenate()([layer(inputs), layer(flipped)])))


def encoder_decoder() -> Any:
    inputs = keras.Input((STEPS, FEATURES))
    _, h, c = kl.LSTM(4, return_state=True)(inputs)
    decoded = kl.LSTM(4, return_sequences=True)(inputs, initial_state=[h, c])
    return keras.Model(inputs, kl.Dense(2)(kl.Flatten()(decoded)))


def shared_cell() -> Any:
    cell = kl.SimpleRNNCell(4)
    inputs = keras.Input((STEPS, 4))
    return keras.Model(inputs, kl.Dense(2)(kl.RNN([cell, cell])(inputs)))


L2 = keras.regularizers.L2(0.3)
NETWORKS: dict[str, Callable[[], Any]] = {
    "LSTM": lambda: sequence(kl.LSTM(4)),
    "GRU": lambda: sequence(kl.GRU(4, return_sequences=True)),
    "GRU, reset before": lambda: sequence(kl.GRU(4, reset_after=False)),
    "SimpleRNN": lambda: sequence(kl.SimpleRNN(4)),
    "no bias": lambda: sequence(kl.SimpleRNN(4, use_bias=False)),
    "unrolled": lambda: sequence(kl.GRU(4, unroll=True)),
    "unrolled with a mask": lambda: with_mask(kl.SimpleRNN(4, unroll=True)),
    "masked": lambda: with_mask(kl.LSTM(4)),
    "masked, backwards": lambda: with_mask(kl.SimpleRNN(4, go_backwards=True)),
    "masked, zeros": lambda: sequence(
        keras.Sequential(
            [kl.Masking(0.0), kl.SimpleRNN(4, return_sequences=True, zero_output_for_mask=True)]
        )
    ),
    "Bidirectional": lambda: sequence(kl.Bidirectional(kl.SimpleRNN(4, return_sequences=True))),
    "Bidirectional with a mask": lambda: with_mask(kl.Bidirectional(kl.GRU(3))),
    "stacked": lambda: sequence(kl.RNN([kl.GRUCell(3), kl.LSTMCell(4), kl.SimpleRNNCell(2)])),
    "stacked with a mask": lambda: with_mask(kl.RNN([kl.SimpleRNNCell(3), kl.LSTMCell(4)])),
    "ConvLSTM1D": lambda: sequence(kl.ConvLSTM1D(2, 3), (STEPS, 6, 2)),
    "ConvLSTM2D": lambda: sequence(kl.ConvLSTM2D(2, 3, padding="same"), (STEPS, 5, 5, 2)),
    "ConvLSTM3D": lambda: sequence(kl.ConvLSTM3D(1, 2), (STEPS, 3, 3, 3, 1)),
    "a cell of its own": lambda: sequence(kl.RNN(Minimal(4))),
    "a cell of layers": lambda: sequence(kl.RNN(Projected(4), return_sequences=True)),
    "a cell without a matrix": lambda: sequence(kl.RNN(Multiplicative(4))),
    "BatchNormalization in the cell": lambda: sequence(kl.RNN(Normalised(4))),
    "Dropout in the cell": lambda: sequence(kl.RNN(Dropped(4))),
    "a choice in the cell": lambda: sequence(kl.RNN(Choosing(4))),
    "a function in the cell": lambda: sequence(kl.RNN(InAFunction(4))),
    "a cell of TensorFlow's": lambda: sequence(kl.RNN(OfTensorFlow())),
    "dropout": lambda: sequence(kl.LSTM(4, dropout=0.4, seed=1)),
    "recurrent dropout": lambda: sequence(kl.GRU(4, dropout=0.3, recurrent_dropout=0.3, seed=1)),
    "stacked with dropout": lambda: sequence(
        kl.RNN(
            [
                kl.SimpleRNNCell(3, dropout=0.3, seed=1),
                kl.SimpleRNNCell(4, recurrent_dropout=0.3, seed=2),
            ]
        )
    ),
    "L2": lambda: sequence(kl.LSTM(4, kernel_regularizer=L2, activity_regularizer=L2)),
    "twice": lambda: twice(kl.SimpleRNN(4)),
    "encoder and decoder": encoder_decoder,
    "one cell in two layers": shared_cell,
    "two in a row": lambda: sequence(
        keras.Sequential([kl.SimpleRNN(4, return_sequences=True), kl.SimpleRNN(3)])
    ),
}  # fmt: skip
PROBED = {"a choice in the cell", "BatchNormalization in the cell", "Dropout in the cell"}


def built(name: str) -> tuple[Any, Any, Any]:
    """A network, its weights drawn so that every timestep matters, and a batch for it."""
    keras.utils.set_random_seed(11)
    model = NETWORKS[name]()
    model.compile("sgd", "mse")
    for weight in model.trainable_variables:
        weight.assign(np.random.randn(*weight.shape) * 0.5)
    x = np.random.randn(BATCH, *model.input_shape[1:]).astype("float32")
    if "mask" in name:
        for i in range(BATCH):
            x[i, STEPS - i :] = 0
            x[i, i : i + 1] = 0
    return model, x, np.random.randn(BATCH, 2).astype("float32")


def votes(found: LayerStatistics) -> dict[str, np.ndarray]:
    return {r.of: found.values[i] for i, r in enumerate(found.rows) if r.measure == "vote"}


@dataclass(frozen=True)
class Measured:
    """A network, its batch, and what was found."""

    model: Any
    x: Any
    y: Any
    found: list[LayerStatistics]
    methods: frozenset[str]


@cache
def measured(name: str) -> Measured:
    """Measures it in one pass, where it can be, held to the other way's votes."""
    one_way = one_pass.products

    def both_ways(of: Any, length: Any) -> Any:
        found = one_way(of, length)
        (other,) = unsharing.products(Application(of.call, [of.call], length), [of])
        with tf.control_dependencies([tf.debugging.assert_near(found, other, 1e-5, 1e-6)]):
            return tf.identity(found)

    model, x, y = built(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_pass, "products", both_ways)
        measurer = Measurer(model)
        found = measurer.measure(x, y, timeline=analyze(model))
    return Measured(model, x, y, found, frozenset(c.method for c in measurer.covers))
