"""Which variables on several devices are one, by what sets and changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.programs.tf1 import tf

KINDS = pytest.mark.parametrize("resource", [True, False], ids=["resource", "reference"])


@pytest.fixture
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def _pair(first: Any, second: Any, resource: bool, devices: str = "01") -> list[Any]:
    """Two variables of one shape on two devices, with their first values."""
    made = []
    for name, device, value in zip("ab", devices, (first, second), strict=True):
        with tf.device(f"/cpu:{device}"):
            made.append(tf.Variable(value, name=name, use_resource=resource))
    return made


def _variables(graph: Any) -> list[str]:
    found = from_graph_def(GraphDef.FromString(graph.as_graph_def().SerializeToString()))
    return [found.names[n] for n in found.nodes_of("VarHandleOp", "VariableV2")]


def _updates(variables: list[Any], gradients: list[Any]) -> None:
    for variable, gradient in zip(variables, gradients, strict=True):
        with tf.device(variable.device):
            tf.train.GradientDescentOptimizer(0.1).apply_gradients([(gradient, variable)])


def _start() -> Any:
    return tf.random_uniform([3, 4])


@KINDS
def test_the_same_first_value_and_the_same_changes(graph: Any, resource: bool) -> None:
    start = _start()
    made = _pair(start, tf.identity(start), resource)
    whole = tf.add_n([tf.placeholder(tf.float32, [3, 4]) for _ in range(2)])
    _updates(made, [tf.identity(whole), tf.identity(whole)])
    assert _variables(graph) == ["a"]


@KINDS
def test_what_is_computed_of_equal_variables_is_equal(graph: Any, resource: bool) -> None:
    """A running mean, by which the variable is changed."""
    start = _start()
    made = _pair(start, start, resource)
    means = [tf.Variable(start, name=f"mean_{v.op.name}", use_resource=resource) for v in made]
    for mean, v in zip(means, made, strict=True):
        mean.op._set_device(v.device)
    gradient = tf.placeholder(tf.float32, [3, 4])
    for v, mean in zip(made, means, strict=True):
        tf.assign(mean, mean * 0.9 + gradient * 0.1)
        tf.assign_sub(v, mean * 0.01)
    assert _variables(graph) == ["a", "mean_a"]


def _own_gradients(_: Any, made: list[Any]) -> None:
    _updates(made, [tf.placeholder(tf.float32, [3, 4]) for _ in made])


def _only_one_changes(_: Any, made: list[Any]) -> None:
    _updates(made[:1], [tf.placeholder(tf.float32, [3, 4])])


def _other_factors(_: Any, made: list[Any]) -> None:
    gradient = tf.placeholder(tf.float32, [3, 4])
    for factor, v in zip((0.9, 0.8), made, strict=True):
        tf.assign(v, v * factor + gradient)


def _other_places_of_a_checkpoint(_: Any, made: list[Any]) -> None:
    tf.train.Saver(made)


@KINDS
@pytest.mark.parametrize(
    "change", [_own_gradients, _only_one_changes, _other_factors, _other_places_of_a_checkpoint]
)
def test_what_is_changed_by_something_else_is_another(
    graph: Any, resource: bool, change: Callable[[Any, list[Any]], None]
) -> None:
    start = _start()
    change(graph, _pair(start, start, resource))
    assert _variables(graph) == ["a", "b"]


@KINDS
def test_one_device_keeps_nothing_twice(graph: Any, resource: bool) -> None:
    start = _start()
    _pair(start, start, resource, devices="00")
    assert _variables(graph) == ["a", "b"]


@KINDS
@pytest.mark.parametrize("shape", [(), (3, 4)], ids=["number", "matrix"])
def test_equal_constants_may_be_so_by_chance(
    graph: Any, resource: bool, shape: tuple[int, ...]
) -> None:
    zeros = np.zeros(shape, np.float32)
    made = _pair(zeros, zeros, resource)
    gradient = tf.placeholder(tf.float32, shape)
    _updates(made, [gradient, gradient])
    assert _variables(graph) == ["a", "b"]


def test_equal_changes_leave_open_what_was_before(graph: Any) -> None:
    """Two biases that are added up have one gradient."""
    made = _pair(_start(), _start(), resource=True)
    gradient = tf.placeholder(tf.float32, [3, 4])
    _updates(made, [gradient, gradient])
    found = GraphDef.FromString(graph.as_graph_def().SerializeToString())
    kept = [n for n in found.node if n.op != "AssignVariableOp"]
    without = GraphDef(node=kept)
    for node in without.node:
        node.input[:] = [i for i in node.input if not i.endswith("/Assign")]
    read = from_graph_def(without)
    assert [read.names[n] for n in read.nodes_of("VarHandleOp")] == ["a", "b"]


def test_other_shapes_are_other_variables(graph: Any) -> None:
    with tf.device("/cpu:0"):
        tf.get_variable("a", initializer=tf.zeros([2, 6]), use_resource=True)
    with tf.device("/cpu:1"):
        tf.get_variable("b", initializer=tf.zeros([3, 4]), use_resource=True)
    assert _variables(graph) == ["a", "b"]


@pytest.mark.parametrize("keys", [(7, 7), (7, 8)], ids=["one_sum", "two_sums"])
def test_each_device_has_its_end_of_a_sum(graph: Any, keys: tuple[int, int]) -> None:
    """The operation that sums over devices gives each of them the same, under one key."""
    start = _start()
    made = _pair(start, start, resource=True)
    sums = [
        tf.raw_ops.CollectiveReduce(
            input=tf.placeholder(tf.float32, [3, 4]),
            group_size=2,
            group_key=1,
            instance_key=key,
            merge_op="Add",
            final_op="Id",
            subdiv_offsets=[0],
        )
        for key in keys
    ]
    _updates(made, sums)
    assert _variables(graph) == (["a"] if keys == (7, 7) else ["a", "b"])
