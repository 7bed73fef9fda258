"""A variable that keeps a state from run to run is no parameter of the network."""

from __future__ import annotations

from tb_rnnview.facade import analyze
from tb_rnnview.timeline import Timeline
from tb_rnnview.views.sentence import sentence
from tests.programs.tf1 import rnn_cell, tf

KERNEL_AND_BIAS = (3 + 5) * 5 + 5


def network(*, trainable: bool, is_kept: bool) -> Timeline:
    """A SimpleRNN of 4 timesteps whose first state is a variable [2, 5]."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        first = tf.get_variable("first", [2, 5], trainable=trainable)
        outputs, last = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, initial_state=first)
        with tf.control_dependencies([tf.assign(first, last)] if is_kept else []):
            tf.identity(outputs)
    return analyze(graph)


def test_a_kept_state_is_not_among_the_parameters() -> None:
    said = sentence(network(trainable=False, is_kept=True)).detail
    assert f"{KERNEL_AND_BIAS} parameters ({4 * KERNEL_AND_BIAS} if" in said


def test_a_trained_first_state_is() -> None:
    said = sentence(network(trainable=True, is_kept=False)).detail
    assert f"{KERNEL_AND_BIAS + 10} parameters" in said
