"""Loops around the network: over batches, over steps of training, over epochs.

What is stated is of one round. Where the state goes through weights from round to round, what the
iterator gives are timesteps, and the loop is the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import keras, of_function

FORWARD = (("time", "FORWARD"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def _network() -> tuple[Any, Truth]:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4, 3)), layers.LSTM(5, name="rnn"), layers.Dense(2, name="head")]
    )
    rnn, head = model.layers
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=recurrent(rnn, "rnn") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return model, truth


def _step(model: Any) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        variables = model.trainable_variables
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.value.assign_sub(0.1 * gradient)
        return loss

    return step


def _batches(*arrays: tf.Tensor) -> Any:
    return iter(tf.data.Dataset.from_tensor_slices(arrays).batch(2, drop_remainder=True))


def training_over_an_iterator() -> Program:
    """``for x, y in iterator``, three batches; the losses are summed up."""
    model, truth = _network()
    step = _step(model)

    def run(xs, ys):
        total = 0.0
        for x, y in _batches(xs, ys):
            total += step(x, y)
        return total

    return of_function(run, truth, fill(6, 4, 3), fill(6, 2), rounds=3)


def so_many_steps_in_one_call() -> Program:
    """``steps_per_execution``: two batches are taken in a counted loop, which keeps the losses."""
    model, truth = _network()
    step = _step(model)

    def run(xs, ys):
        batches, losses = _batches(xs, ys), tf.TensorArray(tf.float32, 2)
        for i in tf.range(2):
            losses = losses.write(i, step(*next(batches)))
        return losses.stack()

    return of_function(run, truth, fill(4, 4, 3), fill(4, 2), rounds=2)


def epochs_of_batches() -> Program:
    """Two times over two batches, with noise that grows weaker."""
    model, truth = _network()
    step = _step(model)

    def run(xs, ys):
        total, noise = 0.0, 1.0
        for _ in tf.range(2):
            for x, y in _batches(xs, ys):
                total += step(x + noise * tf.random.normal([2, 4, 3]), y)
                noise = 0.9 * noise
        return total

    return of_function(run, truth, fill(4, 4, 3), fill(4, 2), rounds=4)


def windows_of_a_long_sequence() -> Program:
    """The state is handed from window to window; each window is one batch."""
    layer = keras.layers.GRU(5, return_state=True)
    layer.build((2, 4, 3))

    def run(xs):
        h, total = tf.zeros([2, 5]), 0.0
        for x in iter(tf.data.Dataset.from_tensor_slices(xs)):
            output, h = layer(x, initial_state=h)
            total += tf.reduce_sum(output)
        return total

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn"),
        starts=(Start("rnn", "zeros|*"),),
    )
    return of_function(run, truth, fill(3, 2, 4, 3), rounds=3)


def _cell() -> tuple[tf.Variable, tf.Variable, Callable[..., tf.Tensor]]:
    w = tf.Variable(fill(8, 5) - 0.5, name="w")
    b = tf.Variable(fill(5) - 0.5, name="b")

    def cell(x, h):
        return tf.tanh(tf.matmul(tf.concat([x, h], 1), w) + b)

    return w, b, cell


def _truth_of_a_cell(length: int | None) -> Truth:
    step = (Uses("rnn", "time"),)
    return Truth(
        axes={"time": Axis(length)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", step, cells.rows(3, 5)), "b": Weight("bias", step)},
        starts=cells.zeros("rnn"),
    )


def timesteps_of_an_iterator() -> Program:
    """What the iterator gives are timesteps: each step takes the state that the last one left."""
    *_, cell = _cell()

    def run(xs):
        h = tf.zeros([2, 5])
        for x in iter(tf.data.Dataset.from_tensor_slices(xs)):
            h = cell(x, h)
        return h

    return of_function(run, _truth_of_a_cell(None), fill(6, 2, 3), steps=6)


def so_many_timesteps_of_an_iterator() -> Program:
    """The same, in a counted loop."""
    *_, cell = _cell()

    def run(xs):
        elements, h = iter(tf.data.Dataset.from_tensor_slices(xs)), tf.zeros([2, 5])
        for _ in tf.range(6):
            h = cell(next(elements), h)
        return h

    return of_function(run, _truth_of_a_cell(6), fill(6, 2, 3))
