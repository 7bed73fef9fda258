"""The graph of a training step alone, as logs hold it: nothing says which end is the result.

What a gradient does with the weights is no use of theirs, whatever operations it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import tensorflow as tf
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview import analyze
from tb_rnnview.timeline import Kind, Timeline
from tests.programs.program import fill
from tests.programs.tf2 import keras, tf_keras


def _of_step(run: Callable[..., Any], *shapes: Sequence[int]) -> Timeline:
    specs = [tf.TensorSpec(shape) for shape in shapes]
    traced = tf.function(run).get_concrete_function(*specs)
    return analyze(
        GraphDef.FromString(traced.graph.as_graph_def(add_shapes=True).SerializeToString())
    )


def _of_model(library: Any, layers: Sequence[Any]) -> Timeline:
    model = library.Sequential([library.Input((4, 3)), *layers])
    optimizer = library.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    return _of_step(run, (2, 4, 3), (2, *model.output_shape[1:]))


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
def test_a_gradient_that_is_nothing_but_products(library: Any) -> None:
    """Two linear layers in a row: the second one's kernel, turned around, carries the gradient."""
    layers = library.layers
    claimed = _of_model(
        library, [layers.LSTM(5), layers.Dense(4), layers.Dense(3), layers.Dense(2)]
    )
    assert [(x.kind, x.units) for x in claimed.layers] == [
        (Kind.RECURRENT, 5), (Kind.ONCE, 4), (Kind.ONCE, 3), (Kind.ONCE, 2),
    ]  # fmt: skip
    assert [[u.reads for u in v.uses] for v in claimed.variables if v.layers] == [[1]] * 9
    assert "NOT_RECOGNISED" not in {finding.code for finding in claimed.findings}


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("GRU", {"reset_after": False}),
        ("GRU", {"recurrent_dropout": 0.1}),
        ("LSTM", {"dropout": 0.2, "recurrent_dropout": 0.1}),
    ],
)
def test_a_cell_that_is_traced_outside_its_loop(
    library: Any, cell: str, options: dict[str, Any]
) -> None:
    """It leaves parts of what it computes over, and draws random numbers; no timestep is there."""
    layer = getattr(library.layers, cell)(5, **options)
    claimed = _of_model(library, [layer, library.layers.Dense(2)])
    assert [(x.kind, x.units) for x in claimed.layers] == [(Kind.RECURRENT, 5), (Kind.ONCE, 2)]
    for variable in claimed.variables_of(claimed.layers[0].id):
        assert [(use.axis, use.layer) for use in variable.uses] == [
            (claimed.axes[0].id, claimed.layers[0].id)
        ]
    assert "NOT_RECOGNISED" not in {finding.code for finding in claimed.findings}


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
def test_mixed_precision(library: Any) -> None:
    """The loss is scaled before the gradient is taken, and the optimizer runs on a condition."""
    layers = library.layers
    of = {"dtype": "mixed_float16"}
    model = library.Sequential(
        [library.Input((4, 3)), layers.LSTM(5, **of), layers.Dense(3, **of), layers.Dense(2, **of)]
    )
    adam = library.optimizers.Adam(0.01)
    if library is keras:
        optimizer = keras.optimizers.LossScaleOptimizer(adam)
        scaled, unscaled = optimizer.scale_loss, list
    else:
        optimizer = tf_keras.mixed_precision.LossScaleOptimizer(adam)
        scaled, unscaled = optimizer.get_scaled_loss, optimizer.get_unscaled_gradients
    optimizer.build(model.trainable_variables)

    def run(x, y):
        with tf.GradientTape() as tape:
            result = tf.cast(model(x, training=True), tf.float32)
            loss = scaled(tf.reduce_mean(tf.square(result - y)))
        gradients = unscaled(tape.gradient(loss, model.trainable_variables))
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    claimed = _of_step(run, (2, 4, 3), (2, 2))
    assert [(x.kind, x.units) for x in claimed.layers] == [
        (Kind.RECURRENT, 5), (Kind.ONCE, 3), (Kind.ONCE, 2),
    ]  # fmt: skip
    of_layers = [variable for variable in claimed.variables if variable.layers]
    assert [[use.reads for use in v.uses] for v in of_layers] == [[1]] * 7
    assert {v.shape for v in claimed.variables if not v.layers} <= {()}


def _tied_step(scale: Callable[[tf.Tensor], tf.Tensor]) -> Timeline:
    w = tf.Variable(fill(6, 4), name="w")

    def run(x):
        with tf.GradientTape() as tape:
            code = tf.tanh(tf.matmul(scale(x), w))
            loss = tf.reduce_mean(tf.square(tf.matmul(code, w, transpose_b=True) - x))
        w.assign_sub(0.1 * tape.gradient(loss, w))

    return _of_step(run, (2, 6))


def test_a_kernel_that_the_network_itself_turns_around() -> None:
    """A tied autoencoder, its input multiplied by the constant one: both uses are its own."""
    for scale in (tf.identity, lambda x: tf.constant(1.0) * x):
        claimed = _tied_step(scale)
        (variable,) = claimed.variables
        assert sum(use.reads for use in variable.uses) == 2


def test_a_second_branch_that_is_scaled_by_one() -> None:
    """One kernel for two views of the input, one of them divided by one: both views count."""
    w = tf.Variable(fill(6, 4), name="w")

    def run(x):
        with tf.GradientTape() as tape:
            scale = tf.constant(1.0) / tf.constant(2.0)
            first, second = tf.matmul(x, w), tf.matmul(scale * tf.square(x), w)
            loss = tf.reduce_mean(tf.square(tf.tanh(first) - tf.tanh(second)))
        w.assign_sub(0.1 * tape.gradient(loss, w))

    claimed = _of_step(run, (2, 6))
    (variable,) = claimed.variables
    assert sum(use.reads for use in variable.uses) == 2
