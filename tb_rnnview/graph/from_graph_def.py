"""Builds the in-memory form from a raw GraphDef."""

from __future__ import annotations

import re
from array import array
from typing import Any

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.boxed_values import unbox_values
from tb_rnnview.graph.captured_variables import name_captured_variables
from tb_rnnview.graph.copied_constants import unite_copies
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_columns import from_columns
from tb_rnnview.graph.late_conditions import ask_first
from tb_rnnview.graph.lower_functions import lower_functions
from tb_rnnview.graph.mirrored_variables import unite_mirrored
from tb_rnnview.graph.references import hand_on_values
from tb_rnnview.graph.soundness import check_sound
from tb_rnnview.graph.transposed_convolutions import name_transposed_convolutions
from tb_rnnview.graph.unchanged_values import leave_unchanged_outside
from tb_rnnview.sources.stored_graph import StoredGraph, StoredNodes

_PORT = re.compile("[0-9]{1,9}")


def from_graph_def(graph_def: GraphDef | StoredGraph) -> Graph:
    """The graph of a GraphDef, with the bodies of functions in place of what names them.

    Raises:
        SourceError: the graph is incomplete, or no program could run it.
    """
    graph = lower_functions(_read(graph_def))
    check_sound(graph)
    graph = ask_first(leave_unchanged_outside(hand_on_values(unbox_values(graph))))
    graph = unite_copies(graph)
    graph = unite_mirrored(graph)
    return name_captured_variables(name_transposed_convolutions(graph))


def _read(graph_def: GraphDef | StoredGraph) -> Graph:
    library = {f.signature.name: f for f in graph_def.library.function}
    nodes = graph_def.node
    columns = nodes.columns if isinstance(nodes, StoredNodes) else None
    if columns is None:
        return _build(graph_def.node, library)
    return from_columns(columns, graph_def.node, library)


def _build(nodes: Any, library: dict[str, Any]) -> Graph:
    names = [node.name for node in nodes]
    index = {name: i for i, name in enumerate(names)}
    if len(index) != len(names):
        # The later of two nodes is the one that the index holds.
        twice = next(name for i, name in enumerate(names) if index[name] != i)
        raise SourceError(f"the graph is damaged: two nodes are called {twice!r}")
    op_index: dict[str, int] = {}
    op_ids = array("i")
    first_input, source, source_port = array("i", [0]), array("i"), array("i")
    first_control, control_source = array("i", [0]), array("i")
    for node in nodes:
        op_ids.append(op_index.setdefault(node.op, len(op_index)))
        for text in node.input:
            if text[0:1] == "^":
                target = index.get(text[1:])
                if target is None:
                    raise _dangling(node.name, text[1:])
                control_source.append(target)
                continue
            target = index.get(text)
            port = 0
            if target is None:
                name, _, suffix = text.rpartition(":")
                target = index.get(name)
                if target is None or not _PORT.fullmatch(suffix):
                    raise _dangling(node.name, text)
                port = int(suffix)
            source.append(target)
            source_port.append(port)
        first_input.append(len(source))
        first_control.append(len(control_source))
    return Graph(
        names=names,
        op_ids=op_ids,
        op_names=list(op_index),
        first_input=first_input,
        source=source,
        source_port=source_port,
        first_control=first_control,
        control_source=control_source,
        nodes=nodes,
        library=library,
    )


def _dangling(node: str, missing: str) -> SourceError:
    return SourceError(
        f"the graph is incomplete: node {node!r} reads {missing!r}, which is not in it; "
        "export the whole graph again"
    )
