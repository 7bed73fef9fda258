"""Loops of a single step inside another loop: a layer that is called once per timestep.

A program that generates a sequence calls a recurrent layer on one element at a time and carries the
state itself. The layer's own loop then runs one step; the time is that of the loop around it.
"""

from __future__ import annotations

from tb_rnnview.analysis.axes import Axes, TimeAxis
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.graph.control_flow import through
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames


def merge_single_steps(graph: Graph, frames: Frames, axes: Axes) -> None:
    """Merges each axis of one step into the one around it, if that one carries its state."""
    for axis in list(axes.all):
        parent = axis.parent
        if parent is None or axis.length.steps != 1 or axis.length.is_bound:
            continue
        if not any(_state_is_carried(graph, frames, loop, parent) for loop in axis.loops):
            continue
        axes.all.remove(axis)
        for other in axes.all:
            if other.parent is axis:
                other.parent = parent
        for loop in axis.loops:
            axes.of[loop.frame] = parent
            axes.direction[loop.frame] = axes.direction[parent.loops[0].frame]
        parent.loops.extend(axis.loops)


def _state_is_carried(graph: Graph, frames: Frames, loop: Loop, parent: TimeAxis) -> bool:
    """Whether a state starts from what the loop around carries."""
    around = {outer.frame for outer in parent.loops}
    starts = [through(graph, graph.sources(c.enter)[0]) for c in loop.carried if c.is_state]
    return any(s in graph.loop_merges and frames.of[s] in around for s in starts)
