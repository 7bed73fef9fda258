"""The loops of a graph: what each carries from step to step, counts, reads and writes.

A loop is a time axis if it reads or writes an element of a sequence
at its counter; any other loop is an iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried, carried_at
from tb_rnnview.analysis.elements import Element, find_elements
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
    """Marks the flows of arrays in which a step finds what an earlier one has left."""
    read = {e.array for e in loop.elements if not e.writes}
    merges = {c.merge: c for c in loop.carried if c.is_flow}
    for element in loop.elements:
        if not element.writes or element.array not in read:
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
        _find_states_in_arrays(graph, loop)
    found.sort(key=lambda loop: (frames.depth[loop.frame], loop.frame))
    return found
