"""Functions and loops that a few nodes make endless are refused, or not looked into."""

from __future__ import annotations

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.graph import growing
from tb_rnnview.graph.frames import find_frames
from tb_rnnview.graph.from_graph_def import from_graph_def


def calling_each_other(functions: int, times: int) -> GraphDef:
    """Functions of which each calls the next one so many times."""
    made = GraphDef()
    made.node.add(name="x", op="Placeholder")
    made.node.add(name="call", op="PartitionedCall", input=["x"]).attr["f"].func.name = "f0"
    for number in range(functions):
        function = made.library.function.add()
        function.signature.name = f"f{number}"
        function.signature.input_arg.add(name="a", type=1)
        function.signature.output_arg.add(name="y", type=1)
        read = "a"
        for time in range(times if number + 1 < functions else 0):
            call = function.node_def.add(name=f"c{time}", op="PartitionedCall", input=[read])
            call.attr["f"].func.name = f"f{number + 1}"
            read = f"c{time}:output:0"
        function.node_def.add(name="end", op="Relu", input=[read])
        function.ret["y"] = "end:activations:0"
    return made


def test_functions_within_functions_are_looked_into_as_deep_as_programs_go() -> None:
    assert len(from_graph_def(calling_each_other(100, 1)).nodes_of("Relu")) == 100
    graph = from_graph_def(calling_each_other(5_000, 1))
    assert len(graph.nodes_of("Relu")) == 200
    assert len(graph.nodes_of("PartitionedCall")) == 1


def test_functions_that_call_each_other_twice_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(growing, "_MOST_CALLS", 1_000)
    assert len(from_graph_def(calling_each_other(8, 2)).calls) == 255
    with pytest.raises(SourceError, match=r"too large: its functions are called 1,000 times"):
        from_graph_def(calling_each_other(40, 2))


def test_operations_that_come_of_calls_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "_MOST_NODES", 500)
    with pytest.raises(SourceError, match=r"or come to 500 operations"):
        from_graph_def(calling_each_other(8, 2))


def nested_loops(depth: int) -> GraphDef:
    made = GraphDef()
    made.node.add(name="x", op="Placeholder")
    value = "x"
    for k in range(depth):
        made.node.add(name=f"enter{k}", op="Enter", input=[value])
        made.node[-1].attr["frame_name"].s = f"loop{k}".encode()
        value = f"enter{k}"
    for k in reversed(range(depth)):
        made.node.add(name=f"exit{k}", op="Exit", input=[value])
        value = f"exit{k}"
    return made


def test_loops_within_loops_are_refused_where_no_program_has_so_many() -> None:
    graph = from_graph_def(nested_loops(100))
    assert max(find_frames(graph).depth) == 100
    with pytest.raises(SourceError, match=r"too deep: more than 200 loops lie in each other"):
        find_frames(from_graph_def(nested_loops(1_000)))
