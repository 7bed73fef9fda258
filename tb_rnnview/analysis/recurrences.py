"""The recurrences of a loop: for each carried value, what lies between its input and its output.

R_k is the set of operations on a path from the input of the carried value k to its output within
one step. A core is an R_k that holds a matrix, convolution or fused-cell use of weights, without
what lies behind the new states of other cores (see parted_states.py); where there is no such use,
one whose state is multiplied by something computed from a variable.
A carried value without weights that overlaps exactly one core is a further state of it (the c of
an LSTM). One that is made of a core's new state and goes back into it is feedback.
Carried values that reach themselves only over several steps, as two that swap places or one that
waits for a step, are the states of one recurrence together.
"""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.parted_states import part
from tb_rnnview.analysis.paths_in_step import PathsInStep, step_sources
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames
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

    @property
    def all_states(self) -> list[Carried]:
        """All carried values that take part."""
        return [*self.states, *self.weightless]


def find_cores(
    graph: Graph, frames: Frames, loops: list[Loop], weighted: dict[int, frozenset[int]]
) -> list[Core]:
    """The recurrences of all loops, those of inner time axes first.

    What belongs to a recurrence of a time axis within a step is closed to the loop around: that one
    only hands the state on from one run of the inner loop to the next.

    Args:
        graph: the graph.
        frames: its frames.
        loops: its loops.
        weighted: the variables that each node is computed from, where it is computed from
            variables alone, or takes such values from.
    """
    cores: list[Core] = []
    axes = {loop.frame for loop in loops if loop.is_axis}
    closed: dict[int, set[int]] = {}
    for loop in sorted(loops, key=lambda loop: -frames.depth[loop.frame]):
        if not loop.is_axis and not axes.isdisjoint(frames.around(loop.frame)):
            continue  # an iteration within a timestep: the paths of that one lead through it
        found = _cores_of(graph, loop, weighted, closed.get(loop.frame, set()))
        cores.extend(found)
        for core in found:
            for outer in frames.around(loop.frame):
                closed.setdefault(outer, set()).update(core.nodes)
    return cores


def _cores_of(
    graph: Graph, loop: Loop, weighted: dict[int, frozenset[int]], closed: set[int]
) -> list[Core]:
    """The recurrences of one loop, in graph order."""
    carried = [c for c in loop.carried if c.is_state]
    if not carried:
        return []
    paths = PathsInStep(graph, loop, carried, closed)
    everywhere = frozenset(n for n in paths.body if _is_matrix(graph, n) and weighted.get(n))
    parted = part(paths, everywhere)
    cores = [
        Core(loop, [carried[k] for k in group.members], [], group.nodes, group.matrices)
        for group in parted.groups
    ]
    solid = [{n for n in core.nodes if graph.op(n) not in ops.PLUMBING} for core in cores]
    alone = []
    for k in parted.weightless:
        work = {n for n in paths.between(k, k) if graph.op(n) not in ops.PLUMBING}
        hits = [i for i, nodes in enumerate(solid) if work & nodes]
        if len(hits) == 1:
            cores[hits[0]].weightless.append(carried[k])
            cores[hits[0]].nodes |= paths.between(k, k)
        elif not hits and work:
            alone.append(k)
    for k in alone:
        between = paths.between(k, k)
        if _multiplied_by_weights(graph, between, weighted):
            cores.append(Core(loop, [carried[k]], [], set(between), frozenset()))
    taken = {c.merge for core in cores for c in core.all_states}
    taken |= {carried[k].merge for k in parted.fed_back}
    left = [k for k, c in enumerate(carried) if c.merge not in taken]
    for circle in paths.circles(left):
        nodes = set[int]().union(*(paths.between(k, j) for k in circle for j in circle))
        found = everywhere & nodes
        if found and not any(core.matrices & found for core in cores):
            cores.append(Core(loop, [carried[k] for k in circle], [], nodes, found))
    return cores


def _is_matrix(graph: Graph, node: int) -> bool:
    op = graph.op(node)
    return op in ops.MATRIX or op in ops.FUSED_CELLS


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
