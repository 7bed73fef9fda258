"""Which operations outside loops work on a whole sequence at once, and on which axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of
from tb_rnnview.analysis.axes import Axes, TimeAxis
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.sequences import Sequence, made_of
from tb_rnnview.analysis.where import Where
from tb_rnnview.graph.form import Graph, Tensor

_OTHER_POSITIONS = (
    "it runs along the axis, over positions that are no timesteps: windows, strides or cuts "
    "between it and the axis change how many there are"
)
_UNKNOWN_RANK = 3


@dataclass(frozen=True)
class Placed:
    """Where something runs that works on a whole sequence at once."""

    axis: TimeAxis
    timesteps: bool
    """Whether its positions are the timesteps; else these are made of them, or they of these."""

    @property
    def reason(self) -> str:
        """What is to be said about its positions; "" = nothing."""
        return "" if self.timesteps else _OTHER_POSITIONS


class Places:
    """Tells which axis a dimension of a tensor is, each worked out once."""

    def __init__(self, axes: Axes, picked: PickedElements) -> None:
        """Takes all axes, and what tells which elements a value is made of."""
        self.axes = axes
        self._picked = picked
        self._graph = picked.values.graph
        self._known: dict[tuple[Tensor, Where], Placed | None] = {}
        self._walked: dict[Tensor, list[tuple[Where, TimeAxis]]] = {}
        for by_tensor in (axes.tensors, axes.made_of):
            for (node, port, where), loops in by_tensor.items():
                walked = self._walked.setdefault((node, port), [])
                walked.append((where, axes.of[loops[0].frame]))

    def of(self, tensor: Tensor, where: Where) -> Placed | None:
        """The axis that a dimension of a tensor is; None = it is none."""
        pending = [(tensor, where)]
        opened: set[tuple[Tensor, Where]] = set()
        while pending:
            here = pending[-1]
            if here in self._known:
                pending.pop()
                continue
            found = self._here(*here)
            before: list[tuple[Tensor, Where]] = []
            if found is None or not found.timesteps:
                before = [(s.tensor, s.where) for s in made_of(self._picked, Sequence(*here))]
            waiting = [key for key in before if key not in self._known and key not in opened]
            if waiting and here not in opened:
                opened.add(here)
                pending.extend(waiting)
            else:
                self._known[here] = _best([found, *(self._known.get(key) for key in before)])
        return self._known[tensor, where]

    def _here(self, tensor: Tensor, where: Where) -> Placed | None:
        """The axis of a tensor along which a loop walks, or which a loop writes."""
        found = []
        for walked, axis in self._walked.get(tensor, ()):
            if walked.dimension != where.dimension:
                continue
            if where.somewhere or (walked.outer, walked.inner) == (where.outer, where.inner):
                found.append(Placed(axis, _alike(walked, where)))
        if self._graph.op(tensor[0]) in ops.ARRAY_STACKS and where.dimension == 0:
            loop = self.axes.written.get(array_of(self._graph, tensor[0]))
            if loop is not None and not (where.outer or where.inner):
                found.append(Placed(self.axes.of[loop.frame], where.timesteps))
        return _best(found)


def _alike(walked: Where, where: Where) -> bool:
    """Whether two ways to a tensor change the positions equally."""
    if walked.cut or where.cut:
        return False
    if where.somewhere and where.timesteps and walked.spread > 1:
        return True  # it is asked from within dilated windows
    return (walked.longer, walked.spread) == (where.longer, where.spread)


def _best(found: Iterable[Placed | None]) -> Placed | None:
    """The first whose positions are timesteps; else the first."""
    other: Placed | None = None
    for one in found:
        if one is not None and one.timesteps:
            return one
        other = other or one
    return other


def find_sequence_axes(
    graph: Graph, instances: list[Instance], axes: Axes, picked: PickedElements
) -> dict[int, Placed]:
    """The axis of each instance, by position, that is applied to a whole sequence at once."""
    found: dict[int, Placed] = {}
    if not axes.all:
        return found
    places = Places(axes, picked)
    for i, instance in enumerate(instances):
        if instance.axis is not None:
            found[i] = Placed(instance.axis, timesteps=True)
        elif instance.loop is None and instance.core is None:
            placed = _best(places.of(*start) for start in _starts(graph, instance, picked))
            if placed is not None:
                found[i] = placed
    return found


def _starts(
    graph: Graph, instance: Instance, picked: PickedElements
) -> Iterator[tuple[Tensor, Where]]:
    """The dimensions to try: those of what is computed, then those of what it is computed from."""
    nodes = _applied(graph, instance)
    weights = {(site.node, site.slot) for site in instance.sites}
    tensors = [(node, 0) for node in nodes]
    for node in nodes:
        if graph.op(node) in ops.MATRIX:
            inputs = enumerate(graph.inputs(node))
            tensors += [tensor for slot, tensor in inputs if (node, slot) not in weights]
    for tensor in tensors:
        rank = picked.values.rank(tensor)
        for dimension in range(_UNKNOWN_RANK if rank is None else rank):
            yield tensor, Where(dimension, somewhere=True)


def _applied(graph: Graph, instance: Instance) -> list[int]:
    """The operations to ask: products and look-ups, or else where a norm's result is applied."""
    nodes = sorted(instance.nodes)
    main = [n for n in nodes if graph.op(n) in ops.MATRIX or graph.op(n) in ops.GATHERS]
    if main:
        return main
    applied = [
        to for n in nodes for _, to, _ in graph.consumers(n) if graph.op(to) in ops.ELEMENTWISE
    ]
    return [*nodes, *sorted(set(applied))]
