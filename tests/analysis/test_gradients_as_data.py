"""Programs that go on with a gradient: what the network does with it are uses like any other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import tensorflow as tf
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview import analyze
from tb_rnnview.timeline import Kind, Timeline
from tests.programs.tf1 import functional_control_flow
from tests.programs.tf1 import tf as v1
from tests.programs.tf2 import keras

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def _network(cell: str) -> tuple[Any, Loss]:
    layers = keras.layers
    recurrent = getattr(layers, cell)(5, name="rnn")
    model = keras.Sequential([keras.Input((4, 3)), recurrent, layers.Dense(2, name="head")])

    def loss(x, y):
        return tf.reduce_mean(tf.square(model(x, training=True) - y))

    return model, loss


def _attacked(loss: Loss, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """The input, each number moved a little to where the loss grows."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = loss(x, y)
    return x + 0.1 * tf.sign(tape.gradient(before, x))


def _descend(model: Any, tape: tf.GradientTape, loss: tf.Tensor) -> None:
    variables = model.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.value.assign_sub(0.1 * gradient)


def _of(run: Callable[..., Any]) -> Timeline:
    specs = tf.TensorSpec([2, 4, 3]), tf.TensorSpec([2, 2])
    return analyze(tf.function(run), inputs=specs)


def assert_applied(claimed: Timeline, cell: str, times: int) -> None:
    """Both layers of the network are applied so many times, and nothing else is there."""
    rnn, head = claimed.layers
    assert (rnn.kind, rnn.cell, rnn.units, len(rnn.applications)) == (
        Kind.RECURRENT, cell, 5, times,
    )  # fmt: skip
    assert (head.kind, head.units, len(head.applications)) == (Kind.ONCE, 2, times)
    lengths = {"": 1, **{axis.id: axis.length for axis in claimed.axes}}
    for layer, steps in ((rnn, 4), (head, 1)):
        for variable in claimed.variables_of(layer.id):
            assert sum(use.reads * lengths[use.axis] for use in variable.uses) == steps * times
    assert claimed.findings == ()


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("given_back", [False, True])
def test_training_on_attacked_inputs(cell: str, stopped: bool, given_back: bool) -> None:
    """The clean inputs go through the network, and then the attacked ones."""
    model, loss = _network(cell)

    def run(x, y):
        with tf.GradientTape() as tape:
            attacked = _attacked(loss, x, y)
            if stopped:
                attacked = tf.stop_gradient(attacked)
            total = loss(x, y) + loss(attacked, y)
        _descend(model, tape, total)
        return total if given_back else None

    # The attack's own forward pass is one more where nothing says what the result is.
    claimed = _of(run)
    assert_applied(claimed, cell, 2 if given_back else 3)


def test_an_attack_in_a_loop() -> None:
    """Three steps, each on what the last one left; the training step after them gives the loss."""
    model, loss = _network("LSTM")

    def run(x, y):
        attacked = x
        for _ in tf.range(3):
            attacked = tf.clip_by_value(_attacked(loss, attacked, y), x - 0.2, x + 0.2)
        with tf.GradientTape() as tape:
            result = loss(attacked, y)
        _descend(model, tape, result)
        return result

    assert_applied(_of(run), "LSTM", 1)


def test_a_named_result_after_a_gradient() -> None:
    """Only the loss of the attacked inputs is asked for: one pass, no product of the gradient."""
    _, loss = _network("LSTM")

    def run(x, y):
        return tf.identity(loss(_attacked(loss, x, y), y), name="end")

    specs = tf.TensorSpec([2, 4, 3]), tf.TensorSpec([2, 2])
    graph = tf.function(run).get_concrete_function(*specs).graph.as_graph_def(add_shapes=True)
    claimed = analyze(GraphDef.FromString(graph.SerializeToString()), outputs=["end"])
    assert [layer.kind for layer in claimed.layers] == [Kind.RECURRENT, Kind.ONCE]
    assert [[use.reads for use in v.uses] for v in claimed.variables] == [[1]] * 5


