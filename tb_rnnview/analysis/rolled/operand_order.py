"""Sums and products that are made alike take their operands in one order.

What optimises a graph sorts the operands of what may be computed either way round by their names:
``mul_9`` comes after ``mul_10``. So one timestep may have the order of its operands turned.
"""

from __future__ import annotations

from array import array
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.analysis.rolled.arrays import Ints
from tb_rnnview.analysis.rolled.colours import Colour, mixed
from tb_rnnview.graph.edges import Edges
from tb_rnnview.graph.form import Graph

EITHER_WAY = frozenset({"Add", "AddV2", "Mul", "Maximum", "Minimum"})
_FARTHEST = 2
"""Operations before an operand that it is told by."""


def in_one_order(graph: Graph) -> Graph:
    """The graph, with the operands turned around of those operations that most others differ from.

    Operands are told apart by what they are made by.
    """
    edges = graph.edges
    nodes = np.flatnonzero(edges.of_nodes(EITHER_WAY) & (edges.count == 2))
    turned: list[Ints] = []
    for reach in range(_FARTHEST + 1):
        if not len(nodes):
            break
        first = edges.first[nodes].astype(np.int64)
        one = _made_by(edges, edges.source[first].astype(np.int64), reach)
        other = _made_by(edges, edges.source[first + 1].astype(np.int64), reach)
        told = one != other
        turned.append(_minority(edges.op[nodes][told], one[told], other[told], nodes[told]))
        nodes = nodes[~told]
    if not any(map(len, turned)):
        return graph
    first = edges.first[np.concatenate(turned)].astype(np.int64)
    source, port = (np.frombuffer(x, np.int32).copy() for x in (graph.source, graph.source_port))
    for numbers in (source, port):
        numbers[first], numbers[first + 1] = numbers[first + 1], numbers[first].copy()
    return replace(
        graph, source=array("i", source.tobytes()), source_port=array("i", port.tobytes())
    )


def _minority(op: NDArray[np.int32], one: Colour, other: Colour, nodes: Ints) -> Ints:
    """Of operations on the same two operands, those that take them in the rarer order."""
    alike = mixed(op, 0) + np.minimum(one, other) * np.uint64(3) + np.maximum(one, other)
    _, group = np.unique(alike, return_inverse=True)
    count = np.bincount(group)
    is_turned = one > other
    times = np.bincount(group, weights=is_turned)
    found: Ints = nodes[is_turned == (2 * times <= count)[group]]
    return found


def _made_by(edges: Edges, nodes: Ints, reach: int) -> Colour:
    """Numbers that are equal for nodes that are made alike, up to some operations before them."""
    found = mixed(edges.op[nodes], 1)
    if not reach or not len(nodes):
        return found
    count = edges.count[nodes].astype(np.int64)
    place = np.repeat(np.arange(len(nodes)), count)
    within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    sources = edges.source[edges.first[nodes].astype(np.int64)[place] + within].astype(np.int64)
    np.add.at(found, place, mixed(_made_by(edges, sources, reach - 1), 2))
    return found
