"""Which operations outside loops work on a whole sequence at once, and on which axis."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of
from tb_rnnview.analysis.axes import Axes, TimeAxis
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.sequences import Sequence, upstream
from tb_rnnview.analysis.time_in_layout import Where
from tb_rnnview.graph.form import Graph

_PLACES = tuple(
    Where(d, merged) for merged in (False, True) for d in (0, 1, 2) if d < 2 or not merged
)


def find_sequence_axes(
    graph: Graph, instances: list[Instance], axes: Axes, picked: PickedElements
) -> dict[int, TimeAxis]:
    """The axis of each instance, by position, that is applied to every element of a sequence."""
    found: dict[int, TimeAxis] = {}
    if not axes.all:
        return found
    known: dict[tuple[int, int, Where], TimeAxis | None] = {}
    for i, instance in enumerate(instances):
        if instance.axis is not None:
            found[i] = instance.axis
        elif instance.loop is None and instance.core is None:
            for node in _candidates(graph, instance):
                axis = _axis_of(node, axes, picked, known)
                if axis is not None:
                    found[i] = axis
                    break
    return found


def _candidates(graph: Graph, instance: Instance) -> list[int]:
    """The operations to try: products and look-ups first, then where a norm's result is applied."""
    nodes = sorted(instance.nodes)
    main = [n for n in nodes if graph.op(n) in ops.MATRIX or graph.op(n) in ops.GATHERS]
    if main:
        return main[:1]
    applied = [
        to for n in nodes for _, to, _ in graph.consumers(n) if graph.op(to) in ops.ELEMENTWISE
    ]
    return [*nodes, *sorted(set(applied))]


def _axis_of(
    node: int,
    axes: Axes,
    picked: PickedElements,
    known: dict[tuple[int, int, Where], TimeAxis | None],
) -> TimeAxis | None:
    for where in _PLACES:
        axis = axis_of(Sequence((node, 0), where), axes, picked, known)
        if axis is not None:
            known.setdefault((node, 0, where), axis)
            return axis
    return None


def axis_of(
    start: Sequence,
    axes: Axes,
    picked: PickedElements,
    known: Mapping[tuple[int, int, Where], TimeAxis | None] = MappingProxyType({}),
) -> TimeAxis | None:
    """The axis that a dimension of a tensor is; None = it is none.

    Args:
        start: the tensor, and which of its dimensions.
        axes: all axes.
        picked: tells which elements a value is made of.
        known: axes that are known already, by node, port and place of time.
    """
    graph = picked.values.graph
    for sequence, _ in upstream(picked, start):
        key = (*sequence.tensor, sequence.where)
        axis: TimeAxis | None = None
        if key in axes.tensors:
            axis = axes.of[axes.tensors[key][0].frame]
        elif known.get(key) is not None:
            axis = known[key]
        elif graph.op(sequence.tensor[0]) in ops.ARRAY_STACKS and sequence.where == Where(0):
            loop = axes.written.get(array_of(graph, sequence.tensor[0]))
            axis = axes.of[loop.frame] if loop is not None else None
        if axis is not None:
            return axis
    return None
