"""What is measured, how, and the reason for what is not; lengths that change, and long ones."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from tb_rnnview import analyze
from tb_rnnview.training import one_pass
from tb_rnnview.training.measurer import Covered, Measurer
from tests.training.networks import BATCH, FEATURES, STEPS, Minimal, sequence, votes

X = np.random.RandomState(1).randn(BATCH, STEPS, FEATURES).astype("float32")
Y = np.random.RandomState(2).randn(BATCH, 2).astype("float32")


def covered(model: Any, x: Any = X, y: Any = Y) -> tuple[list[Covered], list[Any]]:
    model.compile("sgd", "mse")
    model(x)
    measurer = Measurer(model)
    found = measurer.measure(x, y)
    return measurer.covers, found


class ByHand(keras.Model):
    """Runs a cell in a loop of its own, a layer in a function, and one layer not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = kl.LSTMCell(4)
        self.unused = kl.GRU(3)
        self.used = kl.SimpleRNN(3)
        self.head = kl.Dense(2)

    @tf.function
    def in_a_function(self, x: Any) -> Any:
        return self.used(x)

    def call(self, x: Any) -> Any:
        states = [tf.zeros((BATCH, 4))] * 2
        for t in range(STEPS):
            output, states = self.cell(x[:, t], states)
        return self.head(tf.concat([output, self.in_a_function(x)], -1))


def test_a_loop_of_the_programs_own_is_named_as_not_measured():
    found, statistics = covered(ByHand())
    assert Covered("simple_rnn", "one pass") in [
        Covered(c.layer.rstrip("_0123456789"), c.method, c.reason) for c in found
    ]
    reasons = {c.layer.rstrip("_0123456789"): c.reason for c in found if not c.method}
    assert reasons == {"lstm_cell": "no recurrent layer of Keras runs it"}
    assert len(statistics) == 1


class Drawing(Minimal):
    def call(self, inputs: Any, states: Any) -> Any:
        drawn = tf.raw_ops.RandomUniform(shape=tf.shape(inputs), dtype=tf.float32)  # no seed
        return super().call(inputs * tf.round(drawn), states)


def test_what_cannot_be_drawn_again_has_no_votes():
    found, (statistics,) = covered(sequence(kl.RNN(Drawing(4))))
    assert [c.method for c in found] == [""]
    assert "cannot be drawn again" in found[0].reason
    assert np.isnan(statistics.values[statistics.row("vote")]).all()
    assert np.isfinite(statistics.values[statistics.row("activation", "h")]).all()


class Often(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.layer = kl.GRU(2, return_state=True)

    def call(self, x: Any) -> Any:
        state = None
        for _ in range(20):
            output, state = self.layer(x[:, :1], initial_state=state)
        return output


def test_a_layer_that_is_called_again_and_again_is_not_measured():
    found, statistics = covered(Often())
    assert not statistics
    assert found[0].reason == "it is called more than 16 times for one batch"


def test_a_frozen_layer_has_no_votes():
    layer = kl.GRU(3, trainable=False)
    _, (statistics,) = covered(sequence(layer))
    assert not votes(statistics)
    assert statistics.row("state_gradient", "h")


@pytest.mark.parametrize("layer", [kl.LSTM, kl.SimpleRNN])
def test_other_lengths_and_batches_need_no_new_trace(layer):
    inputs = keras.Input((None, FEATURES))
    model = keras.Model(inputs, kl.Dense(2)(layer(3)(inputs)))
    model.compile("sgd", "mse")
    measurer = Measurer(model)
    timeline = analyze(model)
    for length, size in ((5, 3), (4, 2), (7, 3), (6, 1)):
        x = np.random.randn(size, length, FEATURES).astype("float32")
        (found,) = measurer.measure(x, np.zeros((size, 2)), timeline=timeline)
        assert found.length == length
        assert abs(found.values[found.row("vote")].sum() - 1) < 1e-5
    assert measurer.traces == 2


def test_many_timesteps_are_computed_piece_by_piece(monkeypatch):
    model = sequence(kl.SimpleRNN(3))
    model.compile("sgd", "mse")
    timeline = analyze(model)
    (whole,) = Measurer(model).measure(X, Y, timeline=timeline)
    monkeypatch.setattr(one_pass, "AT_ONCE", 2)
    (pieces,) = Measurer(model).measure(X, Y, timeline=timeline)
    np.testing.assert_allclose(pieces.values, whole.values, atol=1e-6)


def test_ten_thousand_timesteps():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((10_000, 2))
    model = keras.Model(inputs, kl.Dense(1)(kl.GRU(3)(inputs)))
    model.compile("sgd", "mse")
    x = np.random.randn(1, 10_000, 2).astype("float32")
    (found,) = Measurer(model).measure(x, np.ones((1, 1)), timeline=analyze(model))
    assert found.length == 10_000
    assert found.values.shape[1] <= 1024
    for shares in votes(found).values():
        assert abs(shares.sum(dtype=np.float64) - 1) < 1e-5
