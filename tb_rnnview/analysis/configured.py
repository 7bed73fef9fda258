"""Which variable of a Keras configuration a graph's nameless one is.

Event files hold graphs whose variables are Placeholders, and the configuration of a model. The
graph is the evidence; a configuration only names what the graph proves, and only where there is
no second way to read it: the layers' kinds, cells, sizes and order of data flow, their variables'
roles and shapes leave one. Where they leave several that differ in nothing but their places
(two equal branches), the scopes in the graph may tell them apart, if they do so for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tb_rnnview.analysis.assignments import Partners, possible_partners
from tb_rnnview.sources.configured_layer import (
    ConfiguredLayer,
    ConfiguredModel,
    ConfiguredVariable,
)
from tb_rnnview.sources.graph_source import DeclaredVariable
from tb_rnnview.timeline import (
    Direction,
    Finding,
    Kind,
    Layer,
    Severity,
    Shape,
    Timeline,
    Variable,
)

# What a layer may have beside the variables that Keras makes for its class: the states of
# stateful layers, the states of random generators.
_BESIDE = ("initial_state", "other")
_NAMED_AT_MOST = 3


@dataclass
class ConfiguredNames:
    """What configurations say of the variables of a graph."""

    declared: list[DeclaredVariable] = field(default_factory=list)
    """In the model's order."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a variable keeps the name that it has in the graph, by that name."""
    findings: list[Finding] = field(default_factory=list)

    def told_of(self, timeline: Timeline) -> Timeline:
        """The timeline with the reasons and findings."""
        return replace(
            timeline,
            variables=tuple(
                replace(v, reason=v.reason or self.reasons.get(v.name, ""))
                for v in timeline.variables
            ),
            findings=(*timeline.findings, *self.findings),
        )


def names_by_configuration(
    timeline: Timeline, models: Sequence[ConfiguredModel], nameless: Sequence[str]
) -> ConfiguredNames:
    """The names that configurations prove.

    Args:
        timeline: of the graph, its variables named as in the graph.
        models: what the configurations declare; at most one of them is the graph's.
        nameless: the variables that have no name of their own in the graph.
    """
    wanted = [v for v in timeline.variables if v.name in set(nameless) and v.layers]
    if not wanted:
        return ConfiguredNames()
    groups = _group(timeline)
    matches = [(m, match) for m in models if (match := _match(groups, m)) is not None]
    if len(matches) == 1:
        return _told(groups, *matches[0])
    return _unnamed(wanted, models, len(matches))


@dataclass
class _Group:
    """Found layers that use the same variables: one layer of a program, called again."""

    layer: Layer
    variables: tuple[Variable, ...]
    after: int = 0
    """A bit set of the groups that its results reach."""


@dataclass
class _Match:
    groups: list[list[ConfiguredLayer]]
    """For each group the layers that it may be."""
    configured: list[ConfiguredLayer]


def _group(timeline: Timeline) -> list[_Group]:
    used = {layer.id: timeline.variables_of(layer.id) for layer in timeline.layers}
    held = [(layer, used[layer.id]) for layer in timeline.layers if used[layer.id]]
    groups: list[_Group] = []
    home: dict[str, int] = {}
    for layer, variables in sorted(held, key=lambda item: -len(item[1])):
        names = {v.name for v in variables}
        inside = (i for i, g in enumerate(groups) if names <= {v.name for v in g.variables})
        home[layer.id] = next(inside, len(groups))
        if home[layer.id] == len(groups):
            groups.append(_Group(layer, variables))
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


def _match(groups: Sequence[_Group], model: ConfiguredModel) -> _Match | None:
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
        by_scope = _told_by_scopes(groups, configured, possible)
        if by_scope is not None:
            certain = possible_partners(by_scope, after, partners)
            if certain is not None and all(certain):
                possible = certain
    return _Match([[configured[k] for k in sorted(p)] for p in possible], configured)


def _is_needed(layer: ConfiguredLayer) -> bool:
    """Whether a layer is found in every graph of its model: a norm's variables may be folded."""
    return bool(layer.variables) and any(v.role != "norm" for v in layer.variables or ())


def _fits(group: _Group, configured: ConfiguredLayer) -> bool:
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
    possible = _variables(group, configured)
    return possible is not None and all(possible)


def _variables(group: _Group, configured: ConfiguredLayer) -> list[set[int]] | None:
    """For each variable of a group, those of the layer's variables that it may be."""
    declared = configured.variables or ()
    items = _own_variables(group)
    candidates = [
        {k for k, d in enumerate(declared) if _may_be(v, d, group.layer.kind)} for v in items
    ]
    partners = Partners(
        after=[0] * len(declared), needed=[k for k, d in enumerate(declared) if d.role != "norm"]
    )
    return possible_partners(candidates, [0] * len(items), partners)


def _own_variables(group: _Group) -> list[Variable]:
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


