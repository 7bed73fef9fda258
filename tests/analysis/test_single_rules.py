"""Rules that no whole program of the catalogue depends on alone, each on a graph of its own."""

from __future__ import annotations

import pytest

from tb_rnnview.analysis import seeds
from tb_rnnview.analysis.seeds import _taken_for_gradients, find_seeds
from tb_rnnview.errors import SourceError
from tb_rnnview.facade import analyze
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def
from tb_rnnview.timeline import Kind, Timeline, Variable
from tests.graph.build import graph_def
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


def test_a_constant_may_start_a_gradient_if_all_that_reads_it_takes_a_gradient_there() -> None:
    made = graph_def(
        "x Placeholder",
        "started Const",
        "partly Const",
        "shape Const",
        "unread Const",
        "a Mul started x",
        "b Reshape started shape",
        "c Mul x partly",
        "d MatMul partly x",
    )
    for node in made.node[1:5]:
        node.attr["value"].tensor.dtype = 1
    found = from_graph_def(made)
    assert [found.names[n] for n in _taken_for_gradients(found)] == ["started"]


def scaled_often(times: int) -> Graph:
    """A trained product of what ones have scaled so often; where its gradient starts stands first.

    What the product is made of reaches the training as its gradient does.
    """
    scaled = [f"s{k + 1} Mul c{k} s{k}" for k in range(times)]
    made = graph_def(
        "seed Const",
        *(f"c{k} Const" for k in range(times)),
        "w VariableV2",
        "s0 Placeholder",
        *scaled,
        f"y MatMul s{times} w",
        "loss Mul y y",
        "dy Mul seed y",
        f"dw MatMul s{times} dy",
        "rate Placeholder",
        "train ApplyGradientDescent w rate dw",
    )
    for node in made.node:
        if node.op == "Const":
            node.attr["value"].tensor.dtype = 1
            node.attr["value"].tensor.float_val.append(1.0)
    return from_graph_def(made)


def test_a_gradient_is_found_behind_any_number_of_constants() -> None:
    """Each of them reaches the one product with the kernel: that comes before every gradient."""
    found = scaled_often(1500)
    assert [found.names[n] for n in find_seeds(found)] == ["seed"]


def test_of_more_constants_than_any_program_has_it_is_not_said_where_training_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seeds, "_MOST", 20)
    with pytest.raises(SourceError, match="21 constants from which a gradient might start"):
        find_seeds(scaled_often(20))
