"""Which layers of a Keras configuration the layers found in a graph may be.

Compared are kinds, cells, sizes and directions, the roles and shapes of variables, and the order of
data flow. Scopes are looked at last, where all that leaves equal ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tb_rnnview.analysis.assignments import Partners, possible_partners
from tb_rnnview.analysis.configured_scopes import told_by_scopes
from tb_rnnview.sources.configured_layer import (
    ConfiguredLayer,
    ConfiguredModel,
    ConfiguredVariable,
)
from tb_rnnview.timeline import Direction, Kind, Layer, Shape, Timeline, Variable

# What a layer may have beside the variables that Keras makes for its class: the states of
# stateful layers, the states of random generators.
_BESIDE = ("initial_state", "other")


@dataclass
class Group:
    """Found layers that use the same variables: one layer of a program, called again."""

    layer: Layer
    variables: tuple[Variable, ...]
    places: list[str] = field(default_factory=list)
    """Where in the graph it runs."""
    after: int = 0
    """A bit set of the groups that its results reach."""


def group_layers(timeline: Timeline) -> list[Group]:
    """The layers of a graph, those of the same variables as one."""
    used = {layer.id: timeline.variables_of(layer.id) for layer in timeline.layers}
    held = [(layer, used[layer.id]) for layer in timeline.layers if used[layer.id]]
    groups: list[Group] = []
    home: dict[str, int] = {}
    for layer, variables in sorted(held, key=lambda item: -len(item[1])):
        names = {v.name for v in variables}
        inside = (i for i, g in enumerate(groups) if names <= {v.name for v in g.variables})
        home[layer.id] = next(inside, len(groups))
        if home[layer.id] == len(groups):
            groups.append(Group(layer, variables))
        groups[home[layer.id]].places += [a.name for a in layer.applications]
    reached = _closure(
        {layer.id: i for i, layer in enumerate(timeline.layers)},
        [(c.from_layer, c.to_layer) for c in timeline.connections if not c.offset],
    )
    for layer, _ in held:
        here = home[layer.id]
        for i, other in enumerate(timeline.layers):
            at = home.get(other.id, here)
            if reached[layer.id] >> i & 1 and at != here:
                groups[here].after |= 1 << at
    return groups


def _closure(position: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """For each thing a bit set of what can be reached from it."""
    following: dict[str, list[str]] = {name: [] for name in position}
    for start, end in edges:
        following[start].append(end)
    reached = {}
    for name in position:
        seen: set[str] = set()
        pending = [name]
        while pending:
            for other in following[pending.pop()]:
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
        reached[name] = sum(1 << position[other] for other in sorted(seen))
    return reached


def match(groups: Sequence[Group], model: ConfiguredModel) -> list[list[ConfiguredLayer]] | None:
    """What each group may be; None = the model is not the graph's."""
    order = {str(i): i for i in range(len(model.layers))}
    edges = [
        (str(source), str(i))
        for i, layer in enumerate(model.layers)
        for call in layer.calls
        for source in call.inputs
    ]
    reached = _closure(order, edges)
    kept = [i for i, layer in enumerate(model.layers) if layer.variables != ()]
    configured = [model.layers[i] for i in kept]
    partners = Partners(
        after=[
            sum(1 << k for k, j in enumerate(kept) if j != i and reached[str(i)] >> j & 1)
            for i in kept
        ],
        needed=[k for k, layer in enumerate(configured) if _is_needed(layer)],
        shared=[k for k, layer in enumerate(configured) if layer.variables is None],
    )
    candidates = [
        {k for k, layer in enumerate(configured) if _fits(group, layer)} for group in groups
    ]
    after = [group.after for group in groups]
    possible = possible_partners(candidates, after, partners)
    if possible is None:
        possible = [set(range(len(configured))) for _ in groups]  # too many ways to try: no proof
    elif not all(possible):
        return None
    else:
        scopes = [(g.places, [v.name for v in g.variables]) for g in groups]
        by_scope = told_by_scopes(scopes, [x.name for x in configured], possible)
        if by_scope is not None:
            certain = possible_partners(by_scope, after, partners)
            if certain is not None and all(certain):
                possible = certain
    return [[configured[k] for k in sorted(p)] for p in possible]


def _is_needed(layer: ConfiguredLayer) -> bool:
    """Whether a layer is found in every graph of its model: a norm's variables may be folded."""
    return bool(layer.variables) and any(v.role != "norm" for v in layer.variables or ())


def _fits(group: Group, configured: ConfiguredLayer) -> bool:
    """Whether a found layer, taken by itself, may be a configured one."""
    if configured.variables is None:
        return True
    found = group.layer
    if found.kind is not Kind.UNKNOWN:
        if (found.kind is Kind.RECURRENT) != configured.is_recurrent:
            return False
        if found.cell and configured.cell and found.cell != configured.cell:
            return False
        sizes = {found.units, configured.units} - {None}
        if len(sizes) > 1 and configured.is_recurrent and configured.cell:
            return False
    ways = {a.direction for a in found.applications} - {Direction.UNKNOWN}
    backward = ways == {Direction.BACKWARD}
    if configured.is_recurrent and len(ways) == 1 and backward != configured.is_backward:
        return False
    possible = variables_in(group, configured)
    return possible is not None and all(possible)


def variables_in(group: Group, configured: ConfiguredLayer) -> list[set[int]] | None:
    """For each own variable of a group, those of the layer's variables that it may be."""
    declared = configured.variables or ()
    items = own_variables(group)
    candidates = [
        {k for k, d in enumerate(declared) if _may_be(v, d, group.layer.kind)} for v in items
    ]
    partners = Partners(
        after=[0] * len(declared), needed=[k for k, d in enumerate(declared) if d.role != "norm"]
    )
    return possible_partners(candidates, [0] * len(items), partners)


def own_variables(group: Group) -> list[Variable]:
    """Those that Keras may have made for a layer's class."""
    return [v for v in group.variables if v.role not in _BESIDE]


def _may_be(found: Variable, declared: ConfiguredVariable, kind: Kind) -> bool:
    roles = {found.role, declared.role}
    alike = len(roles) == 1 or (declared.role == "norm" and found.role == "bias")
    if kind is Kind.UNKNOWN:  # without its loop a recurrent kernel looks like any other
        alike = alike or roles == {"kernel", "recurrent_kernel"}
    return alike and _agree(found.shape, declared.shape)


def _agree(one: Shape, other: Shape) -> bool:
    if one is None or other is None:
        return True
    return len(one) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(one, other, strict=True)
    )
