"""Functions that a graph calls, loops over or chooses between."""

from __future__ import annotations

import pytest
import tensorflow as tf2
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.given import named_nodes
from tb_rnnview.errors import SourceError
from tb_rnnview.facade import analyze
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import find_frames
from tb_rnnview.graph.from_graph_def import from_graph_def
from tb_rnnview.graph.growing import Growing
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Kind
from tests.programs.tf1 import functional_control_flow, tf


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


def concrete(function, *specs) -> GraphDef:
    traced = tf2.function(function).get_concrete_function(*specs)
    return GraphDef.FromString(traced.graph.as_graph_def().SerializeToString())


FLOATS = tf2.TensorSpec([None, 3], tf2.float32)


def summed(x):
    """Adds x up 4 times, each time with the table that comes from outside."""
    table = tf2.reshape(tf2.range(3.0), [1, 3])
    return tf2.while_loop(lambda i, _: i < 4, lambda i, s: (i + 1, s + x + table), (0, x))[1]


def test_a_functional_loop_becomes_a_while_frame() -> None:
    graph = from_graph_def(concrete(summed, FLOATS))
    frames = find_frames(graph)
    assert {graph.op(n) for n in graph.nodes_of("While", "StatelessWhile")} == set()
    assert len(frames) == 2
    (condition,) = graph.nodes_of("LoopCond")
    assert frames.name[frames.of[condition]] == "while"
    # What is added each time, and the counter, run in the frame; the table is made outside.
    inside = {graph.op(n) for n in range(len(graph)) if frames.of[n] == 1}
    assert {"AddV2", "Less"} <= inside
    assert all(frames.of[n] == 0 for n in graph.nodes_of("Range"))


def test_what_the_body_changes_comes_round_and_nothing_else() -> None:
    graph = from_graph_def(concrete(summed, FLOATS))
    # TensorFlow's own counter of steps, i and s change; x, the table and the limit do not.
    assert len(graph.loop_merges) == len(graph.nodes_of("NextIteration")) == 3
    constant = [n for n in graph.nodes_of("Enter") if graph.flag(n, "is_constant")]
    entered = {graph.op(graph.sources(n)[0]) for n in constant}
    assert {"Placeholder", "Reshape"} <= entered
    for enter in constant:
        assert not {to for _, to, _ in graph.consumers(enter)} & set(graph.loop_merges)


def test_what_a_loop_hands_on_unchanged_is_what_went_in() -> None:
    def through(x):
        _, same, other = tf2.while_loop(
            lambda i, *_: i < 4, lambda i, a, b: (i + 1, tf2.identity(a), b * a), (0, x, x)
        )
        return same, other

    graph = from_graph_def(concrete(through, FLOATS))
    same, other = graph.index["Identity"], graph.index["Identity_1"]
    assert graph.op(graph.sources(same)[0]) == "Placeholder"
    assert graph.op(graph.sources(other)[0]) == "Exit"
    assert graph.names[graph.sources(other)[0]].startswith("while:")


def test_loops_in_loops_and_in_calls_nest() -> None:
    @tf2.function
    def inner(x):
        return tf2.while_loop(lambda i, _: i < 3, lambda i, s: (i + 1, s * 2.0), (0, x))[1]

    def outer(x):
        return tf2.while_loop(lambda i, _: i < 4, lambda i, s: (i + 1, inner(s)), (0, x))[1]

    frames = find_frames(from_graph_def(concrete(outer, FLOATS)))
    assert sorted(frames.depth[frame] for frame in set(frames.of)) == [0, 1, 2]


def test_a_condition_becomes_switch_and_merge() -> None:
    def chosen(x):
        return tf2.cond(
            tf2.reduce_sum(x) > 0.0, lambda: tf2.exp(x), lambda: tf2.zeros_like(x) + 1.0
        )

    graph = from_graph_def(concrete(chosen, FLOATS))
    (merge,) = graph.nodes_of("Merge")
    otherwise, then = graph.sources(merge)
    (exp,) = graph.nodes_of("Exp")
    assert exp in walk([then], graph.sources)
    assert exp not in walk([otherwise], graph.sources)
    source = graph.inputs(exp)[0]
    assert (graph.op(source[0]), source[1]) == ("Switch", 1)
    assert "Greater" in {graph.op(n) for n in walk([graph.sources(source[0])[1]], graph.sources)}


def test_a_case_takes_the_branch_of_its_number_and_else_the_last() -> None:
    def chosen(x, which):
        branches = [lambda: tf2.exp(x), lambda: tf2.sin(x), lambda: tf2.cos(x)]
        return tf2.switch_case(which, branches)

    graph = from_graph_def(concrete(chosen, FLOATS, tf2.TensorSpec([], tf2.int32)))
    (merge,) = graph.nodes_of("Merge")
    ways = []
    for source in graph.sources(merge):
        (op,) = (n for n in walk([source], graph.sources) if graph.op(n) in ("Exp", "Sin", "Cos"))
        ports, tensor = [], graph.inputs(op)[0]
        while graph.op(tensor[0]) == "Switch":
            ports.append(tensor[1])
            tensor = graph.inputs(tensor[0])[0]
        ways.append((graph.op(op), ports[::-1]))
    assert ways == [("Exp", [1]), ("Sin", [0, 1]), ("Cos", [0, 0])]
    asked = [graph.sources(n)[1] for n in graph.nodes_of("Equal")]
    assert [list(graph.attr(n, "value").tensor.int_val) for n in asked] == [[0], [1]]


def test_a_loop_whose_functions_are_not_there_stays() -> None:
    message = concrete(summed, FLOATS)
    kept = [f for f in message.library.function if "body" not in f.signature.name]
    del message.library.function[:]
    message.library.function.extend(kept)
    graph = from_graph_def(message)
    assert len(graph.nodes_of("While", "StatelessWhile")) == 1


def test_an_output_is_found_by_the_name_that_the_program_knows() -> None:
    message = concrete(summed, FLOATS)
    (loop,) = (node.name for node in message.node if "While" in node.op)
    found = named_nodes(from_graph_def(message), [f"{loop}:3"])
    graph = from_graph_def(message)
    assert [graph.op(n) for n in found] == ["Exit"]
    assert found == list(graph.sources(graph.index["Identity"]))


def test_names_are_distinct() -> None:
    @tf2.function
    def twice(x):
        return summed(x) * 2.0

    graph = from_graph_def(concrete(lambda x: twice(twice(x)), FLOATS))
    assert len(graph.index) == len(graph)


def test_what_was_put_in_the_place_of_functions_stays_known() -> None:
    """Another pass may put further operations in the place of some: what the first did holds."""
    with tf.Graph().as_default() as graph, functional_control_flow():
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        turned = tf2.function(lambda value: tf.transpose(value))(x)
        tf.cond(tf.reduce_sum(turned) > 0, lambda: turned + 1, lambda: turned - 1)
    lowered = from_graph_def(raw(graph))
    again = Growing(lowered).finished()
    assert lowered.calls
    assert lowered.chosen_by
    assert lowered.replaced
    for name in ("calls", "call", "chosen_by", "replaced"):
        assert getattr(again, name) == getattr(lowered, name), name
