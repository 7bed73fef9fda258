"""Rules that no whole program of the catalogue depends on alone, each on a graph of its own."""

from __future__ import annotations

import pytest

from tb_rnnview.facade import analyze
from tb_rnnview.timeline import Kind, Timeline, Variable
from tests.programs.tf1 import rnn_cell, tf


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        yield made


def reads(variable: Variable) -> int:
    return sum(use.reads for use in variable.uses)


def only_variable(claimed: Timeline) -> Variable:
    (variable,) = claimed.variables
    return variable


def test_a_histogram_of_a_weight_is_no_use(graph):
    w = tf.get_variable("w", [3, 2])
    tf.summary.histogram("w", w)
    tf.matmul(tf.placeholder(tf.float32, [None, 3]), w)
    claimed = analyze(graph)
    assert reads(only_variable(claimed)) == 1
    assert only_variable(claimed).layers == (claimed.layers[0].id,)


def test_a_statistic_that_only_a_summary_reads_is_no_use(graph):
    w = tf.get_variable("w", [3, 2])
    tf.summary.scalar("mean", tf.reduce_mean(tf.square(w)))
    tf.matmul(tf.placeholder(tf.float32, [None, 3]), w)
    assert reads(only_variable(analyze(graph))) == 1


def test_a_result_that_only_its_derivative_reads_is_a_result(graph):
    """The derivative of tanh is taken from its result: that is kept, and no gradient."""
    w = tf.get_variable("w", [3, 2])
    loss = tf.tanh(tf.matmul(tf.placeholder(tf.float32, [None, 3]), w))
    tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    claimed = analyze(graph)
    assert [layer.kind for layer in claimed.layers] == [Kind.ONCE]
    assert reads(only_variable(claimed)) == 1


def test_a_loop_that_data_may_end_has_a_bound(graph):
    x = tf.placeholder(tf.float32, [5, 2, 3])
    w = tf.get_variable("w", [7, 4])

    def goes_on(t, h):
        return tf.logical_and(t < 5, tf.reduce_sum(h) < 9.0, name="both")

    def step(t, h):
        return t + 1, tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))

    tf.while_loop(goes_on, step, (tf.constant(0), tf.zeros([2, 4])))
    (axis,) = analyze(graph).axes
    assert (axis.length, axis.length_is_bound) == (5, True)
    assert "may end the loop at any step" in axis.reason


def test_loops_of_two_lengths_over_one_sequence_are_two_axes(graph):
    x = tf.placeholder(tf.float32, [6, 2, 3])
    for steps in (4, 6):
        with tf.variable_scope(f"first_{steps}"):
            w = tf.get_variable("w", [7, 4])
            tf.while_loop(
                lambda t, _, n=steps: t < n,
                lambda t, h, k=w: (t + 1, tf.tanh(tf.matmul(tf.concat([x[t], h], 1), k))),
                (tf.constant(0), tf.zeros([2, 4])),
            )
    assert sorted(axis.length for axis in analyze(graph).axes) == [4, 6]


def test_a_gate_is_not_made_of_what_it_looks_at(graph):
    """The output gate sees the new cell through a peephole, not the columns that made that.

    With one activation for all, candidate and input gate cannot be told apart, so nothing is said
    of their columns.
    """
    cell = rnn_cell.LSTMCell(5, use_peepholes=True, activation=tf.sigmoid)
    tf.nn.dynamic_rnn(cell, tf.placeholder(tf.float32, [2, 4, 3]), dtype=tf.float32)
    kernel = analyze(graph).variable("rnn/lstm_cell/kernel")
    columns = [(b.name, b.start, b.stop) for b in kernel.blocks if b.dimension == 1]
    assert columns == [("f", 10, 15), ("o", 15, 20)]


def test_gated_without_a_reset_gate_is_no_gru(graph):
    x = tf.placeholder(tf.float32, [4, 2, 3])
    w = tf.get_variable("w", [8, 5])
    u = tf.get_variable("u", [8, 5])

    def step(h, v):
        both = tf.concat([v, h], 1)
        z = tf.sigmoid(tf.matmul(both, w))
        return z * h + (1 - z) * tf.tanh(tf.matmul(both, u))

    tf.scan(step, x, tf.zeros([2, 5]))
    (layer,) = analyze(graph).recurrent_layers
    assert (layer.cell, layer.units) == ("", 5)
    assert layer.reason


def test_a_constant_that_only_scales_is_no_frozen_variable(graph):
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="w")
    tf.matmul(x * tf.constant([0.5, 0.25, 2.0], name="scale"), w)
    assert only_variable(analyze(graph)).name == "w"


def test_a_table_of_whole_numbers_is_no_weight(graph):
    table = tf.get_variable("table", [9], tf.int32, trainable=False)
    words = tf.get_variable("words", [7, 4])
    tf.gather(words, tf.gather(table, tf.placeholder(tf.int32, [None])))
    assert only_variable(analyze(graph)).name == "words"


def test_what_a_loop_computes_and_hands_to_nobody_is_no_result(graph):
    """No run computes it: nothing that leaves the loop is made of it."""
    x = tf.placeholder(tf.float32, [5, 2, 3])
    w = tf.get_variable("w", [7, 4])
    unused = tf.get_variable("unused", [4, 4])

    def step(t, h):
        h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))
        tf.matmul(h, unused)
        return t + 1, h

    tf.while_loop(lambda t, _: t < 5, step, (tf.constant(0), tf.zeros([2, 4])))
    assert [v.name for v in analyze(graph).variables if v.uses] == ["w"]


def test_a_loss_that_nothing_but_a_summary_reads_is_a_result(graph):
    w = tf.get_variable("w", [3, 2])
    product = tf.matmul(tf.placeholder(tf.float32, [None, 3]), w)
    tf.summary.scalar("loss", tf.reduce_mean(tf.square(product)))
    claimed = analyze(graph)
    assert [layer.kind for layer in claimed.layers] == [Kind.ONCE]
    assert reads(only_variable(claimed)) == 1
