"""Cells that run once, outside loops, and whose operation is one timestep by itself.

A cell that is written out as products and gates does not tell that it is a timestep if it runs only
once. An operation that *is* a cell does: it takes an input and states, and gives the next states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

from tb_rnnview.analysis.ordering import components
from tb_rnnview.analysis.rolled.arrays import Arrays
from tb_rnnview.graph.frames import Frames
from tb_rnnview.graph.walk import walk

STATES = {
    "LSTMBlockCell": {1: 1, 2: 6},
    "GRUBlockCell": {1: 3},
}
"""One step of a cell as one operation: by the slot of each state, the output that is its next."""

INPUT = 0
"""The slot of the input of such an operation."""

_KERNEL = {"LSTMBlockCell": 3, "GRUBlockCell": 2}
"""The slot of the kernel of such an operation."""

_MOST_CELLS = 512
"""More cells than these, each of which is told from the others, are not looked at."""


def find_lone_cells(arrays: Arrays, frames: Frames) -> list[list[int]]:
    """The operations of each timestep that stands alone, in an order in which they can run.

    Cells that feed each other's inputs, as the layers of a stack do, are of one timestep, with what
    lies between them.

    Args:
        arrays: the live part of the graph.
        frames: its while frames; loops over batches are none.
    """
    graph = arrays.graph
    cells = [
        n
        for n in graph.nodes_of(*STATES)
        if arrays.live[n] and not frames.of[n] and _kernel(arrays, n) >= 0
    ]
    if not 0 < len(cells) <= _MOST_CELLS:
        return []
    cells = _without_rows(arrays, cells, _Cells(arrays, cells))
    found = _Cells(arrays, cells)
    steps = [part for step in found.joined() for part in found.with_between(frames, step)]
    return found.in_order(steps)


def _kernel(arrays: Arrays, cell: int) -> int:
    """The variable that holds the kernel of a cell; -1 = none does."""
    graph = arrays.graph
    source = graph.input(cell, _KERNEL[graph.op(cell)])
    return -1 if source is None else int(arrays.holder[source[0]])


def _without_rows(arrays: Arrays, cells: list[int], found: _Cells) -> list[int]:
    """The cells that do not go on with a state which the same weights have made.

    Those are several steps, and whether they are timesteps has been asked before.
    """
    alike: dict[int, int] = {}
    for k, cell in enumerate(cells):
        kernel = _kernel(arrays, cell)
        alike[kernel] = alike.get(kernel, 0) | 1 << k
    in_rows = 0
    for k, cell in enumerate(cells):
        before = found.that_make_states_of(cell) & alike[_kernel(arrays, cell)]
        in_rows |= before | (1 << k if before else 0)
    return [cell for k, cell in enumerate(cells) if not in_rows >> k & 1]


class _Cells:
    """Some cells, and which of them lead to each node of the graph, as bit sets."""

    def __init__(self, arrays: Arrays, cells: Sequence[int]) -> None:
        self._graph, self._cells = arrays.graph, cells
        self._bit = {cell: 1 << k for k, cell in enumerate(cells)}
        self._made_of = dict(self._bit)
        pending = list(cells)
        while pending:
            node = pending.pop()
            for _, to, _ in self._graph.consumers(node):
                here = self._made_of.get(to, 0)
                if arrays.live[to] and self._made_of[node] & ~here:
                    self._made_of[to] = here | self._made_of[node]
                    pending.append(to)

    def that_make_states_of(self, cell: int) -> int:
        """The cells of which the states of one are made."""
        slots = STATES[self._graph.op(cell)]
        made_of = [self._made_of.get(self._graph.sources(cell)[slot], 0) for slot in slots]
        return reduce(or_, made_of)

    def joined(self) -> list[list[int]]:
        """The cells in groups of those that feed each other's inputs."""
        group = {cell: [cell] for cell in self._cells}
        for cell in self._cells:
            for other in self._in(self._made_of.get(self._graph.sources(cell)[INPUT], 0)):
                one, two = group[cell], group[other]
                if one is not two:
                    one += two
                    group.update(dict.fromkeys(two, one))
        return list({id(one): one for one in group.values()}.values())

    def with_between(self, frames: Frames, step: list[int]) -> Iterator[list[int]]:
        """A group with what lies between its cells; each for itself if they are no one timestep.

        They are none where one makes a state of another, or where a loop lies between them.
        """
        mask = self._mask(step)

        def before(node: int) -> list[int]:
            return [n for n in self._graph.sources(node) if self._made_of.get(n, 0) & mask]

        nodes = sorted(walk(step, before))
        lone = not any(self.that_make_states_of(cell) & mask for cell in step)
        if lone and not any(frames.of[n] or (n in self._bit and n not in step) for n in nodes):
            yield nodes
        else:
            yield from ([cell] for cell in sorted(step))

    def in_order(self, steps: list[list[int]]) -> list[list[int]]:
        """Groups, each after those that it needs; such as need each other are taken apart."""
        while True:
            home = {n: k for k, step in enumerate(steps) for n in step if n in self._bit}

            def before(k: int, steps: Any = steps, home: Any = home) -> set[int]:
                made_of = reduce(or_, (self._made_of[n] for n in steps[k] if n in self._bit))
                return {home[cell] for cell in self._in(made_of)} - {k}

            order = components(range(len(steps)), before)
            if all(len(group) == 1 for group in order):
                return [steps[k] for (k,) in order]
            circles = {k for group in order if len(group) > 1 for k in group}
            apart = [[n] for k in circles for n in steps[k] if n in self._bit]
            steps = [step for k, step in enumerate(steps) if k not in circles] + apart

    def _mask(self, cells: Iterable[int]) -> int:
        return reduce(or_, (self._bit[cell] for cell in cells))

    def _in(self, mask: int) -> list[int]:
        return [cell for cell, bit in self._bit.items() if mask & bit]
