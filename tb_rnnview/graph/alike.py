"""Which nodes have the same attributes: of a large graph, only one of each kind is parsed."""

from __future__ import annotations

from collections.abc import Sequence

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.replaced_nodes import ReplacedNodes
from tb_rnnview.sources.stored_graph import StoredNodes


def alike(graph: Graph, nodes: Sequence[int]) -> Sequence[int]:
    """For each of some nodes, one of them that has the same attributes and operation type.

    In a graph that is not stored each stands for itself: its attributes can be read as they are.
    """
    raw = graph.nodes
    instead = raw.instead if isinstance(raw, ReplacedNodes) else {}
    raw = raw.nodes if isinstance(raw, ReplacedNodes) else raw
    if not isinstance(raw, StoredNodes) or raw.columns is None:
        return nodes
    import numpy as np

    from tb_rnnview.sources.alike_nodes import attribute_numbers

    asked = np.array([n for n in nodes if n not in instead], np.int64)
    numbers = attribute_numbers(raw, asked)
    numbers ^= graph.edges.op[asked].astype(np.uint64)
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    stands_for = dict(zip(asked.tolist(), asked[first[which]].tolist(), strict=True))
    return [stands_for.get(node, node) for node in nodes]
