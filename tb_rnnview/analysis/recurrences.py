"""The recurrences of a loop: for each carried value, what lies between its input and its output.

R_k is the set of operations on a path from the input of the carried value k to its output within
one step. A core is a smallest R_k that holds a matrix, convolution or fused-cell use of weights;
where there is none, one whose state is multiplied by something computed from a variable.
A carried value without weights that overlaps exactly one core is a further state of it (the c of
an LSTM). One that goes round through a whole core and more is feedback.
Carried values that reach themselves only over several steps, as two that swap places or one that
waits for a step, are the states of one recurrence together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried, is_unchanged
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.graph.control_flow import SWITCH
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


@dataclass(eq=False)
class Core:
    """One recurrence in one loop."""

    loop: Loop
    states: list[Carried]
    """The ones that go through weights first, then those that only take part."""
    weightless: list[Carried]
    nodes: set[int]
    """The operations of the recurrence, plumbing included."""
    matrices: frozenset[int]
    """The matrix, convolution and fused-cell operations that use weights."""
    feedback: list[Carried] = field(default_factory=list)

    @property
    def all_states(self) -> list[Carried]:
        """All carried values that take part."""
        return [*self.states, *self.weightless]


def find_cores(graph: Graph, loop: Loop, weighted: dict[int, frozenset[int]]) -> list[Core]:
    """The recurrences of a loop, in graph order.

    Args:
        graph: the graph.
        loop: one of its loops.
        weighted: the variables that each node is computed from, where it is computed from
            variables alone, or takes such values from.
    """
    carried = [c for c in loop.carried if c.is_state and not is_unchanged(graph, c.merge)]
    if not carried:
        return []
    paths = _Paths(graph, loop, carried)
    between = [paths.between(k, k) for k in range(len(carried))]
    work = [{n for n in r if graph.op(n) not in ops.PLUMBING} for r in between]
    matrices = [frozenset(n for n in r if _is_matrix(graph, n) and weighted.get(n)) for r in work]
    cores: list[Core] = []
    for k, found in enumerate(matrices):
        if not found or any(other and other < found for other in matrices):
            continue
        same = next((c for c in cores if c.matrices == found), None)
        if same is None:
            cores.append(Core(loop, [carried[k]], [], set(between[k]), found))
        else:
            same.states.append(carried[k])
            same.nodes |= between[k]
    for k, found in enumerate(matrices):
        if found:
            for core in cores:
                if core.matrices < found:
                    core.feedback.append(carried[k])
    solid = [{n for n in core.nodes if graph.op(n) not in ops.PLUMBING} for core in cores]
    alone = []
    for k, found in enumerate(matrices):
        if found:
            continue
        hits = [i for i, nodes in enumerate(solid) if work[k] & nodes]
        if len(hits) == 1:
            cores[hits[0]].weightless.append(carried[k])
            cores[hits[0]].nodes |= between[k]
        elif not hits and work[k]:
            alone.append(k)
    for k in alone:
        if _multiplied_by_weights(graph, between[k], weighted):
            cores.append(Core(loop, [carried[k]], [], set(between[k]), frozenset()))
    taken = {c.merge for core in cores for c in (*core.all_states, *core.feedback)}
    for group in paths.circles([k for k, c in enumerate(carried) if c.merge not in taken]):
        nodes = set[int]().union(*(paths.between(k, j) for k in group for j in group))
        found = frozenset(n for n in nodes if _is_matrix(graph, n) and weighted.get(n))
        if found and not any(core.matrices & found for core in cores):
            cores.append(Core(loop, [carried[k] for k in group], [], nodes, found))
    return cores


def _is_matrix(graph: Graph, node: int) -> bool:
    op = graph.op(node)
    return op in ops.MATRIX or op in ops.FUSED_CELLS


class _Paths:
    """What lies between carried values within one step: bit sets of what reaches each node."""

    def __init__(self, graph: Graph, loop: Loop, carried: list[Carried]) -> None:
        self.body = set(loop.body)
        self.carried = carried
        backs = {c.next for c in loop.carried}
        steps = {
            n: [s for s in step_sources(graph, n) if s in self.body and s not in backs]
            for n in self.body
        }
        targets: dict[int, list[int]] = {n: [] for n in self.body}
        for node, sources in steps.items():
            for source in sources:
                targets[source].append(node)
        self.down: dict[int, int] = dict.fromkeys(self.body, 0)
        self.up: dict[int, int] = dict.fromkeys(self.body, 0)
        for k, c in enumerate(carried):
            if c.merge in self.body:
                self.down[c.merge] |= 1 << k
            if c.next in self.body:
                self.up[c.next] |= 1 << k
        _spread(self.down, targets)
        _spread(self.up, steps)
        self.inside: dict[tuple[int, int], list[int]] = {}
        for node in self.body:
            for k in _bits(self.down[node] & self.up[node]):
                self.inside.setdefault((k, k), []).append(node)

    def between(self, k: int, j: int) -> set[int]:
        """The nodes on a path from the input of value k to the output of value j."""
        if k == j:
            return set(self.inside.get((k, k), ()))
        return {n for n in self.body if self.down[n] >> k & 1 and self.up[n] >> j & 1}

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


def _multiplied_by_weights(
    graph: Graph, between: set[int], weighted: dict[int, frozenset[int]]
) -> bool:
    """Whether the state is scaled by something that a variable has a part in."""
    for node in sorted(between):
        if graph.op(node) not in ops.MULTIPLICATIVE:
            continue
        own = [s in between for s in graph.sources(node)]
        for slot, source in enumerate(graph.sources(node)):
            if own[slot] or not any(own):
                continue
            if _depends_on_weights(graph, source, between, weighted):
                return True
    return False


def _depends_on_weights(
    graph: Graph,
    start: int,
    between: set[int],
    weighted: dict[int, frozenset[int]],
) -> bool:
    def before(node: int) -> list[int]:
        if node in graph.loop_merges:
            return []  # the step before
        return [s for s in step_sources(graph, node) if s not in between]

    return any(weighted.get(node) for node in walk([start], before))
