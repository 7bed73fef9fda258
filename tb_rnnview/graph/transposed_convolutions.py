"""Transposed convolutions that are layers, making sequences larger, get a name of their own.

TensorFlow has one operation for them and for the derivative of a convolution by its input. A
derivative comes after the convolution that it is the derivative of, and takes the same filter. What
takes a filter first is a layer.
"""

from __future__ import annotations

from array import array
from dataclasses import replace

from tb_rnnview.graph.control_flow import ENTER, SWITCH, origin
from tb_rnnview.graph.edges import places
from tb_rnnview.graph.form import Graph

TRANSPOSED = {
    "Conv2DBackpropInput": "TransposedConv2D",
    "Conv3DBackpropInputV2": "TransposedConv3D",
}
"""What such a layer is called from here on. Its inputs: what it is applied to, filter, shape."""

_HANDED_ON = (
    *("Identity", "Cast", "ReadVariableOp", "Reshape", "ExpandDims", "Squeeze"),
    *ENTER,
    *SWITCH,
)
_STORED = frozenset({"VariableV2", "Variable", "VarHandleOp", "Placeholder", "Const"})


def name_transposed_convolutions(graph: Graph) -> Graph:
    """The graph with the transposed convolutions named that are layers."""
    candidates = graph.nodes_of(*TRANSPOSED)
    if not candidates:
        return graph
    place = places(graph)
    first: dict[int, int] = {}
    for node in graph.nodes_of("Conv2D", "Conv3D"):
        kept = _filter(graph, node)
        first[kept] = min(place[node], first.get(kept, len(graph)))
    layers = [
        node
        for node in candidates
        if graph.op(_filter(graph, node)) in _STORED
        and place[node] < first.get(_filter(graph, node), len(graph))
    ]
    return _named(graph, layers) if layers else graph


def _filter(graph: Graph, node: int) -> int:
    """The node that keeps the filter of a convolution."""
    return origin(graph, graph.inputs(node)[1], _HANDED_ON)[0]


def _named(graph: Graph, layers: list[int]) -> Graph:
    op_names, op_ids = list(graph.op_names), array("i", graph.op_ids)
    source, port = array("i", graph.source), array("i", graph.source_port)
    for node in layers:
        name = TRANSPOSED[graph.op(node)]
        if name not in op_names:
            op_names.append(name)
        op_ids[node] = op_names.index(name)
        shape = graph.first_input[node]
        applied_to = shape + 2
        for ends in (source, port):
            ends[shape], ends[applied_to] = ends[applied_to], ends[shape]
    return replace(graph, op_names=op_names, op_ids=op_ids, source=source, source_port=port)
