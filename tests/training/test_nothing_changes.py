"""Measuring changes nothing: no variable, no seed, no state of a random generator, no layer."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl
from keras import ops

from tb_rnnview.training.measurer import Measurer
from tests.training.test_cells import Dropped, Normalised


class Counting(keras.Layer):
    """Writes variables that Keras does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = tf.Variable(20, trainable=False)
        self.generator = tf.random.Generator.from_seed(5)

    def call(self, inputs: Any) -> Any:
        self.calls.assign_add(1)
        return inputs + 0.01 * self.generator.normal(tf.shape(inputs))


class Model(keras.Model):
    def __init__(self, adds_loss: bool = True) -> None:
        super().__init__()
        self.adds_loss = adds_loss
        self.counting = Counting()
        self.norm = kl.BatchNormalization()
        self.drop = kl.Dropout(0.3)
        self.first = kl.LSTM(4, return_sequences=True, stateful=True, dropout=0.3)
        self.second = kl.RNN(Normalised(4), return_sequences=True)
        self.third = kl.RNN(Dropped(3))
        self.head = kl.Dense(2, kernel_regularizer="l2")

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.drop(self.norm(self.counting(x), training=training), training=training)
        x = self.third(self.second(self.first(x, training=training), training=training))
        if self.adds_loss:
            self.add_loss(1e-3 * ops.sum(ops.square(x)))
        return self.head(x)


def of_all(model: Any) -> dict[str, Any]:
    """Every number that a model holds, and what it would draw next."""
    kept = {v.path: v.numpy().copy() for v in model.variables}
    kept |= {f"optimizer/{v.path}": v.numpy().copy() for v in model.optimizer.variables}
    for layer in model._flatten_layers():
        for i, generator in enumerate(getattr(layer, "_seed_generators", ())):
            kept[f"{layer.name}/seeds {i}"] = generator.state.numpy().copy()
    kept["calls"] = model.counting.calls.numpy()
    kept["generator"] = model.counting.generator.state.numpy()
    kept["metrics"] = [v.numpy().copy() for m in model.metrics for v in m.variables]
    return kept


def drawn() -> list[Any]:
    return [random.random(), np.random.rand(), tf.random.uniform([]).numpy()]


@pytest.fixture
def trained() -> tuple[Any, Any, Any]:
    keras.utils.set_random_seed(3)
    model = Model()
    model.compile("adam", "mse", metrics=["mae"])
    x, y = np.random.randn(4, 5, 3).astype("float32"), np.random.randn(4, 2).astype("float32")
    model.train_on_batch(x, y)
    return model, x, y


def test_every_variable_and_generator_is_what_it_was(trained):
    model, x, y = trained
    before, attributes = of_all(model), {id(v): set(vars(v)) for v in model._flatten_layers()}
    keras.utils.set_random_seed(9)
    expected = drawn()
    keras.utils.set_random_seed(9)
    measurer = Measurer(model)
    for _ in range(2):
        measurer.measure(x, y)
    assert drawn() == expected
    after = of_all(model)
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(value, after[name], err_msg=name)
    assert attributes == {id(v): set(vars(v)) for v in model._flatten_layers()}


def test_training_goes_on_bit_for_bit():
    def run(is_measured: bool) -> list[Any]:
        keras.utils.set_random_seed(3)
        model = Model()
        model.compile("adam", "mse")
        x = np.random.randn(4, 5, 3).astype("float32")
        y = np.random.randn(4, 2).astype("float32")
        model.train_on_batch(x, y)
        measurer = Measurer(model)
        for _ in range(3):
            if is_measured:
                measurer.measure(x, y)
            model.train_on_batch(x, y)
        return [*model.get_weights(), *drawn()]

    for one, other in zip(run(False), run(True), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_measured_is_the_step_that_follows(trained):
    """Plain gradient descent moves the weights by the gradient: the masks drawn then are seen."""
    _, x, y = trained
    model = Model(adds_loss=False)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.train_on_batch(x, y)
    found = Measurer(model).measure(x, y)
    before = {v.path: v.numpy() for v in model.trainable_variables}
    model.train_on_batch(x, y)
    moved = {v.path: before[v.path] - v.numpy() for v in model.trainable_variables}
    seen = 0
    for statistics in found:
        for i, row in enumerate(statistics.rows):
            if row.measure == "vote" and row.of:
                seen += 1
                np.testing.assert_allclose(
                    statistics.whole[i], np.linalg.norm(moved[row.of]), rtol=2e-4, err_msg=row.of
                )
    assert seen == 8
