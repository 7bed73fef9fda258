"""Which variable of a Keras configuration a graph's nameless one is.

Event files hold graphs whose variables are Placeholders, and the configuration of a model. The
graph is the evidence; a configuration only names what the graph proves, and only where there is
no second way to read it: the layers' kinds, cells, sizes and order of data flow, their variables'
roles and shapes leave one. Where they leave several that differ in nothing but their places
(two equal branches), the scopes in the graph may tell them apart, if they do so for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tb_rnnview.analysis.configured_layers import (
    Group,
    group_layers,
    match,
    own_variables,
    variables_in,
)
from tb_rnnview.sources.configured_layer import (
    ConfiguredLayer,
    ConfiguredModel,
    ConfiguredVariable,
)
from tb_rnnview.sources.graph_source import DeclaredVariable
from tb_rnnview.timeline import Finding, Severity, Timeline, Variable

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
    placeholders = set(nameless)
    wanted = [v for v in timeline.variables if v.name in placeholders and v.layers]
    if not wanted:
        return ConfiguredNames()
    groups = group_layers(timeline)
    matches = [(m, found) for m in models if (found := match(groups, m)) is not None]
    if len(matches) == 1:
        return _told(groups, *matches[0])
    return _unnamed(wanted, models, len(matches))


def _told(
    groups: Sequence[Group], model: ConfiguredModel, matched: Sequence[list[ConfiguredLayer]]
) -> ConfiguredNames:
    names = ConfiguredNames()
    place = {v.name: i for i, v in enumerate(_declared_variables(model))}
    undecided: list[tuple[Group, list[ConfiguredLayer]]] = []
    for group, layers in zip(groups, matched, strict=True):
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


def _name_group(names: ConfiguredNames, group: Group, layer: ConfiguredLayer) -> None:
    """Names what is certain of a group that is certainly one layer."""
    declared = layer.variables or ()
    own = own_variables(group)
    possible = variables_in(group, layer) if layer.variables is not None else None
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
    model: ConfiguredModel, undecided: Sequence[tuple[Group, list[ConfiguredLayer]]]
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
