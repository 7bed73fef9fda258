"""What lies between the values that a loop carries, within one of its steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.graph.control_flow import SWITCH
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


class PathsInStep:
    """The paths from carried values to carried values within one step.

    Kept as bit sets: of each node, the values that reach it and the values that it reaches.
    """

    def __init__(
        self, graph: Graph, loop: Loop, carried: list[Carried], closed: Collection[int]
    ) -> None:
        """Takes a loop, the values it carries, and the nodes that no path may pass."""
        self.body = set(loop.body).difference(closed)
        self.carried = carried
        backs = {c.next for c in loop.carried}
        self.sources = {
            n: [s for s in step_sources(graph, n) if s in self.body and s not in backs]
            for n in self.body
        }
        self.targets: dict[int, list[int]] = {n: [] for n in self.body}
        for node, sources in self.sources.items():
            for source in sources:
                self.targets[source].append(node)
        self.down: dict[int, int] = dict.fromkeys(self.body, 0)
        self.up: dict[int, int] = dict.fromkeys(self.body, 0)
        for k, c in enumerate(carried):
            if c.merge in self.body:
                self.down[c.merge] |= 1 << k
            if c.next in self.body:
                self.up[c.next] |= 1 << k
        _spread(self.down, self.targets)
        _spread(self.up, self.sources)
        self._inside: dict[int, set[int]] = {k: set() for k in range(len(carried))}
        for node in self.body:
            for k in _bits(self.down[node] & self.up[node]):
                self._inside[k].add(node)

    def between(self, k: int, j: int) -> set[int]:
        """The nodes on a path from the input of value k to the output of value j."""
        if k == j:
            return self._inside[k]
        return {n for n in self.body if self.down[n] >> k & 1 and self.up[n] >> j & 1}

    def between_past(self, k: int, j: int, closed: Collection[int]) -> set[int]:
        """The nodes on a path from value k to value j that passes none of the closed nodes."""
        within = self.between(k, j)
        if not closed:
            return within
        open_ = within.difference(closed)
        starts = open_ & {self.carried[k].merge}
        down = set(walk(starts, lambda n: [t for t in self.targets[n] if t in open_]))
        ends = down & {self.carried[j].next}
        return set(walk(ends, lambda n: [s for s in self.sources[n] if s in down]))

    def meeting(self, k: int) -> list[int]:
        """The other values whose paths to themselves share a node with the paths of value k."""
        met = 0
        for node in self._inside[k]:
            met |= self.down[node] & self.up[node]
        return [j for j in _bits(met) if j != k]

    def gates(self, k: int, starts: Collection[int]) -> set[int]:
        """The nodes that every path from the starts to the output of value k passes.

        Args:
            k: a carried value.
            starts: nodes between its input and its output.
        """
        within = self.between(k, k)
        end = self.carried[k].next

        def reaches(closed: int) -> bool:
            def after(node: int) -> list[int]:
                return [t for t in self.targets[node] if t in within and t != closed]

            return end in set(walk((s for s in starts if s != closed), after))

        return {n for n in self._one_way(starts, end, within) if n == end or not reaches(n)}

    def _one_way(self, starts: Collection[int], end: int, within: set[int]) -> list[int]:
        """The nodes on some path from one of the starts to the end."""
        came: dict[int, int] = {}
        first = min(starts)
        pending = [first]
        while pending and end not in came:
            node = pending.pop()
            for to in self.targets[node]:
                if to in within and to not in came and to != first:
                    came[to] = node
                    pending.append(to)
        way = [end]
        while way[-1] in came:
            way.append(came[way[-1]])
        return way

    def leads(self, starts: Iterable[int], end: int, closed: Collection[int]) -> bool:
        """Whether a path leads from one of the nodes to another that passes no closed node."""
        seen = walk(starts, lambda n: [t for t in self.targets[n] if t not in closed])
        return end in set(seen)

    def circles(self, members: list[int]) -> list[list[int]]:
        """Groups of carried values that reach each other over several steps, as two that swap."""
        mask = sum(1 << k for k in members)
        reach = {
            k: sum(1 << j for j in members if self.down.get(self.carried[j].next, 0) >> k & 1)
            for k in members
        }
        for via in members:
            for k in members:
                if reach[k] >> via & 1:
                    reach[k] |= reach[via] & mask
        groups: list[list[int]] = []
        for k in members:
            group = [j for j in members if reach[k] >> j & 1 and reach[j] >> k & 1]
            if len(group) > 1 and group[0] == k:
                groups.append(group)
        return groups


def _bits(bits: int) -> list[int]:
    return [k for k in range(bits.bit_length()) if bits >> k & 1]


def _spread(bits: dict[int, int], edges: dict[int, list[int]]) -> None:
    pending = [n for n, b in bits.items() if b]
    while pending:
        node = pending.pop()
        mine = bits[node]
        for to in edges[node]:
            if mine & ~bits[to]:
                bits[to] |= mine
                pending.append(to)


def step_sources(graph: Graph, node: int) -> list[int]:
    """The nodes whose data flow into a node within one step of its loop.

    Left out: the back edge of the loop, what decides whether it goes on, and reads of a shape.
    """
    op = graph.op(node)
    if op in ops.SHAPE_READERS:
        return []
    sources = graph.sources(node)
    if op in ops.GATHERS:
        return [sources[ops.GATHERS[op]]]  # which element is picked is no data
    if op in SWITCH:
        return [sources[0]] if graph.op(sources[1]) == "LoopCond" else list(sources)
    return list(sources)
