"""Layers that are applied to each element of a sequence in turn, with no loop.

Their uses stand in the graph once per timestep. Where they are applied to every element of a
sequence on a time axis, they are one application, and each timestep reads the weights once.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.axes import Axes, TimeAxis
from tb_rnnview.analysis.instances import Instance, Instances
from tb_rnnview.analysis.picked_elements import Origin, PickedElements
from tb_rnnview.analysis.placement import Places
from tb_rnnview.analysis.where import Where
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


def join_written_out(
    graph: Graph, instances: Instances, axes: Axes, picked: PickedElements
) -> Instances:
    """The instances, with those joined that are one layer at all timesteps of an axis."""
    joined: dict[int, Instance] = {}
    places = Places(axes, picked)
    for members, origins in _candidates(graph, instances.all, picked):
        axis = _axis(origins, places)
        if axis is None:
            continue
        one = Instance(
            nodes=set[int]().union(*(m.nodes for m in members)),
            sites=[site for m in members for site in m.sites],
            steps=[m.nodes for m in members],
            axis=axis,
            taken_by={k: v for m in members for k, v in m.taken_by.items()},
        )
        joined.update({id(m): one for m in members})
    if not joined:
        return instances
    found = list({id(x): x for x in (joined.get(id(i), i) for i in instances.all)}.values())
    owner = {node: joined.get(id(i), i) for node, i in instances.owner.items()}
    return Instances(found, owner, instances.elsewhere, instances.initial)


def _candidates(
    graph: Graph, instances: list[Instance], picked: PickedElements
) -> Iterator[tuple[list[Instance], frozenset[Origin]]]:
    """Instances of the same variables, one for each element of the same sequences, in order."""
    alike: dict[frozenset[tuple[int, str]], list[Instance]] = {}
    for instance in instances:
        if instance.loop is None and instance.core is None:
            alike.setdefault(instance.signature(graph), []).append(instance)
    for group in alike.values():
        by_origin: dict[Origin, dict[int, Instance]] = {}
        for instance in group if len(group) > 1 else ():
            for origin, index in picked.of((_main(graph, instance), 0)).items():
                by_origin.setdefault(origin, {}).setdefault(index, instance)
        taken: set[int] = set()
        for by_index in by_origin.values():
            members = [by_index[index] for index in sorted(by_index)]
            if not taken.isdisjoint(map(id, members)):
                continue  # elements of two sequences side by side
            whole = picked.in_order([(_main(graph, m), 0) for m in members])
            if whole is not None and not _hands_on(graph, members):
                taken.update(map(id, members))
                yield members, whole[0]


def _main(graph: Graph, instance: Instance) -> int:
    """The operation that tells what an instance is applied to."""
    return (_products(graph, instance) or sorted(instance.nodes))[0]


def _products(graph: Graph, instance: Instance) -> list[int]:
    nodes = sorted(instance.nodes)
    return [n for n in nodes if graph.op(n) in ops.MATRIX or graph.op(n) in ops.GATHERS]


def _hands_on(graph: Graph, members: list[Instance]) -> bool:
    """Whether one of them, the first or the last, leads to another: a state is handed on.

    Only what takes a second operand beside its element can do so.
    """
    if len(_products(graph, members[0])) < 2:
        return False
    for one, others in ((members[0], members[1:]), (members[-1], members[:-1])):
        goals = set[int]().union(*(m.nodes for m in others)) - one.nodes

        def after(node: int) -> list[int]:
            return [to for _, to, _ in graph.consumers(node)]

        if any(node in goals for node in walk(one.nodes, after)):
            return True
    return False


def _axis(origins: frozenset[Origin], places: Places) -> TimeAxis | None:
    """The axis whose timesteps the elements of a sequence are."""
    for tensor, dimension in sorted(origins):
        placed = places.of(tensor, Where(dimension))
        if placed is not None and placed.timesteps:
            return placed.axis
    return None
