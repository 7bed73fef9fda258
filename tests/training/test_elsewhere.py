"""What reaches a variable, but not through the layer, is told apart: never mixed into the votes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from tb_rnnview import analyze
from tb_rnnview.training.measurer import Measurer
from tests.training.networks import BATCH, FEATURES, STEPS, built, measured, votes


def of(model: Any, x: Any, y: Any) -> Any:
    return Measurer(model).measure(x, y, timeline=analyze(model))


def with_weights(layer: Any, weights: Any = None) -> Any:
    inputs = keras.Input((STEPS, FEATURES))
    model = keras.Model(inputs, kl.Dense(2)(layer(inputs)))
    model.compile("sgd", "mse")
    if weights is not None:
        model.set_weights(weights)
    return model


def test_a_regulariser_of_weights_and_one_of_outputs_are_elsewhere():
    network = measured("L2")
    model, x, y = network.model, network.x, network.y
    layer = model.layers[1]
    plain = keras.Sequential([keras.Input((STEPS, FEATURES)), kl.LSTM(4), kl.Dense(2)])
    plain.compile("sgd", "mse")
    plain.set_weights(model.get_weights())
    (found,), (expected,) = network.found, of(plain, x, y)
    for shares, again in zip(votes(found).values(), votes(expected).values(), strict=True):
        np.testing.assert_allclose(shares, again, atol=2e-6)
    with tf.GradientTape() as tape:
        model(x, training=True)
        added = tf.add_n(model.losses)
    gradients = tape.gradient(added, [v._value for v in layer.trainable_variables])
    for variable, gradient in zip(layer.trainable_variables, gradients, strict=True):
        row = found.row("vote", variable.path)
        np.testing.assert_allclose(found.elsewhere[row], np.linalg.norm(gradient), rtol=1e-4)


def test_each_application_has_its_own_votes_and_the_other_is_elsewhere():
    found = measured("twice").found
    assert [s.application for s in found] == [0, 1]
    first, second = found
    for variable in votes(first):
        row = first.row("vote", variable)
        np.testing.assert_allclose(first.elsewhere[row], second.whole[row], rtol=1e-4)
        np.testing.assert_allclose(second.elsewhere[row], first.whole[row], rtol=1e-4)


def test_a_loss_of_ones_own_and_weights_of_examples():
    model = with_weights(kl.SimpleRNN(4))
    x, y = np.random.randn(BATCH, STEPS, FEATURES), np.random.randn(BATCH, 2)
    timeline = analyze(model)
    (compiled,) = Measurer(model).measure(x, y, timeline=timeline)
    own = Measurer(model, lambda y, p: tf.reduce_mean(tf.square(y - p), -1))
    (found,) = own.measure(x, y, timeline=timeline)
    np.testing.assert_allclose(found.values, compiled.values, rtol=1e-4, atol=1e-7)
    (weighted,) = own.measure(x, y, np.array([2.0, 0, 0]))
    (alone,) = Measurer(model, lambda y, p: tf.reduce_sum(tf.square(y - p)) / BATCH).measure(
        x[:1], y[:1], timeline=timeline
    )
    row = weighted.row("vote")
    np.testing.assert_allclose(weighted.whole[row], alone.whole[row], rtol=1e-4)


def test_without_a_gradient_a_share_is_not_defined():
    model = with_weights(kl.SimpleRNN(3))
    x = np.random.randn(BATCH, STEPS, FEATURES).astype("float32")
    (found,) = Measurer(model, lambda _, p: 0.0 * tf.reduce_sum(p)).measure(
        x, np.zeros((BATCH, 2)), timeline=analyze(model)
    )
    for variable in votes(found).values():
        assert np.isnan(variable).all()
    assert found.whole[found.row("vote")] == 0


def test_what_is_not_finite_is_counted():
    model = with_weights(kl.SimpleRNN(3, activation="linear"))
    model.layers[1].cell.kernel.assign(np.full((FEATURES, 3), 3e38))
    x = np.zeros((BATCH, STEPS, FEATURES), "float32")
    x[0, 2] = 10.0
    (found,) = of(model, x, np.zeros((BATCH, 2)))
    counts = found.values[found.row("non_finite", "values")]
    assert counts.tolist() == [0, 0, 3, 3, 3]


def test_masked_timesteps_are_not_live():
    model, x, y = built("masked")
    x[:, 2] = 0
    (found,) = of(model, x, y)
    live = np.any(x != 0, -1).mean(0)
    np.testing.assert_allclose(found.values[found.row("live")], live, rtol=1e-6)
    assert set(live) > {0}
    assert np.isnan(found.values[found.row("activation", "h")][2])
    assert found.values[found.row("vote")][2] == 0


def test_saturated_gates():
    model = with_weights(kl.LSTM(3))
    cell = model.layers[1].cell
    cell.kernel.assign(np.zeros(cell.kernel.shape))
    cell.recurrent_kernel.assign(np.zeros(cell.recurrent_kernel.shape))
    # Units of the gates i, f, c, o: sigmoid(5) and tanh(2) are saturated, sigmoid(0) is not.
    cell.bias.assign([5, 0, -5, 0, 0, 5, 2, 2, -2, 0, 0, 0])
    (found,) = of(model, np.zeros((BATCH, STEPS, FEATURES), "float32"), np.zeros((BATCH, 2)))
    for gate, expected in zip("ifco", (2 / 3, 1 / 3, 1, 0), strict=True):
        row = found.row("saturation", gate)
        np.testing.assert_allclose(found.values[row], expected, rtol=1e-6)
    np.testing.assert_allclose(found.whole[found.row("saturation")], 0.5, rtol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_stays_within_its_rounding(policy):
    """|Σ share - 1| ≤ 2 n u Σ|G_t| / |G|: n roundings on each of the two ways, of u each."""
    keras.utils.set_random_seed(5)
    model = with_weights(kl.LSTM(4))
    x = np.random.randn(BATCH, STEPS, FEATURES).astype("float32")
    y = np.random.randn(BATCH, 2).astype("float32")
    inputs = keras.Input((STEPS, FEATURES))
    mixed = keras.Model(inputs, kl.Dense(2, dtype="float32")(kl.LSTM(4, dtype=policy)(inputs)))
    mixed.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse")
    mixed.set_weights(model.get_weights())
    (exact,), (found,) = of(model, x, y), of(mixed, x, y)
    rounding = 2.0**-11 if policy == "mixed_float16" else 2.0**-8
    for shares, truth in zip(votes(found).values(), votes(exact).values(), strict=True):
        bound = 2 * 16 * rounding * np.abs(truth).sum()
        assert abs(shares.sum() - 1) <= bound
        np.testing.assert_allclose(shares, truth, atol=bound)
    np.testing.assert_allclose(
        found.whole[found.row("vote")], exact.whole[exact.row("vote")], rtol=32 * rounding
    )
