"""The live part of a graph as numpy arrays: what lockstep walks need, without a loop per node."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.analysis import ops
from tb_rnnview.graph.control_flow import MERGE
from tb_rnnview.graph.form import Graph

Ints = NDArray[np.int64]
_TAKE_WEIGHTS = frozenset({*ops.MATRIX, *ops.FUSED_CELLS, *ops.BIAS_ADDS})
_LISTS = frozenset({"Pack", "AddN", "Concat", "ConcatV2", "IdentityN"})
_SHORT = 3  # an input, a state, and the dimension along which they are put together
_READS = ops.PASS_ON - frozenset({*MERGE, "Split"})


class Arrays:
    """The edges between live nodes, both ways.

    Attributes:
        graph: the graph.
        op: the operation type of each node, as an index of ``graph.op_names``.
        needed: whether some result needs a node.
        live: the same, as an array.
        frame: the while frame of each node.
        first: where the inputs of each node start; one longer than there are nodes.
        source: the node at the other end of each data edge.
        port: the output port that each data edge leaves.
        target: the node that each data edge enters.
    """

    def __init__(self, graph: Graph, live: bytearray, frame: Any) -> None:
        """Takes what is known of all edges; numbers of nodes have room to be put in pairs."""
        self.graph = graph
        self.needed = live
        self.live = np.frombuffer(live, dtype=np.uint8).astype(bool)
        self.frame = _view(frame)
        edges = graph.edges
        self.op = edges.op
        self.first = edges.first.astype(np.int64)
        self.source = edges.source.astype(np.int64)
        self.port = _view(graph.source_port)
        self.count = edges.count
        self.target = edges.target.astype(np.int64)

    @cached_property
    def out(self) -> tuple[Ints, Ints]:
        """Where the edges of each source start in the second, which lists live edges by source."""
        readers = self.kinds(ops.SHAPE_READERS)
        live = np.flatnonzero(self.live[self.target] & ~readers[self.op[self.target]])
        order = live[np.argsort(self.source[live], kind="stable")]
        counts = np.bincount(self.source[live], minlength=len(self.graph))
        return np.concatenate([[0], np.cumsum(counts)]), order

    def kinds(self, names: Collection[str]) -> NDArray[np.bool_]:
        """For each operation type of the graph, whether it is among some."""
        return self.graph.edges.kinds(names)

    def inputs(self, nodes: Ints, slot: int) -> tuple[Ints, Ints]:
        """The source and the port of one input slot of several nodes that have it."""
        edges = self.first[nodes] + slot
        return self.source[edges], self.port[edges]

    def slots(self, edges: Ints) -> Ints:
        """The input slots that edges enter; 0 in a list of results, where it tells the timestep."""
        target = self.target[edges]
        slot = edges - self.first[target]
        slot[self.kinds(_LISTS)[self.op[target]] & (self.count[target] > _SHORT)] = 0
        return slot

    def consumers(self, nodes: Ints) -> tuple[Ints, Ints]:
        """The edges that leave some nodes, and for each the place of its node among these."""
        first, order = self.out
        counts = first[nodes + 1] - first[nodes]
        place = np.repeat(np.arange(len(nodes)), counts)
        within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
        return order[first[nodes][place] + within], place

    @cached_property
    def holder(self) -> Ints:
        """The variable or constant of which a node hands on the whole or a part; -1 = none."""
        stores = self.kinds(ops.VARIABLES | {"Const"})[self.op]
        reads = self.kinds(_READS)[self.op] & (self.count > 0)
        found = np.where(stores, np.arange(len(self.graph)), -1)
        todo = np.flatnonzero(reads & ~stores)
        up = self.source[self.first[todo]] if len(todo) else todo
        while len(todo):
            known = found[up]
            done = known >= 0
            found[todo[done]] = known[done]
            goes_on = ~done & reads[up]
            todo, up = todo[goes_on], self.source[self.first[up[goes_on]]]
        return found

    @cached_property
    def of_weights(self) -> Ints:
        """The edges to what uses a variable, or a constant that took a variable's place."""
        holder = self.holder[self.source]
        variable = self.kinds(ops.VARIABLES)[self.op]
        # The first operand of a product may be a constant that a state starts from.
        slot = np.arange(len(self.source)) - self.first[self.target]
        weights = self.kinds(_TAKE_WEIGHTS)[self.op[self.target]] & (slot > 0)
        weights |= self.kinds(ops.GATHERS)[self.op[self.target]] & (slot == 0)
        found = np.flatnonzero((holder >= 0) & (variable[holder] | weights))
        # Each timestep may have constants of its own, which are alike: those are no weights.
        used, _ = pairs(holder[found], self.target[found])
        times = np.bincount(used, minlength=len(self.graph))[holder[found]]
        return found[variable[holder[found]] | (times > 1)]


def pairs(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """The different pairs of two numbers, in order."""
    ordered = np.sort(one << 32 | other)
    different = ordered[np.diff(ordered, prepend=-1) != 0]
    return different >> 32, different & 0xFFFFFFFF


def all_differ(numbers: Ints) -> bool:
    """Whether no number comes twice."""
    if (numbers[1:] > numbers[:-1]).all():
        return True
    ordered = np.sort(numbers)
    return bool((ordered[1:] != ordered[:-1]).all())


def _view(numbers: Any) -> Ints:
    if not len(numbers):
        return np.zeros(0, dtype=np.int64)
    return np.frombuffer(numbers, dtype=np.int32).astype(np.int64)