def test_an_attack_alone() -> None:
    """The result is made of a gradient; the network ran once for it."""
    _, loss = _network("LSTM")
    assert_applied(_of(lambda x, y: _attacked(loss, x, y)), "LSTM", 1)


def test_a_penalty_on_a_gradient() -> None:
    """A critic's loss: real ones, false ones, and the slope between them."""
    model, _ = _network("GRU")

    def run(x, y):
        false = tf.ones_like(x) * tf.reduce_mean(y)
        with tf.GradientTape() as tape:
            real_says, false_says = model(x), model(false)
            between = 0.5 * x + 0.5 * false
            with tf.GradientTape() as inner:
                inner.watch(between)
                says = model(between)
            slope = tf.norm(inner.gradient(says, between), axis=[1, 2])
            loss = tf.reduce_mean(false_says) - tf.reduce_mean(real_says)
            loss += 10.0 * tf.reduce_mean(tf.square(slope - 1.0))
        _descend(model, tape, loss)
        return loss

    assert_applied(_of(run), "GRU", 3)


def test_a_network_that_reads_gradients() -> None:
    """A learned optimizer: a recurrence whose inputs are gradients of something else."""
    w = tf.Variable(tf.ones([9, 5]), name="w")

    def run(x, y):
        theta, h, total = tf.ones([3, 2]), tf.zeros([2, 5]), 0.0
        gradients = tf.TensorArray(tf.float32, 4)
        for t in range(4):
            with tf.GradientTape() as tape:
                tape.watch(theta)
                error = tf.reduce_mean(tf.square(tf.tanh(tf.matmul(x[:, t], theta)) - y))
            gradients = gradients.write(t, tape.gradient(error, theta))
        given = tf.reshape(gradients.stack(), [4, 2, 3])
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([given[t], h, h[:, :1]], 1), w))
            total += tf.reduce_sum(h)
        return total

    (layer,) = _of(run).layers
    assert (layer.kind, layer.units) == (Kind.RECURRENT, 5)


@pytest.mark.parametrize("control_flow", [nullcontext, functional_control_flow])
@pytest.mark.parametrize("trained", [False, True])
def test_virtual_adversarial_training_of_a_tensorflow_1_program(
    control_flow: Any, trained: bool
) -> None:
    """The words, the words with noise for the gradient, and the words moved along that gradient."""
    with v1.Graph().as_default() as graph, control_flow():
        ids = v1.placeholder(tf.int32, [4, 7])
        labels = v1.placeholder(tf.int32, [4])
        words = v1.nn.embedding_lookup(v1.get_variable("words", [20, 6]), ids)
        cell, head = v1.nn.rnn_cell.LSTMCell(5), v1.get_variable("head", [5, 3])

        def logits(x):
            return tf.matmul(v1.nn.dynamic_rnn(cell, x, dtype=tf.float32)[0][:, -1], head)

        clean, noise = logits(words), tf.random.normal([4, 7, 6])
        says = tf.stop_gradient(tf.nn.softmax(clean))

        def distance(other):
            return -tf.reduce_mean(tf.reduce_sum(says * tf.nn.log_softmax(other), 1))

        along = v1.gradients(distance(logits(words + 0.1 * noise)), noise)[0]
        moved = words + tf.nn.l2_normalize(tf.stop_gradient(along), [1, 2])
        loss = distance(logits(moved)) + tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, clean)
        )
        tf.identity(loss, name="loss")
        if trained:
            v1.train.AdamOptimizer().minimize(loss)
    embedding, rnn, last = analyze(graph).layers
    assert (embedding.kind, len(embedding.applications)) == (Kind.SEQUENCE, 1)
    assert (rnn.kind, rnn.cell, len(rnn.applications)) == (Kind.RECURRENT, "LSTM", 3)
    assert (last.kind, len(last.applications)) == (Kind.ONCE, 3)
