"""Is this really a graph? Protobuf parses much that is none without complaint."""

from __future__ import annotations

import re

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.sources.stored_graph import StoredGraph, StoredNodes, names_and_ops

# Any identifier that an op registry could hold, namespaces ("Addons>Op") included.
_OP = re.compile(r"[A-Za-z_][\w.>:/-]*\Z")

# Enough to recognise what is no graph; looking at all of a large graph's nodes would take a second.
_LOOKED_AT = 20_000


def why_not_a_graph(graph_def: GraphDef | StoredGraph) -> str:
    """The reason why a parsed GraphDef cannot be one, as a clause; "" = it can."""
    nodes = graph_def.node
    count = len(nodes)
    if not count:
        if len(graph_def.library.function):
            return "holds only functions: a graph without nodes"
        return "holds a graph without nodes"
    stride = max(1, count // _LOOKED_AT)
    for number, (name, op) in enumerate(names_and_ops(nodes, stride)):
        if not name:
            return f"is no graph: node {number * stride} of {count:,} has no name"
        if not _OP.match(op):
            return f"is no graph: node {number * stride} of {count:,} has no op"
    return "" if _is_versioned(graph_def) else _dangling(graph_def)


def _is_versioned(graph_def: GraphDef | StoredGraph) -> bool:
    # Serializers write the versions behind the nodes. Where they are, nothing was cut off.
    return bool(graph_def.HasField("versions") or graph_def.version)


def _dangling(graph_def: GraphDef | StoredGraph) -> str:
    """A file that was cut between two nodes parses, but some inputs then lead nowhere."""
    if isinstance(graph_def.node, StoredNodes) and graph_def.node.columns is not None:
        return ""  # where each input comes from has been found
    names = {node.name for node in graph_def.node}
    for node in graph_def.node:
        for spec in node.input:
            name = spec.removeprefix("^").partition(":")[0]
            if name not in names:
                return f"is incomplete: {node.name} reads {name}, which is not in it"
    return ""
