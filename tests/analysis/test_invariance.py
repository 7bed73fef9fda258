"""No name decides, and no order: the same graph, written down otherwise, is the same network."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import LengthSource, Timeline
from tests.analysis.claims import timeline
from tests.programs.catalogue import NAMES, program


def graph_def(name: str) -> GraphDef:
    return GraphDef.FromString(
        program(name).graph.as_graph_def(add_shapes=True).SerializeToString()
    )


def renamed(graph: GraphDef) -> GraphDef:
    """Every node called n0, n1, …, in an order that says nothing; frames f0, f1, …."""
    places = list(range(len(graph.node)))
    random.Random(7).shuffle(places)
    names = {node.name: f"n{k}" for node, k in zip(graph.node, places, strict=True)}
    frames: dict[bytes, bytes] = {}

    def tensor(text: str) -> str:
        control = "^" if text.startswith("^") else ""
        node, colon, output = text.removeprefix("^").partition(":")
        return control + names[node] + colon + output

    other = GraphDef.FromString(graph.SerializeToString())
    for node in other.node:
        node.name = names[node.name]
        node.input[:] = [tensor(text) for text in node.input]
        attributes = node.attr
        if "frame_name" in attributes:
            frame = attributes["frame_name"].s
            attributes["frame_name"].s = frames.setdefault(frame, b"f%d" % len(frames))
        if "shared_name" in attributes:
            shared = attributes["shared_name"].s.decode()
            attributes["shared_name"].s = names.get(shared, shared).encode()
        if "_class" in attributes:
            places_ = [text.decode().removeprefix("loc:@") for text in attributes["_class"].list.s]
            attributes["_class"].list.s[:] = [f"loc:@{names[p]}".encode() for p in places_]
        for attribute in ("tensor_array_name", "stack_name"):
            if attribute in attributes:
                attributes[attribute].s = b""
    return other


def shuffled(graph: GraphDef, seed: int) -> GraphDef:
    nodes = list(graph.node)
    random.Random(seed).shuffle(nodes)
    return GraphDef(node=nodes, versions=graph.versions, library=graph.library)


def structure(claimed: Timeline) -> tuple[object, ...]:
    """What is claimed, without any name and in no order."""
    axes = {"": "once"} | {
        a.id: (a.length, a.length_is_bound, a.encoding.name, bool(a.parent)) for a in claimed.axes
    }
    layers: dict[str, object] = {"": "none"} | {
        x.id: (
            x.kind.name,
            x.cell,
            x.units,
            x.depth,
            tuple(sorted((str(axes[a.axis]), a.direction.name) for a in x.applications)),
        )
        for x in claimed.layers
    }
    variables = Counter(
        (
            v.shape,
            v.role,
            v.blocks,
            tuple(
                sorted(
                    (str(layers[u.layer]), str(axes[u.axis]), u.start, str(u.stop), u.reads)
                    for u in v.uses
                )
            ),
        )
        for v in claimed.variables
    )
    states = Counter((layers[s.layer], s.shape, s.initial == "zeros") for s in claimed.states)
    connections = Counter(
        (layers[c.from_layer], layers[c.to_layer], c.offset) for c in claimed.connections
    )
    findings = Counter((f.code, f.severity) for f in claimed.findings)
    return (
        Counter(axes.values()),
        Counter(layers.values()),
        variables,
        states,
        connections,
        findings,
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_name_decides(name):
    graph = graph_def(name)
    assert structure(analyze_graph(open_source(renamed(graph)))) == structure(
        analyze_graph(open_source(graph))
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_nodes_does_not_decide(name, seed):
    graph = graph_def(name)
    assert structure(analyze_graph(open_source(shuffled(graph, seed)))) == structure(
        analyze_graph(open_source(graph))
    )


@pytest.mark.parametrize("name", NAMES)
def test_equal_input_gives_equal_bytes(name):
    one, other = (analyze_graph(open_source(graph_def(name))) for _ in range(2))
    assert one.to_json() == other.to_json()
    assert one.to_proto().SerializeToString() == other.to_proto().SerializeToString()


@pytest.mark.parametrize("name", NAMES)
def test_naming_the_outputs_changes_no_use(name):
    """Each program's outputs need all of its forward part, so naming them leaves out nothing."""
    case = program(name)
    claimed = analyze_graph(open_source(case.graph), outputs=[t.name for t in case.outputs])
    uses = {v.name: v.uses for v in timeline(name).variables if v.uses}
    assert {v.name: v.uses for v in claimed.variables if v.uses} == uses


@pytest.mark.parametrize("name", ["unknown_length", "while_gathered"])
def test_a_length_that_is_given_is_taken(name):
    case = program(name)
    (axis,) = timeline(name).axes
    claimed = analyze_graph(open_source(case.graph), lengths={axis.id: 9})
    assert (claimed.axes[0].length, claimed.axes[0].length_source) == (9, LengthSource.OBSERVED)
    assert {use.stop for v in claimed.variables for use in v.uses} == {9}


@pytest.mark.parametrize("name", ["unknown_length", "while_gathered"])
def test_an_example_input_gives_the_length(name):
    case = program(name)
    inputs = {tensor.op.name: value for tensor, value in case.feeds.items()}
    (axis,) = analyze_graph(open_source(case.graph), inputs=inputs).axes
    assert (axis.length, axis.length_source) == (case.steps, LengthSource.OBSERVED)
