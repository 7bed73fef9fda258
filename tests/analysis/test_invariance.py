"""No name decides, and no order: the same graph, written down otherwise, is the same network."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import LengthSource, Timeline
from tests.analysis.claims import of_graph, timeline
from tests.programs.catalogue import NAMES, program


def graph_def(name: str) -> GraphDef:
    return GraphDef.FromString(
        program(name).graph.as_graph_def(add_shapes=True).SerializeToString()
    )


def new_names(graph: GraphDef) -> dict[str, str]:
    """Every node called n0, n1, …, in an order that says nothing."""
    places = list(range(len(graph.node)))
    random.Random(7).shuffle(places)
    return {node.name: f"n{k}" for node, k in zip(graph.node, places, strict=True)}


def renamed(graph: GraphDef) -> GraphDef:
    """With `new_names`; frames f0, f1, …; functions g0, g1, …, and in them everything anew."""
    names = new_names(graph)
    functions = {f.signature.name: f"g{k}" for k, f in enumerate(graph.library.function)}
    other = GraphDef.FromString(graph.SerializeToString())
    _rename_nodes(other.node, names, functions)
    for function in other.library.function:
        signature = function.signature
        signature.name = functions[signature.name]
        inside = {arg.name: f"a{k}" for k, arg in enumerate(signature.input_arg)}
        inside |= {node.name: f"m{k}" for k, node in enumerate(function.node_def)}
        results = {arg.name: f"r{k}" for k, arg in enumerate(signature.output_arg)}
        for arg in signature.input_arg:
            arg.name = inside[arg.name]
        for arg in signature.output_arg:
            arg.name = results[arg.name]
        _rename_nodes(function.node_def, inside, functions)
        returned = {results[k]: _tensor(v, inside) for k, v in function.ret.items()}
        effects = {f"c{n}": inside[v] for n, v in enumerate(function.control_ret.values())}
        function.ret.clear()
        function.ret.update(returned)
        function.control_ret.clear()
        function.control_ret.update(effects)
        signature.control_output[:] = list(effects)
    for gradient in other.library.gradient:
        gradient.function_name = functions[gradient.function_name]
        gradient.gradient_func = functions[gradient.gradient_func]
    return other


def _tensor(text: str, names: Mapping[str, str]) -> str:
    control = "^" if text.startswith("^") else ""
    node, colon, output = text.removeprefix("^").partition(":")
    return control + names[node] + colon + output


def _rename_nodes(
    nodes: Iterable[NodeDef], names: Mapping[str, str], functions: Mapping[str, str]
) -> None:
    frames: dict[bytes, bytes] = {}
    for node in nodes:
        node.name = names[node.name]
        node.op = functions.get(node.op, node.op)
        node.input[:] = [_tensor(text, names) for text in node.input]
        attributes = node.attr
        for value in attributes.values():
            for called in (value.func, *value.list.func):
                if called.name:
                    called.name = functions[called.name]
        if "frame_name" in attributes:
            frame = attributes["frame_name"].s
            attributes["frame_name"].s = frames.setdefault(frame, b"f%d" % len(frames))
        if "shared_name" in attributes:
            shared = attributes["shared_name"].s.decode()
            attributes["shared_name"].s = names.get(shared, shared).encode()
        if "_class" in attributes:
            beside = [text.decode().removeprefix("loc:@") for text in attributes["_class"].list.s]
            attributes["_class"].list.s[:] = [f"loc:@{names.get(n, n)}".encode() for n in beside]
        for attribute in ("tensor_array_name", "stack_name"):
            if attribute in attributes:
                attributes[attribute].s = b""


def shuffled(graph: GraphDef, seed: int) -> GraphDef:
    """Nodes, functions and the nodes in each in another order."""
    chance = random.Random(seed)
    other = GraphDef(versions=graph.versions)
    other.node.extend(chance.sample(graph.node, len(graph.node)))
    functions = graph.library.function
    for function in chance.sample(functions, len(functions)):
        copy = other.library.function.add()
        copy.CopyFrom(function)
        del copy.node_def[:]
        copy.node_def.extend(chance.sample(function.node_def, len(function.node_def)))
    other.library.gradient.extend(graph.library.gradient)
    return other


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
    names = new_names(graph)
    said = of_graph(program(name), renamed(graph), lambda tensor: _tensor(tensor, names))
    assert structure(said) == structure(of_graph(program(name), graph))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_nodes_does_not_decide(name, seed):
    graph = graph_def(name)
    said = of_graph(program(name), shuffled(graph, seed))
    assert structure(said) == structure(of_graph(program(name), graph))


@pytest.mark.parametrize("name", NAMES)
def test_equal_input_gives_equal_bytes(name):
    one, other = (of_graph(program(name), graph_def(name)) for _ in range(2))
    assert one.to_json() == other.to_json()
    assert one.to_proto().SerializeToString() == other.to_proto().SerializeToString()


@pytest.mark.parametrize("name", NAMES)
def test_naming_the_outputs_changes_no_use(name):
    """Each program's outputs need all of its forward part, so naming them leaves out nothing."""
    case = program(name)
    claimed = analyze_graph(open_source(case.graph), outputs=[t.name for t in case.outputs])
    uses = {v.name: v.uses for v in of_graph(case).variables if v.uses}
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
