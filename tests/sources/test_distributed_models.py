"""Keras models made for a distribution strategy, looked at inside and outside of its scope."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
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

BY_HAND = """
import sys
import tensorflow as tf
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tb_rnnview import analyze
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

class Network(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((7, 4)), name="w")
        self.head = tf.Variable(tf.ones((4, 1)), name="head")
    def __call__(self, x):
        h = tf.zeros((2, 4))
        for t in tf.range(6):
            h = tf.tanh(tf.concat([x[:, t], h], 1) @ self.w)
        return h @ self.head

def told(found):
    (layer,) = found.recurrent_layers
    return len(layer.applications), [(v.name, v.shape) for v in found.variables]

with strategy.scope():
    network = Network()
own = tf.function(network.__call__, input_signature=[tf.TensorSpec((2, 6, 3))])
assert told(analyze(own)) == (1, [("w", (7, 4)), ("head", (4, 1))]), told(analyze(own))

@tf.function
def step(x):
    return strategy.run(network, args=(x,))

step(tf.zeros((2, 6, 3)))
# Every replica runs it: one layer with two applications.
assert told(analyze(step)) == (2, [("w", (7, 4)), ("head", (4, 1))]), told(analyze(step))
traced = step.get_concrete_function(tf.TensorSpec((2, 6, 3)))
assert told(analyze(traced)) == (2, [("w", (7, 4)), ("head", (4, 1))]), told(analyze(traced))
tf.saved_model.save(network, sys.argv[1], signatures=own)
assert told(analyze(sys.argv[1])) == (1, [("w", (7, 4)), ("head", (4, 1))])

v1 = tf.compat.v1
with tf.Graph().as_default() as graph:
    def build():
        x = v1.placeholder(tf.float32, (2, 6, 3))
        w = v1.get_variable("w", (7, 4))
        ys = tf.scan(lambda h, x: tf.tanh(tf.concat([x, h], 1) @ w), tf.transpose(x, [1, 0, 2]),
                     tf.zeros((2, 4)))
        return ys[-1] @ v1.get_variable("head", (4, 1))
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        strategy.run(build)
assert told(analyze(graph)) == (2, [("w", (7, 4)), ("head", (4, 1))]), told(analyze(graph))
"""


GRAPH_FILES = """
import sys
import tensorflow as tf
from tb_rnnview import analyze
tf.compat.v1.disable_v2_behavior()
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
v1 = tf.compat.v1
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

def step():
    x = v1.placeholder(tf.float32, (2, 6, 3))
    w = v1.get_variable("w", (7, 4))
    ys = tf.scan(lambda h, x: tf.tanh(tf.concat([x, h], 1) @ w), tf.transpose(x, [1, 0, 2]),
                 tf.zeros((2, 4)))
    head, bias = v1.get_variable("head", (4, 1)), v1.get_variable("bias", (1,))
    loss = tf.reduce_mean((ys[-1] @ head + bias) ** 2)
    with tf.control_dependencies([v1.train.AdamOptimizer(0.1).minimize(loss)]):
        return tf.identity(loss)

with tf.Graph().as_default() as graph:
    with strategy.scope():
        strategy.reduce("SUM", strategy.run(step), axis=None)
        v1.train.Saver()
    v1.train.export_meta_graph(sys.argv[1] + ".meta", graph=graph)
    v1.train.write_graph(graph, "/", sys.argv[1] + ".pb", as_text=False)
    v1.train.write_graph(graph, "/", sys.argv[1] + ".pbtxt", as_text=True)
for ending in ".meta", ".pb", ".pbtxt":
    found = analyze(sys.argv[1] + ending)
    layer, = found.recurrent_layers
    assert len(layer.applications) == 2, ending
    told = sorted((v.name, v.shape, sum(u.reads for u in v.uses)) for v in found.variables)
    assert told == [("bias", (1,), 2), ("head", (4, 1), 2), ("w", (7, 4), 2)], (ending, told)
"""


@pytest.mark.parametrize(
    "program", [TWO_REPLICAS, BY_HAND, GRAPH_FILES], ids=["keras", "by_hand", "graph_files"]
)
def test_what_every_replica_has_of_a_variable_is_one_variable(program: str, tmp_path: Path) -> None:
    script = tmp_path / "program.py"  # AutoGraph reads the source of what it translates
    script.write_text(program)
    command = [sys.executable, str(script), str(tmp_path / "saved")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(command, check=True, timeout=120, env=environment)
