"""What may hold a part of the network, and is not looked into.

Some operations run what a graph does not show: a fused layer, a function that is not put in the
place of its call. Nothing is claimed of what they do with a weight.
"""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.graph.form import Graph


def what_hides(graph: Graph, op: str) -> str:
    """What an operation is, if it may hold a part of the network; "" = it hides nothing."""
    if op in ops.NOT_COVERED:
        return ops.NOT_COVERED[op]
    if op not in graph.calling or ops.is_derivative(op):
        return ""
    return "a function that prepares data" if _prepares_data(op) else "a call of a function"


def hidden_parts(graph: Graph, live: bytearray) -> list[str]:
    """The types of the live operations that hide something, in alphabetical order.

    What prepares data is no part of the network; if it takes weights, its layer says so.
    """
    kinds = {graph.op_ids[n] for n in range(len(graph)) if live[n]}
    live_ops = (graph.op_names[kind] for kind in kinds)
    return sorted(op for op in live_ops if what_hides(graph, op) and not _prepares_data(op))


def _prepares_data(op: str) -> bool:
    return "Dataset" in op or "Iterator" in op
