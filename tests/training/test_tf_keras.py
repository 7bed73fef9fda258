"""Models of tf_keras: their cells, their masks, and masks of dropout drawn at each timestep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from keras import layers as kl
from tf_keras import layers as tl

import tb_rnnview
from tb_rnnview import analyze
from tb_rnnview.keras import RNNViewCallback
from tb_rnnview.training.measurer import Measurer
from tests.training.networks import BATCH, FEATURES, STEPS, votes


def network(k: Any, layers: Any, layer: Any, shape: tuple[int, ...], masked: bool) -> Any:
    inputs = k.Input(shape)
    x = layers.Masking(0.0)(inputs) if masked else inputs
    model = k.Model(inputs, layers.Dense(2)(layers.Flatten()(layer(x))))
    model.compile("sgd", "mse")
    return model


def batch(shape: tuple[int, ...], masked: bool) -> tuple[Any, Any]:
    x = np.random.randn(BATCH, *shape).astype("float32")
    if masked:
        x[1, 3:] = x[2, 1] = 0
    return x, np.random.randn(BATCH, 2).astype("float32")


SHAPE = (STEPS, FEATURES)
SAME: dict[str, tuple[Callable[[Any], Any], tuple[int, ...], bool]] = {
    "LSTM": (lambda x: x.LSTM(4), SHAPE, False),
    "GRU": (lambda x: x.GRU(4), SHAPE, True),
    "SimpleRNN": (lambda x: x.SimpleRNN(4, unroll=True), SHAPE, False),
    "Bidirectional": (lambda x: x.Bidirectional(x.SimpleRNN(3)), SHAPE, True),
    "stacked": (lambda x: x.RNN([x.SimpleRNNCell(3), x.LSTMCell(4)]), SHAPE, False),
    "ConvLSTM2D": (
        lambda x: x.ConvLSTM2D(2, 3, recurrent_activation="sigmoid"),
        (STEPS, 4, 4, 2),
        False,
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_network_has_the_same_statistics_in_both(name):
    make, shape, masked = SAME[name]
    keras.utils.set_random_seed(2)
    one = network(keras, kl, make(kl), shape, masked)
    other = network(tf_keras, tl, make(tl), shape, masked)
    other.set_weights(one.get_weights())
    x, y = batch(shape, masked)
    found = [Measurer(m).measure(x, y, timeline=analyze(m)) for m in (one, other)]
    assert len(found[0]) == len(found[1]) > 0
    for of_keras, of_legacy in zip(*found, strict=True):
        assert [r.measure for r in of_keras.rows] == [r.measure for r in of_legacy.rows]
        np.testing.assert_allclose(of_legacy.values, of_keras.values, rtol=1e-4, atol=2e-6)
        np.testing.assert_allclose(of_legacy.whole, of_keras.whole, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("unroll", [False, True])
def test_dropout_is_drawn_once_for_both_passes(unroll):
    tf_keras.utils.set_random_seed(2)
    layer = tl.LSTM(4, dropout=0.3, recurrent_dropout=0.3, unroll=unroll)
    model = network(tf_keras, tl, layer, SHAPE, False)
    x, y = batch(SHAPE, False)
    measurer = Measurer(model)
    (found,) = measurer.measure(x, y)
    assert [covered.method for covered in measurer.covers] == ["one pass"]
    for shares in votes(found).values():
        assert abs(shares.sum(dtype=np.float64) - 1) < 1e-5


class Counted(tf_keras.Model):
    """It writes a variable of its own, keeps states from batch to batch, and normalises batches."""

    def __init__(self) -> None:
        super().__init__()
        self.count = tf.Variable(20, trainable=False)
        self.norm = tl.BatchNormalization()
        self.first = tl.SimpleRNN(4, stateful=True, return_sequences=True)
        self.second = tl.GRU(3)
        self.head = tl.Dense(2, kernel_regularizer="l2")

    def call(self, x: Any, training: bool = False) -> Any:
        self.count.assign_add(1)
        x = self.norm(x, training=training)
        return self.head(self.second(self.first(x), training=training))


@pytest.mark.parametrize(
    "compiled",
    [{}, {"run_eagerly": True}, {"steps_per_execution": 2}],
    ids=["plain", "eager", "steps_per_execution"],
)
def test_fit_is_the_same_bit_for_bit(compiled, tmp_path):
    x, y = np.random.randn(9, *SHAPE), np.random.randn(9, 2)

    def fitted(callbacks: list[Any]) -> list[Any]:
        tf_keras.utils.set_random_seed(2)
        model = Counted()
        model.compile("adam", "mse", **compiled)
        history = model.fit(x, y, batch_size=3, epochs=2, verbose=0, callbacks=callbacks)
        kept = [*model.variables, *model.optimizer.variables, *model.first.states]
        return [*(v.numpy() for v in kept), history.history["loss"], np.random.rand()]

    without, again = fitted([]), fitted([])
    with_it = fitted([RNNViewCallback(tmp_path, 3)])
    for one, other, third in zip(without, again, with_it, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, third)
    statistics = tb_rnnview.read(tmp_path)["rnnview"].statistics
    assert [table.steps[0] for table in statistics.values()] == [1, 1]
