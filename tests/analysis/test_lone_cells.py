"""Which operations that are one step of a cell, run once, are of one timestep with which others."""

from __future__ import annotations

from typing import Any

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Kind, Timeline
from tests.programs.tf1 import tf


def weights(scope: str) -> dict[str, Any]:
    """Those of a GRU of 4 units over 4 inputs."""
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        shapes = {"w_ru": [8, 8], "w_c": [8, 4], "b_ru": [8], "b_c": [4]}
        return {name: tf.get_variable(name, shape) for name, shape in shapes.items()}


def cell(x: Any, h: Any, scope: str) -> Any:
    """A timestep."""
    return tf.raw_ops.GRUBlockCell(x=x, h_prev=h, **weights(scope)).h


def lengths(claimed: Timeline) -> dict[str, list[int | None]]:
    """The lengths of the axes on which each recurrent layer runs, by the scope of its weights."""
    axes = {axis.id: axis.length for axis in claimed.axes}
    return {
        claimed.variables_of(layer.id)[0].name.partition("/")[0]: [
            axes[a.axis] for a in layer.applications
        ]
        for layer in claimed.recurrent_layers
    }


def test_cells_with_a_loop_between_them_have_a_time_of_their_own_each() -> None:
    with tf.Graph().as_default() as graph:
        x, zeros = tf.placeholder(tf.float32, [2, 4]), tf.zeros([2, 4])
        first = cell(x, zeros, "first")
        _, looped = tf.while_loop(lambda t, _: t < 3, lambda t, y: (t + 1, y * 0.5), (0, first))
        cell(looped, zeros, "second")
    claimed = analyze(graph)
    assert lengths(claimed) == {"first": [1], "second": [1]}
    assert len(claimed.axes) == 2


def test_groups_that_would_need_each_other_are_taken_apart() -> None:
    """One feeds the other's input in both, and each starts a state of the other group."""
    with tf.Graph().as_default() as graph:
        x, zeros = tf.placeholder(tf.float32, [2, 4]), tf.zeros([2, 4])
        a, d = cell(x, zeros, "a"), cell(x, zeros, "d")
        b = cell(d, a, "b")
        c = cell(a, d, "c")
        tf.concat([b, c], 1)
    assert lengths(analyze(graph)) == {"a": [1], "b": [1], "c": [1], "d": [1]}


def test_a_cell_that_is_fed_and_started_by_another_one_is_none_of_its_timestep() -> None:
    with tf.Graph().as_default() as graph:
        x, zeros = tf.placeholder(tf.float32, [2, 4]), tf.zeros([2, 4])
        first = cell(x, zeros, "first")
        cell(first, first, "second")
    claimed = analyze(graph)
    assert lengths(claimed) == {"first": [1], "second": [1]}
    assert len(claimed.axes) == 2


def test_what_a_batch_loop_runs_once_is_one_timestep() -> None:
    """A loop of training takes one batch after the other: it is no time, and what it runs is."""
    with tf.Graph().as_default() as graph:
        queue = tf.FIFOQueue(10, [tf.float32], shapes=[[2, 4]])
        weights("r")

        def step(t: Any, total: Any) -> Any:
            h = cell(queue.dequeue(), tf.zeros([2, 4]), "r")
            return t + 1, total + tf.reduce_sum(h)

        tf.while_loop(lambda t, _: t < 9, step, (0, 0.0))
    claimed = analyze(graph)
    assert lengths(claimed) == {"r": [1]}
    assert [axis.parent for axis in claimed.axes] == [""]


def test_a_cell_in_a_branch_is_one_timestep() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4])
        how = tf.placeholder(tf.bool, [])
        tf.cond(how, lambda: cell(x, tf.zeros([2, 4]), "r"), lambda: x)
    assert lengths(analyze(graph)) == {"r": [1]}


def test_cells_whose_kernels_are_computed_from_data_are_no_layers() -> None:
    with tf.Graph().as_default() as graph:
        h = x = tf.placeholder(tf.float32, [2, 4])
        data = {n: tf.placeholder(tf.float32, w.shape) for n, w in weights("r").items()}
        kept = tf.get_variable("kept", [4, 4])
        for _ in range(2):
            h = tf.raw_ops.GRUBlockCell(x=tf.matmul(h, kept), h_prev=x, **data).h
    claimed = analyze(graph)
    assert claimed.axes == ()
    assert {layer.kind for layer in claimed.layers} <= {Kind.ONCE, Kind.UNKNOWN}


@pytest.mark.parametrize("count", [3, 600])
def test_many_cells_do_not_take_long(count: int) -> None:
    with tf.Graph().as_default() as graph:
        x, zeros = tf.placeholder(tf.float32, [2, 4]), tf.zeros([2, 4])
        with tf.variable_scope("r"):
            weights = [tf.get_variable(f"w{k}", [8, 8]) for k in range(count)]
        w_c, b_c, b_ru = tf.zeros([8, 4]), tf.zeros([4]), tf.zeros([8])
        for w_ru in weights:
            x = tf.raw_ops.GRUBlockCell(x=x, h_prev=zeros, w_ru=w_ru, w_c=w_c, b_ru=b_ru, b_c=b_c).h
    claimed = analyze(graph)
    assert len(claimed.variables) == count
