"""How much two layers are alike: by what they are and hold; a name counts least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tb_rnnview.timeline import Direction, Kind, Layer, Timeline, Variable
from tb_rnnview.views.naming import directions

ENOUGH = 5
"""From here on two layers can be one that has changed."""


@dataclass(frozen=True)
class Features:
    """What tells a layer from others."""

    name: str
    kind: Kind
    cell: str
    units: int | None
    ways: frozenset[Direction]
    roles: Counter[str]
    weights: Counter[tuple[str, Any]]

    @property
    def structure(self) -> tuple[Any, ...]:
        """Everything but the name."""
        weights = frozenset(self.weights.items())
        return self.kind, self.cell, self.units, self.ways, weights


def features_of(timeline: Timeline) -> list[Features]:
    """The features of all layers, in their order."""
    held = variables_by_layer(timeline)
    return [_features(layer, held[layer.id]) for layer in timeline.layers]


def variables_by_layer(timeline: Timeline) -> Mapping[str, list[Variable]]:
    """The variables of each layer, by its id, in the program's order."""
    held: dict[str, list[Variable]] = {layer.id: [] for layer in timeline.layers}
    for variable in timeline.variables:
        for id_ in variable.layers:
            if id_ in held:
                held[id_].append(variable)
    return held


def _features(layer: Layer, variables: Sequence[Variable]) -> Features:
    return Features(
        name=layer.name,
        kind=layer.kind,
        cell=layer.cell,
        units=layer.units,
        ways=frozenset(directions(layer)),
        roles=Counter(v.role for v in variables),
        weights=Counter((v.role, v.shape) for v in variables),
    )


def likeness(a: Features, b: Features) -> int:
    """Points for what two layers have in common; 0 = they are not one layer."""
    if a.kind is not b.kind and Kind.RECURRENT in (a.kind, b.kind) and a.name != b.name:
        return 0
    together = max(a.weights.total(), b.weights.total())
    points = (
        2 * (a.kind is b.kind)
        + (4 if a.cell else 1) * (a.cell == b.cell)
        + 2 * (a.units is not None and a.units == b.units)
        + 2 * (a.ways == b.ways)
        + 2 * (a.roles == b.roles)
        + 3 * (bool(a.name) and a.name == b.name)
        + (4 * (a.weights & b.weights).total() // together if together else 0)
    )
    return points if points >= ENOUGH else 0
