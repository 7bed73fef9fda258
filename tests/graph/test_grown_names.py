"""Names of what stands in the place of calls: each is there once, and is found."""

from __future__ import annotations

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def


def calling(*others: str, calls: int = 1, inner: tuple[str, ...] = ("y", "z")) -> Graph:
    """A graph with calls "call", "call_1", … of a function, and with other nodes."""
    made = GraphDef()
    made.node.add(name="x", op="Placeholder")
    function = made.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="a", type=1)
    function.signature.output_arg.add(name="b", type=1)
    for name in inner:
        function.node_def.add(name=name, op="Relu", input=["a"])
    function.ret["b"] = f"{inner[-1]}:activations:0"
    for number in range(calls):
        name = f"call_{number}" if number else "call"
        made.node.add(name=name, op="PartitionedCall", input=["x"]).attr["f"].func.name = "f"
    for name in others:
        made.node.add(name=name, op="Tanh", input=["call"])
    return from_graph_def(made)


def all_are_found(graph: Graph) -> None:
    names = list(graph.names)
    assert len(set(names)) == len(names) == len(graph)
    assert [graph.names[node] for node in range(len(graph))] == names
    assert [graph.index[name] for name in names] == list(range(len(graph)))
    assert graph.index.get("nobody") is None
    assert graph.index.get("call/nobody") is None


def test_names_lie_below_the_call() -> None:
    graph = calling(calls=2)
    all_are_found(graph)
    assert list(graph.names) == ["x", "call", "call_1", "call/y", "call/z", "call_1/y", "call_1/z"]


def test_what_says_its_whole_scope_keeps_its_name() -> None:
    graph = calling(inner=("call/y", "z"))
    all_are_found(graph)
    assert "call/y" in graph.index
    assert "call/call/y" not in graph.index


def test_names_that_the_graph_has_already() -> None:
    graph = calling("call/y", "call/other/y")
    all_are_found(graph)
    assert graph.op(graph.index["call/y"]) == "Tanh"


def test_the_bodies_of_two_branches_have_equal_names() -> None:
    made = GraphDef()
    made.node.add(name="p", op="Placeholder")
    for name in ("f", "g"):
        function = made.library.function.add()
        function.signature.name = name
        function.signature.input_arg.add(name="a", type=1)
        function.signature.output_arg.add(name="b", type=1)
        for inner in ("y", "Switch_0"):
            function.node_def.add(name=inner, op="Relu", input=["a"])
        function.ret["b"] = "y:activations:0"
    node = made.node.add(name="if", op="If", input=["p", "p"])
    node.attr["then_branch"].func.name, node.attr["else_branch"].func.name = "f", "g"
    graph = from_graph_def(made)
    all_are_found(graph)
    assert len(graph.nodes_of("Relu")) == 4
