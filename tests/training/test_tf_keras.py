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

from tb_rnnview import analyze
from tb_rnnview.training.measurer import Measurer
from tests.training.test_cells import BATCH, FEATURES, STEPS, votes


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
    "Bidirectional": (lambda x: x.Bidirectional(x.LSTM(3)), SHAPE, True),
    "stacked": (lambda x: x.RNN([x.GRUCell(3), x.LSTMCell(4)]), SHAPE, False),
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


def test_nothing_changes():
    class Counted(tf_keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.count = tf.Variable(20, trainable=False)
            self.norm = tl.BatchNormalization()
            self.first = tl.LSTM(4, stateful=True, return_sequences=True)
            self.second = tl.GRU(3, dropout=0.2)
            self.head = tl.Dense(2, kernel_regularizer="l2")

        def call(self, x: Any, training: bool = False) -> Any:
            self.count.assign_add(1)
            x = self.norm(x, training=training)
            return self.head(self.second(self.first(x), training=training))

    def run(is_measured: bool) -> list[Any]:
        tf_keras.utils.set_random_seed(2)
        model = Counted()
        model.compile("adam", "mse")
        x, y = batch(SHAPE, False)
        model.train_on_batch(x, y)
        measurer = Measurer(model)
        for _ in range(2):
            if is_measured:
                assert len(measurer.measure(x, y)) == 2
            model.train_on_batch(x, y)
        states = [s.numpy() for s in model.first.states]
        return [*model.get_weights(), *states, np.random.rand()]

    for one, other in zip(run(False), run(True), strict=True):
        np.testing.assert_array_equal(one, other)
