"""Which outputs of a loop are used, where those of all timesteps are put together.

A loop writes its outputs into an array; after it, the array becomes one tensor. If all that reads
this tensor picks the same place along time, all other outputs are kept for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of
from tb_rnnview.analysis.elements import Element
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.states import is_zero
from tb_rnnview.findings.facts import OneUsed
from tb_rnnview.graph.control_flow import EXIT
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.timeline import Kind

_AS_IT_IS = frozenset(
    {"Identity", "Cast", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics"}
)
_CONCATS = ("ConcatV2",)
_VALUE = 2
"""Where a write takes the element that it writes."""


def find_one_used(found: Analysis) -> Iterator[OneUsed]:
    """The layers of whose outputs, all put together, the one of a single timestep is used."""
    results = _Results(found)
    layer_of = {
        id(instance): layer.id
        for layer in found.layers
        if layer.kind is Kind.RECURRENT
        for instance in layer.instances
    }
    told: dict[str, set[OneUsed | None]] = {}
    for loop in found.loops:
        if found.frames.name[loop.frame] in found.graph.rolled or _is_one_step(found, loop):
            continue  # nothing is put together that is not used
        for element in loop.elements if loop.is_axis else ():
            if not element.writes or element.array not in results.stacks:
                continue
            layer = layer_of.get(id(_written_by(found, element)))
            if layer is not None:
                told.setdefault(layer, set()).add(results.one_used(layer, loop, element))
    for facts in told.values():
        # Where a layer is applied several times, it holds for all of them or is not told.
        if len(facts) == 1 and (fact := next(iter(facts))) is not None:
            yield fact


class _Results:
    """What becomes of arrays once they are filled."""

    def __init__(self, found: Analysis) -> None:
        graph, live = found.graph, found.live
        self._found = found
        self._roots = set(found.roots)
        starts: dict[int, int] = {}
        self.stacks: dict[int, list[int]] = {}
        """By array: the live operations that make one tensor of it."""
        for node in graph.nodes_of(*ops.ARRAY_STACKS):
            if live[node]:
                self.stacks.setdefault(array_of(graph, node, starts), []).append(node)
        reads = (n for n in graph.nodes_of(*ops.ARRAY_READS) if live[n])
        self._read = {array_of(graph, n, starts) for n in reads}
        self._starts = starts
        self._exits: dict[int, list[int]] = {}
        for node in graph.nodes_of(*EXIT):
            if live[node]:
                self._exits.setdefault(found.frames.of[node], []).append(node)
        self._places: dict[int, set[int] | None] = {}
        self._leaving: dict[int, set[int]] = {}

    def one_used(self, layer: str, loop: Loop, element: Element) -> OneUsed | None:
        """What is told of what a layer writes; None = more than one output may be used."""
        places = self._places_of(element.array)
        if places is None or len(places) != 1 or not element.slope:
            return None
        (place,) = places
        graph = self._found.graph
        return OneUsed(
            layer=layer,
            visit=place if element.slope > 0 else -1 - place,
            zeros_after_end=_may_be_zeros(graph, graph.inputs(element.node)[_VALUE]),
            is_all=self._arrays_leaving(loop.frame) == {element.array},
        )

    def _places_of(self, array: int) -> set[int] | None:
        """The places that are picked of all that is made of an array; None = not only some."""
        if array not in self._places:
            found: set[int] | None = None if array in self._read else set()
            for stack in self.stacks[array]:
                places = self._picked_of((stack, 0))
                found = None if found is None or places is None else found | places
            self._places[array] = found
        return self._places[array]

    def _picked_of(self, stacked: Tensor) -> set[int] | None:
        """The places along time that are picked of a tensor; None = not only such."""
        graph = self._found.graph
        pending = [(stacked, 0, False)]
        seen, places = set(pending), set()
        while pending:
            tensor, time, turned = pending.pop()
            if tensor[0] in self._roots:
                return None
            for port, to, slot in graph.consumers(tensor[0]):
                reads = self._found.live[to] and port == tensor[1]
                if not reads or graph.op(to) in ops.SHAPE_READERS:
                    continue
                picked = self._found.picked.place((to, 0)) if slot == 0 else None
                if picked is not None and picked[0] == (tensor, time):
                    places.add(-1 - picked[1] if turned else picked[1])
                    continue
                moved = self._moved(to, slot, time)
                if moved is None:
                    return None
                following = ((to, 0), moved[0], turned != moved[1])
                if following not in seen:
                    seen.add(following)
                    pending.append(following)
        return self._from_one_end(stacked, places)

    def _from_one_end(self, stacked: Tensor, places: set[int]) -> set[int]:
        """Places, those of the second half counted from the end where that is known."""
        shape = self._found.values.shape(stacked)
        size = shape[0] if shape else None
        if not isinstance(size, int):
            return places
        at = {place % size for place in places}
        return {place - size if 2 * place >= size else place for place in at}

    def _moved(self, node: int, slot: int, time: int) -> tuple[int, bool] | None:
        """Which dimension of what an operation gives is time, and whether it is turned around."""
        graph, values = self._found.graph, self._found.values
        op, inputs = graph.op(node), graph.inputs(node)
        if op in _AS_IT_IS:
            return time, False
        if op not in ("Transpose", "ReverseV2", *_CONCATS):
            return None
        numbers = values.value(inputs[-1])
        items = numbers.items if numbers is not None else ()
        if op == "Transpose":
            return (items.index(time), False) if slot == 0 and time in items else None
        rank = values.rank(inputs[slot])
        if not items or rank is None or not all(isinstance(i, int) for i in items):
            return None
        dimensions = {i % rank for i in items if isinstance(i, int)}
        if op == "ReverseV2":
            return (time, time in dimensions) if slot == 0 else None
        return (time, False) if time not in dimensions else None

    def _arrays_leaving(self, frame: int) -> set[int]:
        """The arrays that leave a loop; -1 = something else does."""
        if frame not in self._leaving:
            exits = self._exits.get(frame, ())
            self._leaving[frame] = {a for e in exits for a in self._arrays_after(e)}
        return self._leaving[frame]

    def _arrays_after(self, exit_: int) -> Iterator[int]:
        """The arrays that leave a loop by an exit; -1 = something else does."""
        graph = self._found.graph
        pending, seen = [exit_], {exit_}
        while pending:
            node = pending.pop()
            if node in self._roots:
                yield -1
            for _, to, _ in graph.consumers(node):
                op = graph.op(to)
                if not self._found.live[to] or to in seen or op in ops.ARRAY_SIZES:
                    continue
                seen.add(to)
                if op in ops.ARRAY_STACKS:
                    yield array_of(graph, to, self._starts)
                elif op in _AS_IT_IS:
                    pending.append(to)
                else:
                    yield -1


def _is_one_step(found: Analysis, loop: Loop) -> bool:
    """Whether a loop is one timestep, or a part of one of the loop around it."""
    frames, axes = found.frames, found.axes.of
    around = frames.parent[loop.frame]
    return found.steps[loop.frame].steps == 1 or (
        around in axes and axes[around] is axes.get(loop.frame)
    )


def _written_by(found: Analysis, element: Element) -> Instance | None:
    """The instance that computes what is written; None = none does, or several."""
    graph = found.graph
    pending = [graph.inputs(element.node)[_VALUE][0]]
    seen, owners = set(pending), {}
    while pending:
        node = pending.pop()
        owner = found.instances.owner.get(node)
        if owner is not None:
            owners[id(owner)] = owner
        elif graph.op(node) in ops.SELECTS or graph.op(node) in _AS_IT_IS:
            for source in graph.sources(node):
                if source not in seen:
                    seen.add(source)
                    pending.append(source)
    return next(iter(owners.values())) if len(owners) == 1 else None


def _may_be_zeros(graph: Graph, written: Tensor) -> bool:
    """Whether zeros are written in the place of some outputs, as after the end of a sequence."""
    while graph.op(written[0]) in _AS_IT_IS:
        written = graph.inputs(written[0])[0]
    if graph.op(written[0]) not in ops.SELECTS:
        return False
    return any(is_zero(graph, way) for way in graph.inputs(written[0])[1:3])
