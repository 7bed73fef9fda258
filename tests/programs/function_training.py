"""Training steps: the uses of the forward pass count, gradients and updates do not."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf2 import keras, of_function, tf_keras

FORWARD = (("time", "FORWARD"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


def _truth() -> Truth:
    step = (Uses("rnn", "time"),)
    return Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD), "head": HEAD},
        weights={
            "w": Weight("kernel", step, cells.rows(3, 5)),
            "b": Weight("bias", step),
            "head": Weight("kernel", (Uses("head"),)),
        },
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )


def _network() -> tuple[Any, list[tf.Variable]]:
    w, b, head = _variable("w", 8, 5), _variable("b", 5), _variable("head", 5, 2)

    def forward(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w) + b)
        return tf.matmul(h, head)

    return forward, [w, b, head]


def step_that_returns_the_loss() -> Program:
    """Plain descent; the loss is given back."""
    forward, variables = _network()
    forward = tf.autograph.to_graph(forward)

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(forward(x) - y))
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.1 * gradient)
        return loss

    return of_function(run, _truth(), fill(4, 2, 3), fill(2, 2))


def step_that_returns_nothing() -> Program:
    """The same, but it gives nothing back: what it computes for its updates is all that it does."""
    forward, variables = _network()
    forward = tf.autograph.to_graph(forward)

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(forward(x) - y), name="loss")
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.1 * gradient)

    return of_function(run, _truth(), fill(4, 2, 3), fill(2, 2), fetches=["loss:0"])


def step_that_returns_its_metric() -> Program:
    """What it gives back is the mean of all losses, from where they are summed up."""
    forward, variables = _network()
    forward = tf.autograph.to_graph(forward)
    total, count = tf.Variable(0.0, name="total"), tf.Variable(0.0, name="count")

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(forward(x) - y), name="loss")
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.1 * gradient)
        total.assign(total + loss)
        count.assign(count + 1.0)
        return tf.math.divide_no_nan(total, count)

    return of_function(run, _truth(), fill(4, 2, 3), fill(2, 2), fetches=["loss:0"])


def step_with_a_function_inside() -> Program:
    """The forward pass is a ``tf.function`` of its own, whose gradient is another."""
    forward, variables = _network()
    forward = tf.function(forward)

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(forward(x) - y))
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.1 * gradient)
        return loss

    return of_function(run, _truth(), fill(4, 2, 3), fill(2, 2))


def _step_of_a_model(library: Any, optimizer: Any) -> Program:
    layers = library.layers
    model = library.Sequential(
        [library.Input((4, 3)), layers.LSTM(5, name="rnn"), layers.Dense(2, name="head")]
    )
    rnn, head = model.layers[-2:]
    optimizer.build(model.trainable_variables)

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, model.trainable_variables), 1.0)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=recurrent(rnn, "rnn") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return of_function(run, truth, fill(2, 4, 3), fill(2, 2))


def step_of_a_keras_model() -> Program:
    """A Keras 3 model, clipped gradients, Adam."""
    return _step_of_a_model(keras, keras.optimizers.Adam(0.01))


def step_of_a_keras_2_model() -> Program:
    """A Keras 2 model, whose LSTM is a function with a gradient function."""
    return _step_of_a_model(tf_keras, tf_keras.optimizers.Adam(0.01))


def decayed_weights() -> Program:
    """An L2 penalty reads the kernel once more, outside time."""
    forward, variables = _network()
    forward = tf.autograph.to_graph(forward)

    def run(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(forward(x) - y)) + tf.nn.l2_loss(variables[0])
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.1 * gradient)
        return loss

    truth = _truth()
    weights = dict(truth.weights)
    kernel = weights["w"]
    weights["w"] = Weight(kernel.role, (*kernel.uses, Uses("")), kernel.blocks)
    truth = Truth(truth.axes, truth.layers, weights, truth.starts, truth.connections)
    return of_function(run, truth, fill(4, 2, 3), fill(2, 2))
