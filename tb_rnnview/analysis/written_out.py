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
from tb_rnnview.graph.control_flow import EXIT
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames
from tb_rnnview.graph.walk import walk


def join_written_out(
    graph: Graph, frames: Frames, instances: Instances, axes: Axes, picked: PickedElements
) -> Instances:
    """The instances, with those joined that are one layer at all timesteps of an axis.

    A loop that is written out so runs on an axis within that one, of which it gets to be a part.
    """
    joined: dict[int, Instance] = {}
    places = Places(axes, picked)
    for members, origins in _candidates(graph, instances.all, picked):
        axis = _axis(origins, places)
        if axis is not None:
            joined.update(_joined(members, axis))
    for inner, outer, groups in _inner_loops(graph, frames, instances.all, axes, picked, places):
        inner.parent = outer
        for members in groups:
            joined.update(_joined(members, outer))
    if not joined:
        return instances
    found = list({id(x): x for x in (joined.get(id(i), i) for i in instances.all)}.values())
    owner = {node: joined.get(id(i), i) for node, i in instances.owner.items()}
    return Instances(found, owner, instances.elsewhere, instances.initial)


def _joined(members: list[Instance], axis: TimeAxis) -> dict[int, Instance]:
    """What becomes of each member: one instance. Every timestep reads what the first one does."""
    one = Instance(
        nodes=set[int]().union(*(m.nodes for m in members)),
        sites=members[0].sites,
        core=members[0].core,
        loop=members[0].loop,
        steps=[m.nodes for m in members],
        axis=axis,
        taken_by=members[0].taken_by,
    )
    return {id(m): one for m in members}


def _inner_loops(
    graph: Graph,
    frames: Frames,
    instances: list[Instance],
    axes: Axes,
    picked: PickedElements,
    places: Places,
) -> Iterator[tuple[TimeAxis, TimeAxis, list[list[Instance]]]]:
    """Axes all of whose loops are applied to each element of a sequence on another axis.

    With each, that other axis, and the instances that are one layer.
    """
    ends: dict[int, int] = {}
    for node in graph.nodes_of(*EXIT):
        ends.setdefault(frames.of[node], node)
    on_axis: dict[int, dict[frozenset[tuple[int, str]], list[Instance]]] = {}
    for instance in instances:
        if instance.loop is not None and instance.loop.frame in axes.of:
            alike = on_axis.setdefault(id(axes.of[instance.loop.frame]), {})
            alike.setdefault(instance.signature(graph), []).append(instance)
    for inner in axes.all:
        groups = list(on_axis.get(id(inner), {}).values())
        written = {i.loop.frame for group in groups for i in group if i.loop is not None}
        if inner.parent is not None or written != {loop.frame for loop in inner.loops}:
            continue
        taken = [_in_turn(graph, group, frames, ends, picked) for group in groups]
        outer = [None if one is None else _axis(one[1], places) for one in taken]
        found = outer[0]
        if found is not None and found is not inner and all(axis is found for axis in outer):
            yield inner, found, [one[0] for one in taken if one is not None]


def _in_turn(
    graph: Graph,
    members: list[Instance],
    frames: Frames,
    ends: dict[int, int],
    picked: PickedElements,
) -> tuple[list[Instance], frozenset[Origin]] | None:
    """Loops that take one element each of the same sequences, in the order of these elements.

    None = they do not, or one hands something on to another.
    """
    loops = [m.loop.frame for m in members if m.loop is not None]
    if len(loops) < 2 or len(set(loops)) < len(loops):
        return None
    if any(frames.parent[loop] != 0 or loop not in ends for loop in loops):
        return None
    made = [picked.of((ends[loop], 0)) for loop in loops]
    for origin in made[0]:
        if all(origin in one for one in made):
            turn = sorted(range(len(made)), key=lambda k: made[k][origin])
            whole = picked.in_order([(ends[loops[k]], 0) for k in turn])
            if whole is not None:
                ordered = [members[k] for k in turn]
                return None if _hands_on(graph, ordered) else (ordered, whole[0])
    return None


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

    Only what takes a second operand beside its element can do so, a recurrence for example.
    """
    if members[0].core is None and len(_products(graph, members[0])) < 2:
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
