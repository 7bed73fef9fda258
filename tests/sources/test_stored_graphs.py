"""A large graph is left as it is stored; what is read of it is what parsing it gives."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.alike import alike
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def
from tb_rnnview.graph.picked import Picked
from tb_rnnview.sources import stored_graph
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.sources.stored_graph import StoredGraph, StoredNodes, graph_of, meta_graph_of
from tb_rnnview.sources.text_hashes import hash_of, hashes
from tests.sources.graphs import dense, meta_graph, saved

_DAMAGED = (DecodeError, UnicodeDecodeError)  # the latter: of protobuf in plain Python


@pytest.fixture(autouse=True)
def nothing_is_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_graph, "LARGE", 0)
        patch.setattr(stored_graph, "FEWEST", 1)
        yield


def same(data: bytes) -> bool:
    """Checks that both ways give one graph, or one refusal; and tells whether it was left."""
    try:
        parsed = GraphDef.FromString(data)
    except _DAMAGED:
        with pytest.raises(_DAMAGED):
            graph_of(data)
        return False
    stored = graph_of(data)
    assert list(stored.node) == list(parsed.node)
    assert list(stored.library.gradient) == list(parsed.library.gradient)
    assert functions(stored.library.function) == functions(parsed.library.function)
    assert stored.HasField("versions") == parsed.HasField("versions")
    assert outcome(stored) == outcome(parsed)
    return isinstance(stored.node, StoredNodes) and stored.node.columns is not None


def outcome(graph_def: GraphDef | StoredGraph) -> object:
    try:
        return facts(from_graph_def(graph_def))
    except SourceError as error:
        return str(error)


def facts(graph: Graph) -> list[object]:
    index = {name: graph.index[name] for name in graph.names}
    assert dict(graph.index) == index
    assert "nobody" not in graph.index
    return [
        index,
        list(graph.names),
        graph.op_names,
        graph.op_ids,
        graph.first_input,
        graph.source,
        graph.source_port,
        graph.first_control,
        graph.control_source,
        list(graph.nodes),
        functions(graph.library.values()),
        list(graph.replaced.items()),
        [call.function for call in graph.calls],
    ]


def functions(of: Iterable[Any]) -> list[list[object]]:
    """All that functions are, in the order of their names."""
    found: list[list[object]] = []
    for f in of:
        maps = [dict(m) for m in (f.ret, f.control_ret, f.attr, f.arg_attr)]
        found.append([f.signature.name, f.signature, list(f.node_def), *maps])
    return sorted(found, key=lambda one: str(one[0]))


def chain(nodes: int) -> GraphDef:
    """Nodes with none to three inputs, of outputs and of what only comes before."""
    chance = random.Random(nodes)
    made = GraphDef()
    for number in range(nodes):
        node = made.node.add(name=f"scope_{number % 7}/n{number}", op=chance.choice("ABC") + "op")
        for _ in range(min(number, chance.randrange(4))):
            read = chance.choice(made.node[:number] or [node]).name
            port = chance.choice(("", "", ":1", ":23"))
            node.input.append(chance.choice((read + port, read + port, "^" + read)))
        if number % 3:
            node.attr["T"].type = number % 5
    return made


def test_a_chain() -> None:
    assert same(chain(500).SerializeToString())


def test_a_node_with_many_inputs_beside_nodes_with_few() -> None:
    made = chain(300)
    made.node.add(name="all", op="Pack").input.extend(n.name for n in made.node[:-1])
    made.node.add(name="again", op="Pack").input.extend(f"{n.name}:2" for n in made.node[:-2])
    assert same(made.SerializeToString())


def test_long_texts_and_nodes() -> None:
    made = chain(20)
    for size in (127, 128, 300, 4000):
        made.node.add(name="n" * size, op="O" * size, input=[made.node[-1].name + ":7"])
        made.node[-1].attr["value"].s = b"x" * size * 700
    assert same(made.SerializeToString())


def test_a_text_that_is_longer_than_any_is_left_to_the_parser() -> None:
    made = chain(20)
    made.node.add(name="n" * 100_000, op="Op")
    assert not same(made.SerializeToString())


@pytest.mark.parametrize(
    "reads",
    ["scope_0/n0:0", "scope_0/n0:999999999", "scope_0/n0:007"],
)
def test_outputs_are_numbered(reads: str) -> None:
    made = chain(20)
    made.node.add(name="last", op="Op", input=[reads])
    assert same(made.SerializeToString())


@pytest.mark.parametrize(
    "reads",
    [
        *("nothing", "^nothing", "", "^", ":0", "scope_0/n0:", "scope_0/n0:x", "scope_0/n0:0:1"),
        *("scope_0/n0:²", "scope_0/n0:1234567890", "^scope_0/n0:0", "^^scope_0/n0"),
    ],
)
def test_what_is_not_there_is_told_as_before(reads: str) -> None:
    made = chain(20)
    made.node.add(name="last", op="Op", input=[reads])
    assert not same(made.SerializeToString())
    assert "last" in str(outcome(graph_of(made.SerializeToString())))


def test_names_like_outputs_come_first() -> None:
    made = chain(20)
    made.node.add(name="scope_0/n0:1", op="Op")
    made.node.add(name="last", op="Op", input=["scope_0/n0:1", "scope_0/n0"])
    assert not same(made.SerializeToString())
    graph = from_graph_def(graph_of(made.SerializeToString()))
    assert graph.inputs(graph.index["last"]) == [(20, 0), (0, 0)]


def test_one_name_twice_is_told_as_before() -> None:
    made = chain(20)
    made.node.add(name="scope_0/n0", op="Op")
    assert not same(made.SerializeToString())
    alone = GraphDef()
    for _ in range(2):
        alone.node.add(name="a", op="Op")
    assert not same(alone.SerializeToString())


@pytest.mark.parametrize("lacks", ["name", "op"])
def test_a_node_without_a_text(lacks: str) -> None:
    made = chain(20)
    made.node[7].ClearField(lacks)
    assert not same(made.SerializeToString())


def test_fields_in_another_order() -> None:
    made = chain(20)
    node = made.node[7]
    # The operation before the name, then an input behind an attribute.
    turned = (
        b"\x12\x03Aop\x0a\x02n7",
        b"\x0a\x02n7\x12\x03Aop\x2a\x02\x0a\x00\x1a\x0a" + made.node[0].name.encode(),
    )
    for text in turned:
        parts = [n.SerializeToString() for n in made.node if n != node]
        data = b"".join(b"\x0a" + bytes([len(p)]) + p for p in [*parts[:7], text])
        assert not same(data)


def test_a_head_that_is_longer_than_it_must_be() -> None:
    data = chain(20).SerializeToString()
    longer = data[:1] + bytes([data[1] | 0x80, 0]) + data[2:]
    assert not same(longer)


def test_functions_and_versions_behind_the_nodes() -> None:
    made = chain(20)
    made.versions.producer = 27
    function = made.library.function.add()
    function.signature.name = "f"
    function.node_def.add(name="a", op="Op")
    assert same(made.SerializeToString())
    library = GraphDef(library=made.library).SerializeToString()
    assert not same(library + chain(20).SerializeToString())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_refused_as_before(data: st.DataObject) -> None:
    made = chain(12)
    made.versions.producer = 27
    stored = bytearray(made.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(stored) - 1))
        stored[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(stored)))
    same(bytes(stored))
    same(bytes(stored[:cut]))


def test_a_text_that_is_no_text_is_damage() -> None:
    data = chain(20).SerializeToString()
    broken = data.replace(b"scope_3/n3", b"scope_3/\xff3", 1)
    assert not same(broken)


def test_a_meta_graph_and_what_it_declares(tmp_path: Path) -> None:
    meta = meta_graph(variables=("b", "a"), trainable=("b",))
    meta.graph_def.CopyFrom(dense())
    opened = open_source(saved(tmp_path / "m.meta", meta))
    assert isinstance(opened, GraphSource)
    assert isinstance(opened.graph_def, StoredGraph)
    assert list(opened.graph_def.node) == list(dense().node)
    assert opened.declared == (DeclaredVariable("b", True), DeclaredVariable("a", False))


def test_a_meta_graph_whose_graph_is_stored_in_two_parts() -> None:
    halves = [MetaGraphDef(graph_def=dense(prefix=p)).SerializeToString() for p in "ab"]
    meta, graph = meta_graph_of(b"".join(halves))
    assert not isinstance(graph, StoredGraph)
    assert graph == meta.graph_def == MetaGraphDef.FromString(b"".join(halves)).graph_def


def test_graphs_with_few_nodes_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_graph, "FEWEST", 21)
    assert isinstance(graph_of(chain(20).SerializeToString()), GraphDef)
    assert isinstance(graph_of(chain(21).SerializeToString()), StoredGraph)


def test_a_file_that_is_cut_between_two_nodes_is_incomplete(tmp_path: Path) -> None:
    """Nodes stand in any order: what is read may be behind the cut."""
    made = chain(50)
    made.node[3].input.append(made.node[49].name)
    del made.node[40:]
    path = tmp_path / "cut.pb"
    path.write_bytes(made.SerializeToString())
    with pytest.raises(SourceError, match=r"is incomplete: .* reads .*, which is not in it"):
        open_source(path)


def test_which_nodes_have_the_same_attributes() -> None:
    made = chain(200)
    for node in (made.node[50], made.node[53]):
        node.op = "Aop"
        node.attr["T"].type = 1
        node.attr["value"].s = b"x" * 10_000
    graph = from_graph_def(graph_of(made.SerializeToString()))
    asked = list(range(20, 180, 3))
    stand_ins = alike(graph, asked).tolist()
    attributes = {node: [*graph.nodes[node].attr.items(), graph.op(node)] for node in asked}
    for node, like in zip(asked, stand_ins, strict=True):
        assert attributes[node] == attributes[like]
    different = {str(a) for a in attributes.values()}
    assert len(set(stand_ins)) == len(different) + 1  # what is large is not compared
    assert alike(from_graph_def(made), asked).tolist() == asked


def test_a_node_in_the_place_of_another_is_like_no_other() -> None:
    made = GraphDef()
    for number in range(40):
        made.node.add(name=f"p{number}", op="Placeholder").attr["dtype"].type = 20
    made.node.add(name="r", op="ReadVariableOp", input=["p7"]).attr["dtype"].type = 1
    graph = from_graph_def(graph_of(made.SerializeToString()))
    assert graph.op(7) == "VarHandleOp"
    assert graph.nodes[7].op == "VarHandleOp"
    assert graph.nodes[6:9] == [made.node[6], graph.nodes[7], made.node[8]]
    assert alike(graph, [6, 7, 8]).tolist() == [6, 7, 6]
    assert alike(graph, []).tolist() == []


def test_nodes_that_are_left_of_a_stored_graph_are_compared_as_before() -> None:
    made = chain(60)
    graph = from_graph_def(graph_of(made.SerializeToString()))
    kept = np.array([4, 7, 10, 13, 40, 43])
    left = replace(
        from_graph_def(
            GraphDef(node=[NodeDef(name=made.node[k].name, op=made.node[k].op) for k in kept])
        ),
        nodes=Picked(graph.nodes, kept, []),
    )
    for node, like in enumerate(alike(left, range(6)).tolist()):
        assert left.nodes[node].op == left.nodes[like].op
        assert left.nodes[node].attr["T"] == left.nodes[like].attr["T"]
    assert len(set(alike(left, range(6)).tolist())) < 6


@given(st.lists(st.text(max_size=40), min_size=1, max_size=9))
def test_one_text_has_the_number_that_it_has_among_many(texts: list[str]) -> None:
    stored = [text.encode() for text in texts]
    size = np.array([len(text) for text in stored])
    data = np.frombuffer(b"".join(stored) + bytes(16 + -int(size.sum()) % 8), np.uint8)
    assert hashes(data, np.cumsum(size) - size, size).tolist() == [hash_of(t) for t in stored]


def in_function(nodes: int, reads: Iterable[str] = ()) -> GraphDef:
    """Nodes of a function, which a graph calls; the last of them reads what is given."""
    chance = random.Random(nodes)
    made = GraphDef()
    function = made.library.function.add()
    function.signature.name = "f"
    for name in ("a", "b"):
        function.signature.input_arg.add(name=name, type=1)
    function.signature.output_arg.add(name="y", type=1)
    outputs = {"Unpack": "output", "TopKV2": "indices", "Relu": "activations", "g": "second"}
    for number in range(nodes):
        op = chance.choice(list(outputs))
        node = function.node_def.add(name=f"scope_{number % 7}/n{number}", op=op)
        if number % 3:
            node.attr["T"].type = number % 5
        for _ in range(chance.randrange(4)):
            other = chance.choice(function.node_def)
            output = f"{other.name}:{outputs[other.op]}:{chance.choice((0, 0, 3, 12))}"
            node.input.append(chance.choice((output, output, "a", "b", "^" + other.name, "^a")))
    function.node_def.add(name="last", op="Relu").input.extend(reads)
    function.ret["y"] = "last:activations:0"
    function.arg_attr[0].attr["_user_specified_name"].s = b"x"
    inner = made.library.function.add()
    inner.signature.name = "g"
    for name in ("first", "second"):
        inner.signature.output_arg.add(name=name, type=1)
        inner.node_def.add(name=name, op="Const")
        inner.ret[name] = f"{name}:output:0"
    made.node.add(name="x", op="Placeholder")
    made.node.add(name="call", op="PartitionedCall", input=["x", "x"])
    made.node[-1].attr["f"].func.name = "f"
    made.versions.producer = 27
    return made


def without_calls(graph_def: GraphDef | StoredGraph) -> object:
    """What is found, of operations that have any inputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tb_rnnview.graph.from_graph_def.check_sound", lambda _: None)
        return outcome(graph_def)


