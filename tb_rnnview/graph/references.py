"""References to variables that old graphs hand on: what is read there is the variable's value."""

from __future__ import annotations

from array import array
from dataclasses import replace

from tb_rnnview.graph.form import Graph

_HANDS_ON = "RefIdentity"


def hand_on_values(graph: Graph) -> Graph:
    """The graph in which a reference that is handed on is its value, handed on."""
    if _HANDS_ON not in graph.op_names:
        return graph
    op_names = graph.op_names if "Identity" in graph.op_names else [*graph.op_names, "Identity"]
    op_ids = array("i", graph.op_ids)
    for node in graph.nodes_of(_HANDS_ON):
        op_ids[node] = op_names.index("Identity")
    return replace(graph, op_ids=op_ids, op_names=op_names)
