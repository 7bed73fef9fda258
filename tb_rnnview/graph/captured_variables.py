"""Variables that a function has captured: Placeholders for resources, read as variables.

A graph that was written out of a function has no node that makes its variables. What stands for
one is a Placeholder of a resource; that it is a variable, and of which type and shape, is told by
the operations that read it, at whatever depth of calls and loops.
"""

from __future__ import annotations

from array import array
from dataclasses import replace

from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.types_pb2 import DT_RESOURCE

from tb_rnnview.graph.form import MERGE, Graph
from tb_rnnview.graph.replaced_nodes import ReplacedNodes
from tb_rnnview.graph.walk import walk

_HANDED_ON = frozenset({"Identity", "Enter", "Switch", *MERGE})
_READS = frozenset({"ReadVariableOp", "ResourceGather", "ResourceGatherNd"})
_HANDLE = "VarHandleOp"


def name_captured_variables(graph: Graph) -> Graph:
    """The graph with handles of variables for the Placeholders that stand for variables."""
    handles = {}
    for node in graph.nodes_of("Placeholder"):
        if graph.attr(node, "dtype") is None or graph.attr(node, "dtype").type != DT_RESOURCE:
            continue
        read = _first_read(graph, node)
        if read is not None:
            handles[node] = _handle(graph, node, read)
    if not handles:
        return graph
    op_names = graph.op_names if _HANDLE in graph.op_names else [*graph.op_names, _HANDLE]
    op_ids = array("i", graph.op_ids)
    for node in handles:
        op_ids[node] = op_names.index(_HANDLE)
    return replace(
        graph, op_ids=op_ids, op_names=op_names, nodes=ReplacedNodes(graph.nodes, handles)
    )


def _first_read(graph: Graph, placeholder: int) -> int | None:
    """An operation that reads the variable; one whose result has the variable's shape, if any."""
    reads = []
    for node in walk([placeholder], lambda n: _receivers(graph, n)):
        if graph.op(node) in _READS:
            reads.append(node)
    return min(reads, key=lambda n: (graph.op(n) != "ReadVariableOp", n), default=None)


def _receivers(graph: Graph, node: int) -> list[int]:
    op = graph.op(node)
    if op != "Placeholder" and op not in _HANDED_ON:
        return []
    return [to for _, to, slot in graph.consumers(node) if slot == 0 or graph.op(to) in MERGE]


def _handle(graph: Graph, node: int, read: int) -> NodeDef:
    raw = NodeDef(name=graph.names[node], op=_HANDLE)
    dtype = graph.attr(read, "dtype")
    if dtype is not None:
        raw.attr["dtype"].type = dtype.type
    noted = graph.attr(read, "_output_shapes")
    shape = raw.attr["shape"].shape
    if graph.op(read) == "ReadVariableOp" and noted is not None and noted.list.shape:
        shape.CopyFrom(type(shape).FromString(noted.list.shape[0].SerializeToString()))
    else:
        shape.unknown_rank = True
    return raw
