"""The recurrences of a loop: for each carried value, what lies between its input and its output.

R_k is the set of operations on a path from the input of the carried value k to its output within
one step. A core is a smallest R_k that holds a matrix, convolution or fused-cell use of weights;
where there is none, one whose state is multiplied by something computed from a variable.
A carried value without weights that overlaps exactly one core is a further state of it (the c of
an LSTM). One that goes round through a whole core and more is feedback.
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
    between = _between(graph, loop, carried)
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
    return cores


def _is_matrix(graph: Graph, node: int) -> bool:
    op = graph.op(node)
    return op in ops.MATRIX or op in ops.FUSED_CELLS


def _between(graph: Graph, loop: Loop, carried: list[Carried]) -> list[set[int]]:
    """R_k for every carried value: bit sets of what reaches, and what is reached, per node."""
    body = set(loop.body)
    backs = {c.next for c in loop.carried}
    steps = {n: [s for s in step_sources(graph, n) if s in body and s not in backs] for n in body}
    down: dict[int, int] = dict.fromkeys(body, 0)
    up: dict[int, int] = dict.fromkeys(body, 0)
    targets: dict[int, list[int]] = {n: [] for n in body}
    for node, sources in steps.items():
        for source in sources:
            targets[source].append(node)
    for k, c in enumerate(carried):
        if c.merge in body:
            down[c.merge] |= 1 << k
        if c.next in body:
            up[c.next] |= 1 << k
    _spread(down, targets)
    _spread(up, steps)
    result: list[set[int]] = [set() for _ in carried]
    for node in body:
        both = down[node] & up[node]
        k = 0
        while both:
            if both & 1:
                result[k].add(node)
            both >>= 1
            k += 1
    return result


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