def _told_by_scopes(
    groups: Sequence[_Group], configured: Sequence[ConfiguredLayer], possible: Sequence[set[int]]
) -> list[set[int]] | None:
    """The one partner that each undecided group's scopes name; None = they do not for all."""
    told: list[set[int]] = []
    for group, partners in zip(groups, possible, strict=True):
        named = partners
        if len(partners) > 1:
            named = {k for k in partners if _in_scope(group, configured[k])}
            if len(named) != 1:
                return None
        told.append(named)
    return told


def _in_scope(group: _Group, configured: ConfiguredLayer) -> bool:
    """Whether all variables of a group stand in scopes that bear a layer's names, in order."""
    names = configured.name.split("/")
    for variable in group.variables:
        parts = iter(variable.name.split("/"))
        if not all(name in parts for name in names):
            return False
    return True


def _told(groups: Sequence[_Group], model: ConfiguredModel, match: _Match) -> ConfiguredNames:
    names = ConfiguredNames()
    place = {v.name: i for i, v in enumerate(_declared_variables(model))}
    undecided: list[tuple[_Group, list[ConfiguredLayer]]] = []
    for group, layers in zip(groups, match.groups, strict=True):
        if len(layers) > 1:
            undecided.append((group, layers))
            told = f"may be a variable of {_or([x.name for x in layers])}"
            names.reasons |= {v.name: f"{told}: nothing tells them apart" for v in group.variables}
            continue
        _name_group(names, group, layers[0])
    names.declared.sort(key=lambda d: place.get(d.name, len(place)))
    if undecided:
        names.findings.append(_ambiguous(model, undecided))
    return names


def _declared_variables(model: ConfiguredModel) -> Iterator[ConfiguredVariable]:
    for layer in model.layers:
        yield from layer.variables or ()


def _name_group(names: ConfiguredNames, group: _Group, layer: ConfiguredLayer) -> None:
    """Names what is certain of a group that is certainly one layer."""
    declared = layer.variables or ()
    own = _own_variables(group)
    possible = _variables(group, layer) if layer.variables is not None else None
    certain: dict[str, ConfiguredVariable] = {}
    for variable, partners in zip(own, possible or [set()] * len(own), strict=True):
        if len(partners) == 1:
            certain[variable.name] = declared[next(iter(partners))]
    for variable in group.variables:
        known = certain.get(variable.name)
        names.declared.append(
            DeclaredVariable(
                name=known.name if known is not None else variable.name,
                trainable=known.trainable if known is not None else variable.trainable,
                node=variable.name,
                layers=layer.layers,
                shape=known.shape if known is not None else None,
            )
        )
        if known is None:
            names.reasons[variable.name] = (
                f"is a variable of {layer.name}; the configuration does not tell which"
            )


def _ambiguous(
    model: ConfiguredModel, undecided: Sequence[tuple[_Group, list[ConfiguredLayer]]]
) -> Finding:
    layers = [x.name for x in model.layers if any(x in found for _, found in undecided)]
    return Finding(
        code="NAMES_NOT_PROVEN",
        severity=Severity.INFO,
        message=(
            f"Which layer of the graph is {_or(layers)} is not told: as configured they differ "
            "in nothing that the graph shows. Their variables keep the names of the graph."
        ),
        advice="To see their names, export the model itself: tb_rnnview.export(model, logdir).",
        layers=tuple(group.layer.id for group, _ in undecided),
        variables=tuple(v.name for group, _ in undecided for v in group.variables),
    )


def _unnamed(
    wanted: Sequence[Variable], models: Sequence[ConfiguredModel], fitting: int
) -> ConfiguredNames:
    """Nothing is named: no configuration is there, or fits, or several do."""
    if not models:
        reason = "the graph holds a placeholder for it, and no configuration is beside the graph"
        why = "no Keras configuration is beside the graph"
    elif fitting:
        reason = why = f"{fitting} different Keras configurations beside the graph fit it"
    else:
        reason = "the Keras configuration beside the graph does not fit it"
        said = "; ".join(_summary(m) for m in models[:_NAMED_AT_MOST])
        why = f"no Keras configuration beside the graph fits it (there is: {said})"
    return ConfiguredNames(
        reasons={v.name: reason for v in wanted},
        findings=[
            Finding(
                code="NAMES_NOT_PROVEN",
                severity=Severity.INFO,
                message=(
                    "The variables have no names in this graph, only placeholders: "
                    f"{why}. They keep the names of the graph."
                ),
                advice="To see their names, export the model itself: "
                "tb_rnnview.export(model, logdir).",
                variables=tuple(v.name for v in wanted),
            )
        ],
    )


def _summary(model: ConfiguredModel) -> str:
    layers = [x for x in model.layers if x.variables != ()]
    told = [f"{x.class_name} {x.name}" for x in layers[:_NAMED_AT_MOST]]
    return f"{model.name}: {', '.join(told)}{', …' if len(layers) > _NAMED_AT_MOST else ''}"


def _or(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))
    if len(shown) > _NAMED_AT_MOST:
        return f"{', '.join(shown[:_NAMED_AT_MOST])} or {len(shown) - _NAMED_AT_MOST:,} others"
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]
