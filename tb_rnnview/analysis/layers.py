"""Layers: instances that use the same elements of the same variables are one layer's applications.

Unless one of them feeds the other at the same timestep of the same axis: then they are different
layers that share variables. Outside loops, a use that feeds a use of the same variables may be an
unrolled recurrence or a weight-tied stack; that is said to be unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from tb_rnnview.analysis.axes import Axes, TimeAxis
from tb_rnnview.analysis.chains import find_chains
from tb_rnnview.analysis.connections import Flow
from tb_rnnview.analysis.fed_by import in_order_of_inputs
from tb_rnnview.analysis.hidden import what_hides
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.ordering import in_order
from tb_rnnview.analysis.placement import Placed
from tb_rnnview.analysis.same_weights import by_elements
from tb_rnnview.analysis.within_timestep import WithinTimestep
from tb_rnnview.graph.form import Graph
from tb_rnnview.timeline import Kind


@dataclass(eq=False)
class FoundLayer:
    """A layer and the places where it is applied."""

    instances: list[Instance]
    kind: Kind
    axes: list[TimeAxis | None]
    """The axis of each application; None = outside time."""
    reason: str = ""
    id: str = ""
    name: str = ""
    held: bool = False
    """Whether the name is that of an object of the program."""
    depth: int | None = None
    members: list[int] = field(default_factory=list)
    """Positions of the instances in the list of all instances."""

    def arrange(self, order: Sequence[int]) -> None:
        """Puts the places where it is applied into an order."""
        self.instances = [self.instances[k] for k in order]
        self.members = [self.members[k] for k in order]
        self.axes = [self.axes[k] for k in order]


def find_layers(
    graph: Graph,
    instances: list[Instance],
    flows: list[Flow],
    axes: Axes,
    sequence_axes: dict[int, Placed],
    order: Sequence[int],
) -> list[FoundLayer]:
    """Groups instances into layers, in the order of data flow.

    Args:
        graph: the graph.
        instances: all instances.
        flows: what flows between them.
        axes: the time axes.
        sequence_axes: for instances outside loops that work on a whole sequence: its axis.
        order: the place of each variable in the program's own order.
    """
    step = WithinTimestep(instances, flows)
    axis_of = [_axis(i, instance, axes, sequence_axes) for i, instance in enumerate(instances)]
    signatures = [instance.signature(graph) for instance in instances]
    chains = find_chains(graph, instances, signatures, step, flows)
    chained = {i for chain in chains for i in chain}
    single = [i for i in range(len(instances)) if i not in chained]
    kinds = {i: _kind(graph, instances[i], axis_of[i], sequence_axes.get(i)) for i in single}
    recurrent = {signatures[i] for i in single if kinds[i][0] is Kind.RECURRENT}
    alike: dict[Hashable, list[int]] = {}
    for i in single:
        # A cell that a loop runs may also run once beside it: that is a place of the same layer.
        runs_once = kinds[i][0] is Kind.ONCE and signatures[i] in recurrent
        recurs = runs_once or kinds[i][0] is Kind.RECURRENT
        alike.setdefault((recurs, signatures[i]), []).append(i)
    same: dict[int, Hashable] = {
        i: (key, part)
        for key, members in alike.items()
        for i, part in by_elements(instances, members).items()
    }
    level = _levels(single, same.__getitem__, axis_of, step)
    layers: list[FoundLayer] = []
    found: dict[Hashable, FoundLayer] = {}
    for i in single:
        kind, reason = kinds[i]
        key = (same[i], level[i])
        if key not in found:
            found[key] = FoundLayer([], kind, [], reason)
            layers.append(found[key])
        layer = found[key]
        layer.instances.append(instances[i])
        layer.axes.append(axis_of[i])
        layer.members.append(i)
        if layer.kind is Kind.ONCE and kind is not Kind.ONCE:
            layer.kind, layer.reason = kind, reason
    for chain in sorted(chains):
        layers.append(
            FoundLayer(
                [instances[i] for i in chain],
                Kind.UNKNOWN,
                [None for _ in chain],
                f"its weights are used at {_times(signatures, chain)} places, one after the other: "
                "a stack of layers with tied weights, or timesteps that are written out and take "
                "no elements of a sequence; the graph does not tell the two apart",
                members=list(chain),
            )
        )
    for layer in layers:
        if len({id(axis) for axis in layer.axes}) > 1:
            layer.arrange(in_order_of_inputs(graph, layer.instances))
    _order(layers, flows, order)
    _number(layers, flows, axis_of, step)
    return layers


def _times(signatures: list[frozenset[tuple[int, str]]], chain: tuple[int, ...]) -> int:
    """At how many places the variable that is used most is used."""
    return max(Counter(v for i in chain for v in {v for v, _ in signatures[i]}).values())


def _levels(
    members: list[int],
    key: Callable[[int], Hashable],
    axis_of: list[TimeAxis | None],
    step: WithinTimestep,
) -> dict[int, int]:
    """The level of each member among those of the same key that run on the same axis."""
    groups: dict[Hashable, list[int]] = {}
    for i in members:
        groups.setdefault((key(i), id(axis_of[i])), []).append(i)
    found: dict[int, int] = {}
    for group in groups.values():
        found.update(step.levels(group) if len(group) > 1 else {group[0]: 0})
    return found


def _axis(
    i: int, instance: Instance, axes: Axes, sequence_axes: dict[int, Placed]
) -> TimeAxis | None:
    if instance.loop is not None:
        return axes.of.get(instance.loop.frame)
    placed = sequence_axes.get(i)
    return placed.axis if placed is not None else None


def _kind(
    graph: Graph, instance: Instance, axis: TimeAxis | None, placed: Placed | None
) -> tuple[Kind, str]:
    used = sorted({graph.op(n) for n in instance.nodes})
    hidden = [op for op in used if what_hides(graph, op)]
    if hidden:
        return Kind.UNKNOWN, (
            f"its weights go into {what_hides(graph, hidden[0])} ({hidden[0]}), which this version "
            "does not look into"
        )
    if instance.loop is not None and axis is None:
        return Kind.UNKNOWN, (
            "it runs in a loop that reads and writes no sequence at its counter: steps of an "
            "iteration, not timesteps"
        )
    if instance.core is not None:
        return Kind.RECURRENT, ""
    if instance.loop is not None or instance.steps:
        return Kind.STEPWISE, ""
    return (Kind.SEQUENCE, placed.reason) if placed is not None else (Kind.ONCE, "")


def _order(layers: list[FoundLayer], flows: list[Flow], order: Sequence[int]) -> None:
    """Sorts the layers by data flow; where that leaves a choice, as the program made them."""
    home = {i: k for k, layer in enumerate(layers) for i in layer.members}
    before: list[set[int]] = [set() for _ in layers]
    for flow in same_timestep(flows, home):
        before[home[flow.target]].add(home[flow.source])
    first = [
        (
            min((order[v] for x in layer.instances for v in x.variables), default=len(order)),
            min((x.first for x in layer.instances), default=0),
        )
        for layer in layers
    ]
    layers[:] = [layers[k] for k in in_order(before, first)]


def same_timestep(flows: list[Flow], home: Mapping[int, int]) -> list[Flow]:
    """The flows between different layers that arrive at the timestep they start from.

    What starts a carried value counts only where it does not also arrive one timestep later:
    a decoder's first input is no connection of its own beside its feedback.
    """
    later = {(home.get(f.source), home.get(f.target)) for f in flows if f.offset > 0}
    kept = []
    for flow in flows:
        a, b = home.get(flow.source), home.get(flow.target)
        if a is None or b is None or a == b or flow.offset:
            continue
        if not (flow.starts and (a, b) in later):
            kept.append(flow)
    return kept


def _number(
    layers: list[FoundLayer],
    flows: list[Flow],
    axis_of: list[TimeAxis | None],
    step: WithinTimestep,
) -> None:
    """Counts, for each layer on an axis, the recurrent layers below it on that axis.

    From place to place, not from layer to layer: between two layers may lie a place of a layer that
    is also applied above them.
    """
    home = {i: k for k, layer in enumerate(layers) for i in layer.members}
    below: dict[int, list[int]] = {}
    for flow in same_timestep(flows, home):
        if step.place[flow.source] < step.place[flow.target]:
            below.setdefault(flow.target, []).append(flow.source)
    depth: dict[int, int] = {}
    for i in step.order:
        on_axis = [j for j in below.get(i, ()) if axis_of[j] is axis_of[i] is not None]
        recurrent = [layers[home[j]].kind is Kind.RECURRENT for j in on_axis]
        depth[i] = max((depth[j] + r for j, r in zip(on_axis, recurrent, strict=True)), default=0)
    for layer in layers:
        if any(axis is not None for axis in layer.axes):
            layer.depth = max(depth[i] for i in layer.members)