@pytest.mark.parametrize("reads", [(), ("a",), ("scope_1/n1:output:0", "^b", "^scope_0/n0")])
def test_the_nodes_of_a_function(reads: tuple[str, ...]) -> None:
    made = in_function(300, reads)
    stored = graph_of(made.SerializeToString())
    assert isinstance(stored, StoredGraph)
    by_name = {f.signature.name: f for f in stored.library.function}
    assert isinstance(by_name["f"].node_def, StoredNodes)
    assert by_name["f"].node_def.columns is not None
    assert functions(stored.library.function) == functions(made.library.function)
    assert without_calls(stored) == without_calls(made)


@pytest.mark.parametrize(
    "reads",
    [
        *("nothing", "^nothing", "scope_1/n1:0", "scope_1/n1:output", "scope_1/n1:output:x", "a:0"),
        *("", ":", "scope_1/n1:output:0:1", "^scope_1/n1:output:0", "scope_1/n1:output:1234567890"),
        *("scope_1/n1", "scope_1/n1:nobody:2"),
    ],
)
def test_what_a_function_reads_is_told_as_before(reads: str) -> None:
    made = in_function(30, [reads])
    assert without_calls(graph_of(made.SerializeToString())) == without_calls(made)


def test_a_function_whose_nodes_are_called_like_its_arguments() -> None:
    made = in_function(30, ["a"])
    made.library.function[0].node_def.add(name="a", op="Relu")
    assert without_calls(graph_of(made.SerializeToString())) == without_calls(made)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damage_in_a_function_is_refused_as_before(data: st.DataObject) -> None:
    stored = bytearray(in_function(12, ["a"]).SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(stored) - 1))
        stored[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(stored)))
    same(bytes(stored))
    same(bytes(stored[:cut]))


def test_nodes_by_place() -> None:
    made = chain(20)
    stored = graph_of(made.SerializeToString())
    assert stored.node[-1] == made.node[-1]
    assert stored.node[3:6] == made.node[3:6]
    with pytest.raises(IndexError):
        stored.node[20]


def test_a_stored_graph_with_a_call() -> None:
    """What stands in the place of calls is added; attributes of the rest stay where they are."""
    made = chain(40)
    function = made.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="x", type=1)
    function.signature.output_arg.add(name="y", type=1)
    function.node_def.add(name="inner", op="Relu", input=["x"]).attr["T"].type = 7
    function.ret["y"] = "inner:activations:0"
    made.node.add(name="call", op="PartitionedCall", input=["scope_1/n1"])
    made.node[-1].attr["f"].func.name = "f"
    data = made.SerializeToString()
    assert same(data)
    graph = from_graph_def(graph_of(data))
    inner = graph.index["call/inner"]
    assert graph.attr(inner, "T").type == 7
    assert alike(graph, [*range(40), inner]).tolist()[-1] == inner
