"""Keras models made for a distribution strategy, looked at inside and outside of its scope."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tests.sources import keras_networks as networks
from tests.sources.keras_networks import BATCH, ids
from tests.sources.test_keras_models import opened, stored

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])
strategies = pytest.mark.parametrize(
    "strategy",
    [tf.distribute.MirroredStrategy, tf.distribute.OneDeviceStrategy],
    ids=["mirrored", "one_device"],
)


@either
@strategies
def test_a_model_is_known_inside_the_scope_where_it_is_built(k: Any, strategy: Any) -> None:
    made = strategy(["CPU:0"] if strategy is tf.distribute.MirroredStrategy else "CPU:0")
    with made.scope():
        model = networks.functional(k)
        model.compile("sgd", "mse")
        inside = stored(opened(model))
        assert [layer.cell for layer in analyze(model).recurrent_layers] == ["GRU", "GRU"]
    assert len(inside) == len(model.weights)
    assert stored(opened(model)) == inside


@either
def test_a_model_is_known_after_its_fit_in_the_scope(k: Any) -> None:
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = networks.subclassed(k)
        model.compile("sgd", "mse")
        model.fit(ids(), np.ones((BATCH, 1), "f4"), verbose=0)
        inside = stored(opened(model))
    assert len(inside) == 9
    assert stored(opened(model)) == inside


# Devices can be divided only before TensorFlow uses them.
TWO_REPLICAS = """
import keras, tensorflow as tf, tf_keras
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tb_rnnview import analyze
for k in (keras, tf_keras):
    layers = k.layers
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = k.Sequential([k.Input((5, 3)), layers.BatchNormalization(), layers.GRU(2)])
        found = analyze(model)
    assert len(found.variables) == 7, [v.name for v in found.variables]
    assert [v.name for v in analyze(model).variables] == [v.name for v in found.variables]
"""


def test_what_every_replica_has_of_a_variable_is_one_variable() -> None:
    subprocess.run([sys.executable, "-c", TWO_REPLICAS], check=True, timeout=120)
