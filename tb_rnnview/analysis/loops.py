"""The loops of a graph: what each carries from step to step, counts, reads and writes.

A loop is a time axis if it reads or writes an element of a sequence
at its counter; any other loop is an iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of
from tb_rnnview.analysis.carried import Carried, carried_at
from tb_rnnview.analysis.elements import Element, find_elements
from tb_rnnview.analysis.schedules import walks_along_schedules
from tb_rnnview.graph.control_flow import through
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames


@dataclass(eq=False)
class Loop:
    """One while frame."""

    frame: int
    condition: int
    """The LoopCond node; -1 = there is none."""
    carried: list[Carried] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    body: list[int] = field(default_factory=list)
    """Live nodes in the frame and in the frames within it."""

    @property
    def is_axis(self) -> bool:
        """Whether the loop walks along a sequence."""
        return bool(self.elements)

    @property
    def counters(self) -> list[Carried]:
        """The carried values that only count steps."""
        return [c for c in self.carried if c.step is not None]


def _find_states_in_arrays(graph: Graph, loop: Loop) -> None:
    """Marks the flows of arrays in which a step finds what an earlier one has left.

    It may look at any place: at its counter, at one that is computed (the children of a tree's
    node), or at all that there is so far. What it writes back where it has read it is no state.
    """
    writes = [e for e in loop.elements if e.writes]
    read: dict[int, set[int]] = {}
    for node in loop.body if writes else ():
        op = graph.op(node)
        if op in ops.ARRAY_READS or op in ops.ARRAY_STACKS:
            place = through(graph, graph.sources(node)[1]) if op in ops.ARRAY_READS else -1
            read.setdefault(array_of(graph, node), set()).add(place)
    merges = {c.merge: c for c in loop.carried if c.is_flow}
    for element in writes:
        at = through(graph, graph.sources(element.node)[1])
        if not read.get(element.array, set()) - {at}:
            continue
        flow = graph.input(element.node, 0 if graph.op(element.node) in ops.LIST_OPS else 3)
        if flow is not None and (carried := merges.get(through(graph, flow[0]))) is not None:
            carried.in_array = True


def find_loops(graph: Graph, frames: Frames, live: bytearray) -> list[Loop]:
    """The loops in which something live runs, outer ones first."""
    if len(frames) == 1:
        return []
    loops = {f: Loop(f, -1) for f in range(1, len(frames))}
    for node, frame in enumerate(frames.of):
        if frame == 0:
            continue
        if graph.op(node) == "LoopCond":
            loops[frame].condition = node
        elif node in graph.loop_merges:
            carried = carried_at(graph, node)
            if carried is not None:
                loops[frame].carried.append(carried)
        if live[node]:
            inner = frame
            while inner:
                loops[inner].body.append(node)
                inner = frames.parent[inner]
    found = [loop for loop in loops.values() if loop.body and loop.carried]
    for loop in found:
        loop.elements = find_elements(graph, frames, loop.frame, loop.body, loop.counters)
        if walks_along_schedules(graph, loop.elements):
            loop.elements = []
        _find_states_in_arrays(graph, loop)
    found.sort(key=lambda loop: (frames.depth[loop.frame], loop.frame))
    return found
