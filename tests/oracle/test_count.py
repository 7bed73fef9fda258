"""The counter itself, on graphs whose numbers can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf2

from tests.oracle.count import count
from tests.programs.program import Program, Truth, fill
from tests.programs.tf1 import rnn_cell, tf
from tests.programs.tf2 import of_function


def _program(graph, outputs, feeds=None, storages=None):
    return Program(graph, outputs, feeds or {}, Truth(), storages=storages)


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_a_cell_reads_its_kernel_once_a_timestep(steps):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, steps, 4])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, dtype=tf.float32)
    counted = count(_program(graph, [outputs], {x: fill(2, steps, 4)}))
    assert counted.totals == {
        "rnn/basic_rnn_cell/kernel": steps,
        "rnn/basic_rnn_cell/bias": steps,
    }
    consumers = {use.consumer.rsplit("/", 1)[1]: use.elements for use in counted.uses}
    assert consumers == {"MatMul": 9 * 5, "BiasAdd": 5}


def test_sequence_length_stops_the_loop_early():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 7, 4])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, [2, 3], dtype=tf.float32)
    counted = count(_program(graph, [outputs], {x: fill(2, 7, 4)}))
    assert counted.totals["rnn/basic_rnn_cell/kernel"] == 3


def test_reading_casting_and_handing_on_is_no_use():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2, 2])
        value = tf.cast(tf.identity(tf.identity(v)), tf.float64)
        tf.square(v, name="not_fetched")
        shape = tf.shape(v)
        output = tf.square(value, name="used")
    counted = count(_program(graph, [output, value, shape]))
    assert counted.totals == {"v": 1}
    assert [use.consumer for use in counted.uses] == ["used"]


def test_what_runs_for_its_shape_alone_is_no_use():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2])
        w = tf.get_variable("w", [2, 3])
        empty = tf.zeros_like(tf.matmul(x, w), optimize=False)
        output = tf.matmul(x, w) + empty
    counted = count(_program(graph, [output], {x: fill(1, 2)}))
    assert [use.consumer for use in counted.uses] == ["MatMul_1"]


def test_disjoint_blocks_count_together_as_one():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [3, 4])
        parts = tf.split(v, 4, axis=1)
        outputs = [tf.square(part) for part in parts]
    assert count(_program(graph, outputs)).totals == {"v": 1}


def test_the_busiest_element_decides():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [4, 4])
        outputs = [tf.square(v[:, :3]), tf.square(v[1:]), tf.square(tf.transpose(v)[2:3])]
    # Rows 1 to 3 of column 2 are in all three; row 0 of column 3 is in none.
    assert count(_program(graph, outputs)).totals == {"v": 3}


def test_the_same_value_twice_in_one_op_is_one_execution():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2, 2])
        output = tf.matmul(v, v)
    assert count(_program(graph, [output])).totals == {"v": 1}


def test_overlapping_parts_of_one_split_value_add_up():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [6], use_resource=True)
        left, right = tf.split(v, [2, 4])
        outputs = [tf.square(left), tf.square(right), tf.exp(right), tf.slice(right, [3], [-1]) + 1]
    assert count(_program(graph, outputs)).totals == {"v": 3}


def test_what_a_loop_carries_is_used_once_to_start_from():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2])
        _, last = tf.while_loop(lambda t, _: t < 5, lambda t, h: (t + 1, h * 2.0), (0, v))
    assert count(_program(graph, [last])).totals == {"v": 1}


def test_what_a_loop_only_reads_is_used_at_each_step():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2], use_resource=True)
        start = (0, tf.ones([2]))
        _, last = tf.while_loop(lambda t, _: t < 5, lambda t, h: (t + 1, h * v * v), start)
    assert count(_program(graph, [last])).totals == {"v": 10}


def test_only_the_branch_that_is_taken_counts():
    with tf.Graph().as_default() as graph:
        which = tf.placeholder(tf.bool, [])
        v, w = tf.get_variable("v", [2]), tf.get_variable("w", [2])
        output = tf.cond(which, lambda: tf.square(v), lambda: tf.exp(w) + tf.sin(w))
    assert count(_program(graph, [output], {which: True})).totals == {"v": 1, "w": 0}
    assert count(_program(graph, [output], {which: False})).totals == {"v": 0, "w": 2}


def test_the_result_of_an_assignment_is_the_variable():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2])
        assigned = tf.assign(v, tf.exp(v))
        output = tf.square(assigned) + tf.sin(assigned)
    # Once for what is written, twice for what is made of it.
    assert count(_program(graph, [output])).totals == {"v": 3}


def test_a_write_that_only_comes_first_is_no_use():
    with tf.Graph().as_default() as graph:
        v, w = tf.get_variable("v", [2]), tf.get_variable("w", [2])
        with tf.control_dependencies([tf.assign(v, tf.exp(v))]):
            output = tf.square(w)
    assert count(_program(graph, [output])).totals == {"v": 0, "w": 1}


def test_printing_hands_on():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2])
        printed = tf.Print(v, [tf.shape(v)], first_n=0)
        output = tf.square(printed)
    assert count(_program(graph, [output])).totals == {"v": 1}


def test_nested_loops_multiply():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2])

        def inner(h):
            return tf.while_loop(lambda t, _: t < 3, lambda t, h: (t + 1, h + v), (0, h))[1]

        start = (0, tf.ones([2]))
        _, last = tf.while_loop(lambda t, _: t < 4, lambda t, h: (t + 1, inner(h)), start)
    assert count(_program(graph, [last])).totals == {"v": 12}


def test_writes_gradients_and_summaries_that_are_not_fetched_do_not_count():
    with tf.Graph().as_default() as graph:
        v = tf.get_variable("v", [2])
        loss = tf.reduce_sum(tf.square(v))
        tf.train.AdamOptimizer(0.1).minimize(loss)
        tf.summary.histogram("v", v)
    assert count(_program(graph, [loss])).totals["v"] == 1


def test_constants_take_the_place_of_variables_in_a_frozen_graph():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2])
        w = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="w")
        output = tf.matmul(tf.matmul(x, tf.identity(w)), w)
    program = _program(graph, [output], {x: fill(1, 2)}, storages=("w",))
    assert count(program).totals == {"w": 2}


def _traced(function, *arrays):
    """The program of a function of TensorFlow 2; nothing is stated of it."""
    return of_function(function, Truth(), *arrays)


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_a_functional_loop_runs_its_body_once_a_step(steps):
    v = tf2.Variable([2.0, 2.0], name="v")

    def run(h):
        for _ in tf2.range(steps):
            h = h * v
        return h

    program = _traced(run, fill(2))
    assert "While" in {op.type.removeprefix("Stateless") for op in program.graph.get_operations()}
    assert count(program).totals == {"v": steps}


def test_functional_loops_multiply():
    v, w = tf2.Variable([2.0], name="v"), tf2.Variable([2.0], name="w")

    def run(h):
        for _ in tf2.range(4):
            for _ in tf2.range(3):
                h = h * v
            h = h + w
        return h + w

    assert count(_traced(run, fill(1))).totals == {"v": 12, "w": 5}


def test_what_a_functional_loop_carries_is_used_once_to_start_from():
    v = tf2.Variable([2.0], name="v")

    def run(x):
        h = tf2.convert_to_tensor(v)
        for _ in tf2.range(4):
            h = h * x
        return h

    assert count(_traced(run, fill(1))).totals == {"v": 1}


def test_a_value_that_a_loop_hands_on_is_followed_into_it_and_out_of_it():
    v = tf2.Variable([2.0], name="v")

    def run(h):
        def step(t, h, value):
            return t + 1, h * value, value

        _, h, value = tf2.while_loop(lambda t, *_: t < 5, step, (0, h, tf2.identity(v)))
        return h + value

    assert count(_traced(run, fill(1))).totals == {"v": 6}


def test_calls_are_looked_into_wherever_they_are():
    v = tf2.Variable([2.0], name="v")

    @tf2.function
    def inner(h):
        return h * v

    @tf2.function(experimental_attributes={"api_implements": "not to be written out"})
    def outer(h):
        return inner(inner(h))

    def run(h):
        for _ in tf2.range(3):
            h = outer(h)
        return h

    assert count(_traced(run, fill(1))).totals == {"v": 6}


def test_of_a_functional_condition_one_branch_counts():
    v, w = tf2.Variable([2.0], name="v"), tf2.Variable([2.0], name="w")

    def run(which, x):
        return tf2.cond(which, lambda: x * v, lambda: tf2.exp(w) + tf2.sin(w))

    assert count(_traced(run, np.array(True), fill(1))).totals == {"v": 1, "w": 0}
    assert count(_traced(run, np.array(False), fill(1))).totals == {"v": 0, "w": 2}


def test_rows_of_one_variable_count_together():
    v = tf2.Variable([[1.0], [2.0]], name="v")

    def run(x):
        one, other = tf2.unstack(v)
        return x * one + other

    assert count(_traced(run, fill(1))).totals == {"v": 1}


def test_what_draws_random_numbers_has_no_weight():
    state = tf2.Variable([1, 2], dtype=tf2.int32, name="state")

    def run(x):
        drawn = tf2.random.stateless_uniform([2], state)
        state.assign_add([1, 1])
        return x * drawn

    assert count(_traced(run, fill(2))).totals == {"state": 0}


def test_gradients_and_updates_of_a_step_do_not_count():
    v = tf2.Variable([2.0], name="v")

    def run(x):
        with tf2.GradientTape() as tape:
            h = x
            for _ in tf2.range(3):
                h = tf2.tanh(h * v)
            loss = tf2.reduce_sum(h)
        v.assign_sub(tape.gradient(loss, v))
        return loss

    assert count(_traced(run, fill(1))).totals == {"v": 3}
