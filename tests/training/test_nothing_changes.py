"""Measuring changes nothing: no variable, no seed, no state of a random generator, no layer.

So training ends with the same numbers, bit for bit. That it would do so anyway is shown first.
"""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl
from keras import ops

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback
from tb_rnnview.training.measurer import Measurer
from tests.training.networks import Dropped, Normalised


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
    def __init__(self, adds_loss: bool, is_small: bool) -> None:
        super().__init__()
        self.adds_loss = adds_loss
        self.counting = Counting()
        self.norm = kl.BatchNormalization()
        self.drop = kl.Dropout(0.3)
        self.recurrent = [
            kl.SimpleRNN(4, return_sequences=not is_small, stateful=True, dropout=0.3)
        ]
        if not is_small:
            self.recurrent.append(kl.RNN(Normalised(4), return_sequences=True))
            self.recurrent.append(kl.RNN(Dropped(3)))
        self.head = kl.Dense(2, kernel_regularizer="l2")

    def call(self, x: Any, training: bool = False) -> Any:
        x = self.drop(self.norm(self.counting(x), training=training), training=training)
        for layer in self.recurrent:
            x = layer(x, training=training)
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


# As many batches as two at once need: in Keras 3.0 a call that runs out of data does not repeat.
X = np.random.RandomState(1).randn(16, 5, 3).astype("float32")
Y = np.random.RandomState(2).randn(16, 2).astype("float32")
BATCH = X[:4], Y[:4]


def begun(optimizer: Any = "adam", *, adds_loss=True, is_small=False, **compiled: Any) -> Any:
    keras.utils.set_random_seed(3)
    model = Model(adds_loss, is_small)
    model.compile(optimizer, "mse", metrics=["mae"], **compiled)
    return model


def test_every_variable_and_generator_is_what_it_was():
    model = begun()
    model.train_on_batch(*BATCH)
    before, attributes = of_all(model), {id(v): set(vars(v)) for v in model._flatten_layers()}
    keras.utils.set_random_seed(9)
    expected = drawn()
    keras.utils.set_random_seed(9)
    measurer = Measurer(model)
    for _ in range(2):
        measurer.measure(*BATCH)
    assert drawn() == expected
    after = of_all(model)
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(value, after[name], err_msg=name)
    assert attributes == {id(v): set(vars(v)) for v in model._flatten_layers()}


@pytest.mark.parametrize(
    "compiled",
    [{}, {"run_eagerly": True}, {"steps_per_execution": 2}, {"jit_compile": True}],
    ids=["plain", "eager", "steps_per_execution", "compiled"],
)
def test_fit_is_the_same_bit_for_bit(compiled, tmp_path):
    """Though there is all that a hook could disturb. Compiled, a part: its compiler takes long."""

    def fitted(callbacks: list[Any]) -> dict[str, Any]:
        model = begun(is_small="jit_compile" in compiled, **compiled)
        history = model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=callbacks)
        return {**of_all(model), "history": history.history, "drawn": drawn()}

    without, again = fitted([]), fitted([])
    same(without, again)
    same(without, fitted([RNNViewCallback(tmp_path, 3)]))
    statistics = tb_rnnview.read(tmp_path)["rnnview"].statistics
    assert len(statistics) == (1 if "jit_compile" in compiled else 3)
    for table in statistics.values():
        assert table.steps[0] == 1
        assert len(table.steps) > 1


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    # Keras counts the layers of a program in their names.
    for name, (a, b) in zip(one, zip(one.values(), other.values(), strict=True), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def test_what_is_measured_is_the_step_that_follows():
    """Plain gradient descent moves the weights by the gradient: the masks drawn then are seen."""
    model = begun(keras.optimizers.SGD(1.0), adds_loss=False)
    model.train_on_batch(*BATCH)
    found = Measurer(model).measure(*BATCH)
    before = {v.path: v.numpy() for v in model.trainable_variables}
    model.train_on_batch(*BATCH)
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
