"""Reads off the graph what the rules of findings need to know beside the timeline."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.variables import holds_weights
from tb_rnnview.findings.facts import Facts, UnreadInput


def facts_of(found: Analysis) -> Facts:
    """The facts of a graph."""
    return Facts(unread_inputs=tuple(_unread_inputs(found)))


def _unread_inputs(found: Analysis) -> Iterator[UnreadInput]:
    graph = found.graph
    if not graph.nodes_of(*ops.VARIABLES):
        return  # frozen: what freezing left over is nobody's input
    for node in graph.nodes_of("Placeholder", "PlaceholderV2"):
        if any(True for _ in graph.consumers(node)) or len(graph.control_consumers(node)):
            continue
        shape = found.values.shape((node, 0))
        known = None if shape is None else tuple(d if isinstance(d, int) else None for d in shape)
        yield UnreadInput(graph.names[node], known, holds_weights(graph, node))
