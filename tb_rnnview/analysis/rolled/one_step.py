"""A timestep that stands alone becomes a loop of one step, if its operations prove that it is one.

So an operation that is one step of a cell is a recurrence wherever it stands: every later pass sees
a loop that carries its states, and walks along a sequence of one element.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tb_rnnview.analysis.rolled.arrays import Arrays
from tb_rnnview.analysis.rolled.emitted import Emitted
from tb_rnnview.analysis.rolled.lone_cells import INPUT, STATES, find_lone_cells
from tb_rnnview.analysis.rolled.loops import WrittenLoop
from tb_rnnview.analysis.rolled.remade import Remade
from tb_rnnview.analysis.rolled.roll import Rolled
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import Frames, find_frames


def open_lone_cells(
    graph: Graph, live: bytearray, frames: Frames, roots: Sequence[int], derivative: bytearray
) -> Rolled | None:
    """The graph with a loop in the place of each cell that runs once; None = there are none.

    Args:
        graph: the graph, which stays as it is.
        live: what the network's results need.
        frames: the while frames; loops over batches are none.
        roots: the results.
        derivative: what differentiation made.
    """
    if not graph.nodes_of(*STATES):
        return None
    arrays = Arrays(graph, live, frames.of)
    steps = find_lone_cells(arrays, frames)
    if not steps:
        return None
    taken = np.zeros(len(graph), dtype=bool)
    taken[[node for step in steps for node in step]] = True
    # What stands in a loop over batches runs in its frame all the same.
    frame = np.array(find_frames(graph).of, dtype=np.int64)
    remade = Remade(graph, frame, np.zeros(len(graph), dtype=bool))
    loops = _OneStepLoops(remade, Values(graph))
    for step in steps:
        loops.open(step)
    results = [loops.outside((node, 0))[0] for node in roots]
    changed, place = remade.finished(taken, loops.outside)
    flags = bytearray(len(changed))
    for node in np.flatnonzero(place[: len(derivative)] >= 0).tolist():
        flags[place[node]] = derivative[node]
    changed.rolled |= loops.names
    return Rolled(changed, [int(place[n]) for n in results], flags, find_frames(changed))


class _OneStepLoops:
    """The loops of one step, and what stands outside them for what they make."""

    def __init__(self, remade: Remade, values: Values) -> None:
        self.names: set[str] = set()
        self._remade = remade
        self._values = values
        self._frames: dict[int, Emitted] = {}
        self._ends: dict[Tensor, int] = {}
        self._left: dict[Tensor, Tensor] = {}

    def open(self, step: Sequence[int]) -> None:
        """Puts operations into a loop, after those whose results they need."""
        graph = self._remade.graph
        inside = set(step)
        scope = graph.names[step[0]].rpartition("/")[0]
        name = self._remade.free_name(f"{scope}/while" if scope else "while")
        frame = Emitted(self._remade, WrittenLoop([], 0, 1, backward=False), step[0], name)
        self.names.add(name)
        for node in step:
            states = STATES.get(graph.op(node), {})
            inputs = []
            for slot, tensor in enumerate(graph.inputs(node)):
                if tensor[0] in inside:
                    inputs.append(tensor)
                elif slot in states:
                    merge, switch = frame.carry(self.outside(tensor))
                    frame.comes_round(merge, (node, states[slot]))
                    self._ends[node, states[slot]] = switch
                    inputs.append((switch, 1))
                elif states and slot == INPUT:
                    inputs.append(frame.listed([self.outside(tensor)]))
                else:
                    inputs.append(frame.enter(self.outside(tensor)))
            self._remade.inputs[node] = inputs
        self._frames.update(dict.fromkeys(step, frame))

    def outside(self, tensor: Tensor) -> Tensor:
        """What stands, outside these loops, for a tensor of the old graph."""
        frame = self._frames.get(tensor[0])
        if frame is None:
            return tensor
        if tensor not in self._left:
            if tensor in self._ends:
                self._left[tensor] = frame.leave(self._ends[tensor])
            else:
                stack = frame.collected(tensor, self._values.shape(tensor))
                self._left[tensor] = frame.one_by_one(stack), 0
        return self._left[tensor]
