"""Votes and state gradients equal those of a network that is written out by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from tb_rnnview.training.measurer import Measurer
from tests.training import unrolled

CELLS = [
    ("LSTM", unrolled.lstm, 2),
    ("GRU", unrolled.gru, 1),
    ("SimpleRNN", unrolled.simple_rnn, 1),
]


def rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(values).reshape(len(values), -1).mean(1))


@pytest.mark.parametrize(
    ("name", "step", "states", "backwards"),
    [(*cell, False) for cell in CELLS] + [(*CELLS[2], True)],
)
def test_equals_the_network_with_weights_for_each_timestep(name, step, states, backwards):
    keras.utils.set_random_seed(7)
    x = np.random.randn(3, 6, 5).astype("float32")
    y = np.random.randn(3, 6, 4).astype("float32")
    layer = getattr(kl, name)(4, return_sequences=True, go_backwards=backwards)
    model = keras.Sequential([keras.Input((6, 5)), layer])
    model.compile("sgd", "mse")
    for weight in layer.trainable_variables:
        weight.assign(np.random.randn(*weight.shape) * 0.7)
    (found,) = Measurer(model).measure(x, y)
    weights = [w.numpy() for w in layer.trainable_variables]
    truth = unrolled.expected(
        step, weights, x, [np.zeros((3, 4))] * states,
        lambda outputs, _: tf.reduce_mean(tf.square(outputs - y)), backwards=backwards,
    )  # fmt: skip
    for i, variable in enumerate(layer.trainable_variables):
        row = found.row("vote", variable.path)
        np.testing.assert_allclose(found.values[row], truth["shares"][i], atol=2e-6)
        assert abs(found.values[row].sum() - 1) < 1e-5
        norm = np.sqrt(np.square(truth["gradients"][i].sum(0)).sum())
        np.testing.assert_allclose(found.whole[row], norm, rtol=1e-5)
        assert found.elsewhere[row] == 0
    for i, state in enumerate(["h", "c"][:states]):
        np.testing.assert_allclose(
            found.values[found.row("activation", state)], rms(truth["states"][i]), rtol=1e-5
        )
        np.testing.assert_allclose(
            found.values[found.row("state_gradient", state)],
            rms(truth["state_gradients"][i]),
            rtol=1e-4, atol=1e-9,
        )  # fmt: skip
