"""Which nodes have the same attributes: of a large graph, only one of each kind is parsed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.replaced_nodes import ReplacedNodes
from tb_rnnview.sources.alike_nodes import attribute_numbers
from tb_rnnview.sources.stored_graph import StoredNodes


def alike(graph: Graph, nodes: Sequence[int]) -> NDArray[np.int64]:
    """For each of some nodes, one of them that has the same attributes and operation type.

    In a graph that is not stored each stands for itself: its attributes can be read as they are.
    """
    found = np.array(nodes, np.int64)
    all_nodes = graph.nodes
    replaced = all_nodes.instead if isinstance(all_nodes, ReplacedNodes) else {}
    raw = all_nodes.nodes if isinstance(all_nodes, ReplacedNodes) else all_nodes
    if not isinstance(raw, StoredNodes) or raw.columns is None or not len(found):
        return found
    asked = np.flatnonzero(~np.isin(found, list(replaced)) & (found < len(raw)))
    numbers = attribute_numbers(raw, found[asked]) ^ graph.edges.op[found[asked]].astype(np.uint64)
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    found[asked] = found[asked][first[which]]
    return found
