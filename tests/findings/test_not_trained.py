"""NOT_TRAINED: the training in the graph leaves weights as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Finding, Severity
from tests.programs.tf1 import rnn_cell, tf

CODE = "NOT_TRAINED"


class Stopped(rnn_cell.BasicRNNCell):
    """A cell through whose recurrent weights no gradient goes."""

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(name="w", shape=[int(shape[-1]), self._num_units])
        self.u = self.add_weight(name="u", shape=[self._num_units] * 2)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        h = tf.tanh(tf.matmul(inputs, self.w) + tf.matmul(state, tf.stop_gradient(self.u)))
        return h, h


def told(cell: Callable[[], Any], train: Callable[[Any], Any]) -> list[Finding]:
    """What the rule tells of a network with a head."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        outputs, _ = tf.nn.dynamic_rnn(cell(), x, dtype=tf.float32)
        head = tf.layers.dense(outputs[:, -1], 1, name="head")
        train(tf.reduce_mean(head**2))
        tf.train.Saver()
    return [f for f in analyze(graph).findings if f.code == CODE]


def plain() -> Any:
    return rnn_cell.BasicRNNCell(5)


def stopped() -> Any:
    return Stopped(5)


def everything(loss: Any) -> Any:
    return tf.train.AdamOptimizer().minimize(loss)


def only_the_head(loss: Any) -> Any:
    return tf.train.GradientDescentOptimizer(0.1).minimize(
        loss, var_list=[v for v in tf.trainable_variables() if v.name.startswith("head")]
    )


def test_weights_behind_a_stopped_gradient() -> None:
    (finding,) = told(stopped, everything)
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("Training changes other weights of this layer, and leaves ")
    assert [name.rsplit("/")[-1] for name in finding.variables] == ["u"]
    assert finding.layers == ("layer0",)


def test_a_layer_that_the_optimiser_was_not_given() -> None:
    (finding,) = told(plain, only_the_head)
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("Training changes other weights of the network, and leaves ")
    assert [name.rsplit("/")[-1] for name in finding.variables] == ["kernel", "bias"]


def by_hand(loss: Any) -> Any:
    """Plain descent, without TensorFlow's optimizers for a part of the variables."""
    first, *others = tf.trainable_variables()
    gradient = tf.gradients(loss, first)[0]
    return tf.assign_sub(first, 0.1 * gradient), tf.train.AdamOptimizer().minimize(
        loss, var_list=others
    )


def nothing(loss: Any) -> None:
    del loss


@pytest.mark.parametrize("train", [everything, by_hand, nothing])
def test_what_is_trained_and_what_trains_nothing(train: Callable[[Any], Any]) -> None:
    assert told(plain, train) == []
