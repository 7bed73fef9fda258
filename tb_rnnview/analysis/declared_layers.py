"""The layers of a configuration: which calls are one, what each has to do with time, its depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tb_rnnview.analysis.declared_axes import DeclaredAxes, DeclaredAxis, Placed
from tb_rnnview.analysis.declared_calls import CallId, Calls
from tb_rnnview.analysis.ordering import in_order
from tb_rnnview.sources.configured_layer import ConfiguredLayer
from tb_rnnview.timeline import Connection, Kind

# Of several places, the one that says most.
_KINDS = (Kind.UNKNOWN, Kind.RECURRENT, Kind.STEPWISE, Kind.SEQUENCE, Kind.ONCE)


@dataclass(eq=False)
class DeclaredLayer:
    """Calls of one layer that make up one layer of the timeline."""

    layer: ConfiguredLayer
    calls: list[CallId] = field(default_factory=list)
    kind: Kind = Kind.UNKNOWN
    reason: str = ""
    depth: int | None = None
    id: str = ""
    name: str = ""


class DeclaredLayers:
    """The layers, by data flow, and what connects them."""

    def __init__(self, calls: Calls, axes: DeclaredAxes) -> None:
        self._calls = calls
        self._axes = axes
        self._by_layer: dict[int, list[CallId]] = {}
        for at in calls.in_order:
            self._by_layer.setdefault(at[0], []).append(at)
        self._home: dict[CallId, DeclaredLayer] = {}
        layers = [layer for i in range(len(calls.model.layers)) for layer in self._layers_of(i)]
        for layer in layers:
            self._home |= dict.fromkeys(layer.calls, layer)
            self._tell_kind(layer)
        self.all = self._in_order(layers)
        for i, layer in enumerate(self.all):
            layer.id = f"layer{i}"
        self._tell_depths()

    def places_of(self, layer: DeclaredLayer) -> list[tuple[CallId, Placed]]:
        """Where the calls of a layer run; of timesteps that are written out, the first."""
        found = [(at, self._axes.placed[at]) for at in layer.calls]
        return [(at, placed) for at, placed in found if not placed.step]

    def home_of(self, at: CallId) -> DeclaredLayer:
        """The layer that a call belongs to."""
        return self._home[at]

    def _layers_of(self, position: int) -> list[DeclaredLayer]:
        """A recurrence that is called on what it gave itself is a layer above itself."""
        layer = self._calls.model.layers[position]
        own = self._by_layer.get(position, [])
        groups: dict[DeclaredAxis | None, list[CallId]] = {}
        for at in own:
            placed = self._axes.placed[at]
            if layer.is_recurrent and placed.step is None:
                groups.setdefault(placed.axis, []).append(at)
        above: dict[CallId, int] = {}
        for calls in groups.values():
            above |= self._calls.levels(calls)
        found: dict[int, DeclaredLayer] = {}
        for at in own:
            found.setdefault(above.get(at, 0), DeclaredLayer(layer)).calls.append(at)
        return list(found.values())

    def _tell_kind(self, layer: DeclaredLayer) -> None:
        placed = [self._axes.placed[at] for at in layer.calls]
        layer.kind = min((p.kind for p in placed), key=_KINDS.index)
        layer.reason = next((p.reason for p in placed if p.kind is layer.kind and p.reason), "")
        known = layer.layer
        if known.variables is None and known.is_recurrent:
            layer.reason = (
                f"its cell is of the class {known.class_name!r}, which this version does not know: "
                "its variables and states are not told"
            )
        elif known.variables is None and not known.class_name:
            layer.kind = Kind.UNKNOWN
            layer.reason = "weights alone do not tell what is done with them"
        elif known.variables is None:
            layer.kind = Kind.UNKNOWN
            layer.reason = (
                f"it is of the class {known.class_name!r}, which this version does not know, and "
                "its configuration does not tell what it does"
            )
        elif not known.is_recurrent and not any(p.step is not None for p in placed):
            times = 1 + max(self._calls.levels(layer.calls).values())
            if times > 1:
                layer.kind = Kind.UNKNOWN
                layer.reason = (
                    f"it is called {times:,} times in a row, each time on what came of the call "
                    "before: timesteps that are written out, or a stack of layers with tied weights"
                )

    def _in_order(self, layers: list[DeclaredLayer]) -> list[DeclaredLayer]:
        place = {id(layer): i for i, layer in enumerate(layers)}
        before = [
            {
                place[id(self._home[source])]
                for at in layer.calls
                for source in self._calls.sources(at)
            }
            for layer in layers
        ]
        return [layers[i] for i in in_order(before, [layer.layer.rank for layer in layers])]

    def _tell_depths(self) -> None:
        """Counts the recurrences below each layer on its axis, on the longest way there."""
        passed: dict[CallId, dict[DeclaredAxis, int]] = {}
        for at in self._calls.in_order:
            below: dict[DeclaredAxis, int] = {}
            for source in self._calls.of[at].fed_by:
                for axis, count in passed[source].items():
                    below[axis] = max(count, below.get(axis, 0))
            placed, layer = self._axes.placed[at], self._home[at]
            # In timesteps that are written out, a step is no layer above the one before.
            if placed.axis is not None and not placed.step and layer.kind is not Kind.UNKNOWN:
                depth = below.get(placed.axis, 0)
                layer.depth = depth if layer.depth is None else layer.depth
                if placed.kind is Kind.RECURRENT:
                    below[placed.axis] = depth + 1
            passed[at] = below

    @cached_property
    def connections(self) -> list[Connection]:
        """What flows between layers."""
        found: dict[Connection, None] = {}
        for layer in self.all:
            for at in layer.calls:
                call = self._calls.of[at]
                for source in call.fed_by:
                    self._connect(found, source, at, starts=False)
                if not self._axes.placed[at].step:
                    for source in (made for start in call.starts for made in start.made_by):
                        self._connect(found, source, at, starts=True)
        order = {layer.id: i for i, layer in enumerate(self.all)}
        return sorted(
            found,
            key=lambda c: (order[c.from_layer], order[c.to_layer], c.offset, c.starts_state),
        )

    def _connect(
        self, found: dict[Connection, None], source: CallId, target: CallId, *, starts: bool
    ) -> None:
        a, b = self._home[source], self._home[target]
        steps = self._axes.placed[source].step, self._axes.placed[target].step
        offset = 0
        if None not in steps and self._axes.placed[source].axis is self._axes.placed[target].axis:
            offset = (steps[1] or 0) - (steps[0] or 0)
        if a is not b and offset >= 0:
            found[Connection(a.id, b.id, offset, starts)] = None
