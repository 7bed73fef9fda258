"""Looking at a model changes nothing in it, bit for bit."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tb_rnnview.sources.open_source import open_source
from tests.sources.keras_networks import BATCH, FEATURES, STEPS, features

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])


def stateful(k: Any) -> Any:
    """Kept states, dropout, losses of a call, moving averages: all that a call may change."""
    layers = k.layers
    inputs = k.Input(batch_shape=(BATCH, STEPS, FEATURES))
    x = layers.BatchNormalization()(inputs)
    x = layers.LSTM(3, stateful=True, dropout=0.5, activity_regularizer="l2")(x)
    return k.Model(inputs, layers.Dense(1)(layers.Dropout(0.5)(x)))


def trained(k: Any) -> Any:
    k.utils.set_random_seed(1)
    model = stateful(k)
    model.compile("adam", "mse")
    train(model)
    return model


def train(model: Any) -> None:
    model.fit(features(), np.ones((BATCH, 1), "f4"), batch_size=BATCH, shuffle=False, verbose=0)


def numbers(model: Any) -> list[bytes]:
    optimizer = model.optimizer.variables
    optimizer = optimizer() if callable(optimizer) else optimizer
    metrics = [v for metric in model.metrics for v in metric.variables]
    return [np.asarray(v).tobytes() for v in [*model.variables, *optimizer, *metrics]]


def python_side(model: Any) -> list[Any]:
    """What Python sees of each layer: attributes, who they are, and what lists hold."""
    return [
        {
            name: (id(value), list(map(id, value)) if isinstance(value, (list, set)) else None)
            for name, value in vars(layer).items()
        }
        for layer in model._flatten_layers()
    ]


@either
def test_a_model_that_is_looked_at_stays_as_it_is(k: Any) -> None:
    model = trained(k)
    before, seen = numbers(model), python_side(model)
    steps = model.train_function
    drawn, drawn_by_numpy = random.getstate(), np.random.get_state()[1].tobytes()
    open_source(model)
    open_source(model, inputs=features())
    assert numbers(model) == before
    assert python_side(model) == seen
    assert model.train_function is steps
    assert random.getstate() == drawn
    assert np.random.get_state()[1].tobytes() == drawn_by_numpy


@either
def test_training_goes_on_as_if_nobody_had_looked(k: Any) -> None:
    results = []
    for is_watched in (False, True):
        model = trained(k)
        if is_watched:
            open_source(model)
        train(model)
        results.append(numbers(model))
    assert results[0] == results[1]
