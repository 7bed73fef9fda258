"""The edges of a graph as numpy arrays, and what is reached along them.

A graph may be hundreds of thousands of nodes deep, so that nothing can go on level by level. But
where each node comes after what it reads, a single pass over the edges tells what is reached; and
programs write their graphs down in such an order.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.graph.form import MERGE, NEXT, CircleError, Graph
from tb_rnnview.graph.in_turn import in_turn

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Edges:
    """The data edges, in the order of the nodes that they enter; and the types of these nodes."""

    def __init__(self, graph: Graph) -> None:
        """Views the arrays of a graph."""
        self._graph = graph
        self.op: Ints = _view(graph.op_ids)
        """The operation type of each node, as a place in ``op_names``."""
        self.first: Ints = _view(graph.first_input)
        self.source = _view(graph.source)
        self.port = _view(graph.source_port)
        self.count: Ints = np.diff(self.first)
        """How many inputs each node has."""
        self.target: Ints = np.repeat(np.arange(len(graph), dtype=np.int32), self.count)

    @cached_property
    def slot(self) -> Ints:
        """The input slot that each edge enters."""
        return np.arange(len(self.source), dtype=np.int32) - self.first[self.target]

    @cached_property
    def leads_back(self) -> Flags:
        """Whether an edge comes round a loop."""
        return self.of_sources(NEXT) & self.of_targets(MERGE)

    def kinds(self, ops: Collection[str] | Callable[[str], bool]) -> Flags:
        """For each operation type of the graph, whether it is one of these."""
        is_one = ops if callable(ops) else ops.__contains__
        return np.fromiter(map(is_one, self._graph.op_names), bool, len(self._graph.op_names))

    def of_nodes(self, ops: Collection[str] | Callable[[str], bool]) -> Flags:
        """For each node, whether it is of one of these types."""
        return self.kinds(ops)[self.op]

    def of_sources(self, ops: Collection[str] | Callable[[str], bool]) -> Flags:
        """For each edge, whether it leaves a node of one of these types."""
        kinds = self.kinds(ops)
        return kinds[self._source_op] if kinds.any() else np.zeros(len(self.source), bool)

    def of_targets(self, ops: Collection[str] | Callable[[str], bool]) -> Flags:
        """For each edge, whether it enters a node of one of these types."""
        kinds = self.kinds(ops)
        return kinds[self._target_op] if kinds.any() else np.zeros(len(self.source), bool)

    @cached_property
    def _source_op(self) -> Ints:
        return self.op[self.source]

    @cached_property
    def _target_op(self) -> Ints:
        return self.op[self.target]

    @cached_property
    def order(self) -> Ints | None:
        """The edges in an order in which all that enter a node come before all that leave it.

        Those that lead back may stand anywhere. None = they stand in such an order already.

        Raises:
            CircleError: there is no such order.
        """
        if self.place is None:
            return None
        return np.argsort(self.place[self.target], kind="stable").astype(np.int32)

    @cached_property
    def place(self) -> NDArray[np.int64] | None:
        """A number for each node that is larger than those of all that it reads.

        What comes round a loop does not count. None = the nodes' own numbers are such.

        Raises:
            CircleError: there are none.
        """
        own = np.arange(len(self._graph))
        if self._is_in_turn(own):
            return None
        # Constants may have been put behind all else.
        place = np.where(self.count > 0, own, own - len(own))
        likely: NDArray[np.int64] | None = self._graph.likely_place
        if not self._is_in_turn(place):
            if likely is not None and len(likely) == len(own) and self._is_in_turn(likely):
                return likely
            ahead = ~self.leads_back
            found = in_turn(len(own), self.source[ahead], self.target[ahead])
            if found is None:
                raise CircleError(self._waiting())
            # Whoever changes a few nodes of the graph need not find all this out again.
            self._graph.likely_place = place = found
        return place

    def _is_in_turn(self, place: NDArray[np.int64]) -> bool:
        return bool((self.leads_back | (place[self.source] < place[self.target])).all())

    def _waiting(self) -> list[int]:
        """How many inputs of each node never come, if every node runs once its inputs have."""
        ahead = ~self.leads_back
        waiting: list[int] = np.bincount(self.target[ahead], minlength=len(self._graph)).tolist()
        by_source = np.flatnonzero(ahead)
        by_source = by_source[np.argsort(self.source[by_source], kind="stable")]
        targets = self.target[by_source].tolist()
        leave = np.bincount(self.source[by_source], minlength=len(self._graph))
        first = np.concatenate(([0], np.cumsum(leave))).tolist()
        ready = [node for node, count in enumerate(waiting) if not count]
        while ready:
            node = ready.pop()
            for to in targets[first[node] : first[node + 1]]:
                waiting[to] -= 1
                if not waiting[to]:
                    ready.append(to)
        return waiting

    def reached(self, starts: Iterable[int], usable: Flags, *, forwards: bool) -> bytearray:
        """One flag per node: it is one of the starts, or some way leads to it from there.

        Args:
            starts: where to begin.
            usable: for each edge, whether a way may take it.
            forwards: whether ways lead from what is read to what reads it, or from what reads.
        """
        begin, end = (self.source, self.target) if forwards else (self.target, self.source)
        found = bytearray(len(self._graph))
        for node in starts:
            found[node] = 1
        can_begin = np.zeros(len(found), bool)
        can_begin[end[usable]] = True
        can_begin |= flags(found)
        usable = usable & can_begin[begin]
        order = np.flatnonzero(usable) if self.order is None else self.order[usable[self.order]]
        ways = order if forwards else order[::-1]
        for a, b in zip(begin[ways].tolist(), end[ways].tolist(), strict=True):
            if found[a]:
                found[b] = 1
        self._go_on(found, usable, begin, end)
        return found

    def _go_on(self, found: bytearray, usable: Flags, begin: Ints, end: Ints) -> None:
        """Goes on where an edge that leads back leads to what was not reached before."""
        seen = flags(found)
        ways = np.flatnonzero(usable & ~seen[end])
        pending = end[ways[seen[begin[ways]]]].tolist()
        if not pending:
            return
        onwards: dict[int, list[int]] = {}
        for a, b in zip(begin[ways].tolist(), end[ways].tolist(), strict=True):
            onwards.setdefault(a, []).append(b)
        while pending:
            node = pending.pop()
            if not found[node]:
                found[node] = 1
                pending.extend(onwards.get(node, ()))


def places(graph: Graph) -> NDArray[np.int64]:
    """A number for each node that is larger than those of all that it reads."""
    place = graph.edges.place
    return np.arange(len(graph)) if place is None else place.astype(np.int64)


def flags(of: bytearray) -> Flags:
    """Flags of nodes as an array, which sees and makes changes in them."""
    return np.frombuffer(of, bool) if len(of) else np.zeros(0, bool)


def _view(numbers: Any) -> Ints:
    return np.frombuffer(numbers, np.int32) if len(numbers) else np.zeros(0, np.int32)


def grouped(
    source: array[int], first_of_target: array[int]
) -> tuple[array[int], array[int], array[int]]:
    """Edges by the node that they leave.

    Args:
        source: the node that each edge leaves.
        first_of_target: where the edges that enter each node start.

    Returns:
        Where the edges that leave each node start in the second; the edges; and the node that each
        edge enters.
    """
    leaves = _view(source)
    nodes = len(first_of_target) - 1
    first = np.concatenate(([0], np.cumsum(np.bincount(leaves, minlength=nodes))))
    target = np.repeat(np.arange(nodes), np.diff(_view(first_of_target)))
    return _array(first), _array(np.argsort(leaves, kind="stable")), _array(target)


def _array(numbers: NDArray[Any]) -> array[int]:
    return array("i", numbers.astype(np.int32).tobytes())
