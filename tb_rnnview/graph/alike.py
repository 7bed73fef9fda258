"""Which nodes have the same attributes: of a large graph, only one of each kind is parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.joined import Joined
from tb_rnnview.graph.picked import Picked
from tb_rnnview.graph.replaced_nodes import ReplacedNodes
from tb_rnnview.sources.alike_nodes import attribute_numbers
from tb_rnnview.sources.stored_graph import StoredNodes

Ints = NDArray[np.int64]


_COMPOSED = (StoredNodes, Picked, Joined, ReplacedNodes)


def alike(graph: Graph, nodes: Sequence[int]) -> Ints:
    """For each of some nodes, one of them that has the same attributes and operation type.

    In a graph that is not stored each stands for itself: its attributes can be read as they are.
    """
    found = np.array(nodes, np.int64)
    if not len(found):
        return found
    for stored, which, places in _stored(graph.nodes, np.arange(len(found)), found):
        kinds = graph.edges.op[found[which]].astype(np.uint64)
        numbers = attribute_numbers(stored, places) ^ kinds
        _, first, like = np.unique(numbers, return_index=True, return_inverse=True)
        found[which] = found[which][first[like]]
    return found


def _stored(nodes: Any, which: Ints, places: Ints) -> Iterator[tuple[StoredNodes, Ints, Ints]]:
    """Those of some nodes that are stored, and where.

    Args:
        nodes: the raw nodes.
        which: numbers of some of them.
        places: their places among the nodes.
    """
    if isinstance(nodes, StoredNodes) and nodes.columns is not None:
        yield nodes, which, places
    elif isinstance(nodes, Picked):
        old = places < len(nodes.kept)
        yield from _stored(nodes.old, which[old], nodes.kept[places[old]])
    elif isinstance(nodes, Joined):
        for part, start in zip(nodes.parts, nodes.starts, strict=True):
            if isinstance(part, _COMPOSED):
                here = (places >= start) & (places < start + len(part))
                yield from _stored(part, which[here], places[here] - start)
    elif isinstance(nodes, ReplacedNodes):
        own = ~np.isin(places, list(nodes.instead))
        yield from _stored(nodes.nodes, which[own], places[own])
