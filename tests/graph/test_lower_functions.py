"""Functions that a graph calls."""

from __future__ import annotations

import pytest
import tensorflow as tf2
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.facade import analyze
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import find_frames
from tb_rnnview.graph.from_graph_def import from_graph_def
from tb_rnnview.timeline import Kind
from tests.programs.tf1 import tf


def raw(graph: tf.Graph) -> GraphDef:
    return GraphDef.FromString(graph.as_graph_def().SerializeToString())


def called_twice() -> tf.Graph:
    """A function that calls another one, called on x and then on its own result."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        weights = tf.get_variable("weights", [3, 3], use_resource=True)

        @tf2.function
        def dense(value):
            return tf.nn.relu(tf.matmul(value, weights))

        @tf2.function
        def turned(value):
            first, rest = tf.split(dense(value), [1, 2], axis=1)
            return tf2.math.top_k(value, 2).indices, tf.concat([rest, first], 1)

        tf.identity(turned(turned(x)[1])[1], name="end")
    return graph


def upstream(graph: Graph, name: str) -> list[str]:
    """Operations that a node's data come through, nearest first, along the first inputs."""
    node, found = graph.index[name], []
    while graph.inputs(node):
        node = graph.inputs(node)[0][0]
        found.append(graph.op(node))
    return [op for op in found if op != "Identity"]


def test_a_body_stands_in_place_of_its_call() -> None:
    graph = from_graph_def(raw(called_twice()))
    once = ["ConcatV2", "SplitV", "Relu", "MatMul"]
    assert upstream(graph, "end") == [*once, *once, "Placeholder"]


def test_named_outputs_have_their_positions() -> None:
    graph = from_graph_def(raw(called_twice()))
    for concat in graph.nodes_of("ConcatV2"):
        assert [port for _, port in graph.inputs(concat)[:2]] == [1, 0]  # rest, first


def test_each_call_is_an_instance_of_its_own() -> None:
    graph = from_graph_def(raw(called_twice()))
    assert len(graph.calls) == 4
    products = graph.nodes_of("MatMul")
    assert len({graph.call[n] for n in products}) == 2
    for node in products:
        inner = graph.calls[graph.call[node] - 1]
        outer = graph.calls[inner.parent - 1]
        assert outer.parent == 0
        assert inner.function != outer.function
    assert graph.call[graph.index["x"]] == 0


def test_variables_are_found_through_any_depth_of_calls() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        weights = tf.get_variable("weights", [3, 2], use_resource=True)

        @tf2.function
        def inner(value):
            return tf.matmul(value, weights)

        @tf2.function
        def outer(value):
            return inner(value) + 1.0

        outer(x)
    timeline = analyze(graph)
    (layer,) = timeline.layers
    assert (layer.kind, layer.units) == (Kind.ONCE, 2)
    assert [u.reads for u in timeline.variable("weights").uses] == [1]


def calling_itself() -> GraphDef:
    graph = GraphDef()
    function = graph.library.function.add()
    function.signature.name = "again"
    function.signature.input_arg.add(name="x")
    function.signature.output_arg.add(name="y")
    node = function.node_def.add(name="call", op="PartitionedCall", input=["x"])
    node.attr["f"].func.name = "again"
    function.ret["y"] = "call:output:0"
    graph.node.add(name="x", op="Placeholder")
    node = graph.node.add(name="start", op="PartitionedCall", input=["x"])
    node.attr["f"].func.name = "again"
    graph.node.add(name="end", op="Identity", input=["start"])
    return graph


def test_a_function_that_calls_itself_is_put_in_place_once() -> None:
    graph = from_graph_def(calling_itself())
    assert [graph.op(n) for n in graph.sources(graph.index["end"])] == ["PartitionedCall"]
    assert len(graph.calls) == 1


def test_a_function_that_is_not_there_stays_a_call() -> None:
    message = calling_itself()
    del message.library.function[:]
    graph = from_graph_def(message)
    assert graph.op(graph.index["start"]) == "PartitionedCall"


def test_a_function_that_reads_what_is_not_there_is_refused() -> None:
    message = calling_itself()
    message.library.function[0].node_def[0].input[0] = "gone"
    with pytest.raises(SourceError, match="function 'again' reads 'gone'"):
        from_graph_def(message)


def test_what_reads_nothing_runs_in_the_frame_of_its_call() -> None:
    with tf.Graph().as_default() as graph:

        @tf2.function
        def grow(value):
            return value * 3.0

        tf.while_loop(lambda v: v < 9.0, lambda v: grow(v), [tf.constant(1.0)], name="growing")
    form = from_graph_def(raw(graph))
    inner = [n for n in range(len(form)) if len(form.call) and form.call[n]]
    assert {form.op(n) for n in inner} >= {"Const", "Mul"}
    assert {find_frames(form).of[n] for n in inner} == {1}
