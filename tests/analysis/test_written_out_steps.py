"""Which steps that are written out one by one are timesteps, and which are layers."""

from __future__ import annotations

from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.timeline import Direction, Encoding, Timeline
from tests.programs import tf1
from tests.programs.tf1 import rnn_cell


def function(run: Any, *shape: int) -> Timeline:
    return analyze(tf.function(run), inputs=tf.TensorSpec(shape))


def test_a_stack_of_layers_whose_results_are_all_scored_is_no_time() -> None:
    """Each layer has a kernel of its own, out of one variable; one head scores them all."""
    kernels = tf.Variable(tf.ones([4, 5, 5]), name="kernels")
    head = tf.Variable(tf.ones([5, 2]), name="head")

    def run(x: Any) -> Any:
        scores = []
        for k in range(4):
            x = tf.tanh(x @ kernels[k])
            scores.append(x @ head)
        return tf.stack(scores)

    claimed = function(run, 2, 5)
    assert claimed.axes == ()
    assert claimed.recurrent_layers == ()
    assert {v.name: sum(use.reads for use in v.uses) for v in claimed.variables}["head"] == 4


def test_tied_layers_whose_results_are_put_together_are_told_to_be_time() -> None:
    """With one kernel for all, nothing but that the results are collected tells time from depth."""
    kernel = tf.Variable(tf.ones([5, 5]), name="kernel")

    def run(x: Any) -> Any:
        found = []
        for _ in range(4):
            x = tf.tanh(x @ kernel)
            found.append(x)
        return tf.stack(found)

    claimed = function(run, 2, 5)
    assert [(axis.length, axis.encoding) for axis in claimed.axes] == [(4, Encoding.UNROLLED)]
    assert [layer.cell for layer in claimed.recurrent_layers] == ["SimpleRNN"]


@pytest.mark.parametrize("is_loop", [True, False])
def test_one_cell_twice_on_a_state_in_one_piece_is_no_time_of_two_steps(is_loop: bool) -> None:
    """Each of the two layers takes its part of the state, and leaves its part of the next one."""
    with tf1.tf.Graph().as_default() as graph:
        x = tf1.tf.placeholder(tf.float32, [2, 6, 4])
        stack = rnn_cell.MultiRNNCell([rnn_cell.BasicRNNCell(4)] * 2, state_is_tuple=False)
        if is_loop:
            tf1.tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)
        else:
            tf1.tf.nn.static_rnn(stack, tf.unstack(x, axis=1), dtype=tf.float32)
    claimed = analyze(graph)
    assert [(axis.length, axis.parent) for axis in claimed.axes] == [(6, "")]
    for variable in claimed.variables:
        assert sum(use.reads * (use.steps or 0) for use in variable.uses) == 12


def test_a_state_of_two_timesteps_ago() -> None:
    """Each state is made of the two before it, with a kernel for each."""
    sizes = {"w": 3, "u": 4, "v": 4}
    w, u, v = (tf.Variable(tf.ones([size, 4]), name=name) for name, size in sizes.items())

    def run(x: Any) -> Any:
        before = last = tf.zeros([2, 4])
        found = []
        for t in range(6):
            before, last = last, tf.tanh(x[t] @ w + last @ u + before @ v)
            found.append(last)
        return tf.stack(found)

    claimed = function(run, 6, 2, 3)
    (axis,) = claimed.axes
    assert (axis.length, axis.encoding) == (6, Encoding.UNROLLED)
    assert {
        variable.name: [(use.axis, use.start, use.stop, use.reads) for use in variable.uses]
        for variable in claimed.variables
    } == {name: [(axis.id, 0, 6, 1)] for name in sizes}


def test_a_last_timestep_that_does_less() -> None:
    """What the last timestep makes of its result is not needed: one use less."""
    w, u = tf.Variable(tf.ones([3, 4]), name="w"), tf.Variable(tf.ones([4, 3]), name="u")

    def run(x: Any) -> Any:
        h, seen, found = tf.zeros([2, 4]), tf.zeros([2, 3]), []
        for t in range(5):
            h = tf.tanh((x[t] + seen) @ w) + 0.5 * h
            seen = tf.sigmoid(h @ u)
            found.append(h)
        return tf.stack(found)

    claimed = function(run, 5, 2, 3)
    uses = {v.name: sum(use.reads * (use.steps or 0) for use in v.uses) for v in claimed.variables}
    assert uses == {"w": 5, "u": 4}


def test_what_is_made_anew_at_each_timestep_tells_no_order() -> None:
    """A decoder that multiplies the whole memory again at each step; its first word is given."""
    memory, query = tf.Variable(tf.ones([3, 4]), name="memory"), tf.Variable(tf.ones([4, 4]))
    kernel, head = tf.Variable(tf.ones([7, 4]), name="kernel"), tf.Variable(tf.ones([4, 3]))

    def run(x: Any) -> Any:
        h, word, found = tf.zeros([2, 4]), tf.zeros([2, 3]), []
        for _ in range(4):
            keys = tf.tensordot(x, memory, 1)
            share = tf.nn.softmax(tf.reduce_sum(keys * tf.expand_dims(h @ query, 1), 2))
            seen = tf.reduce_sum(tf.expand_dims(share, 2) * x, 1)
            h = tf.tanh(tf.concat([seen + word, h], 1) @ kernel)
            word = h @ head
            found.append(word)
        return tf.stack(found)

    claimed = function(run, 2, 5, 3)
    (axis,) = claimed.axes
    assert (axis.length, axis.encoding) == (4, Encoding.UNROLLED)
    assert {a.direction for layer in claimed.recurrent_layers for a in layer.applications} == {
        Direction.FORWARD
    }
    for variable in claimed.variables:
        assert sum(use.reads * (use.steps or 0) for use in variable.uses) == 4, variable.name


def test_constants_that_are_no_whole_numbers_may_differ() -> None:
    """Each timestep multiplies by a number of its own."""
    kernel = tf.Variable(tf.ones([7, 4]), name="kernel")

    def run(x: Any) -> Any:
        h = tf.zeros([2, 4])
        for t in range(5):
            h = tf.tanh(tf.concat([x[t] * (0.5 + t), h], 1) @ kernel)
        return h

    claimed = function(run, 5, 2, 3)
    assert [axis.length for axis in claimed.axes] == [5]
    assert [use.steps for variable in claimed.variables for use in variable.uses] == [5]


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
def test_a_state_and_an_output_that_are_held_alike(library: Any) -> None:
    """Where a word is padding, the state stays what it is, and so does the output."""
    layers = library.layers
    claimed = analyze(
        library.Sequential(
            [
                library.Input((5,), dtype="int32"),
                layers.Embedding(9, 3, mask_zero=True),
                layers.LSTM(4, unroll=True, return_sequences=True),
                layers.LSTM(6, unroll=True),
            ]
        )
    )
    assert [axis.length for axis in claimed.axes] == [5]
    assert [(x.cell, x.units, x.depth) for x in claimed.recurrent_layers] == [
        ("LSTM", 4, 0),
        ("LSTM", 6, 1),
    ]
