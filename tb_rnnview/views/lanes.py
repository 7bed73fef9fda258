"""The lanes of the picture: which layers run on which axis, from the bottom to the top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tb_rnnview.timeline import Axis, Direction, Kind, Layer, Timeline, Variable
from tb_rnnview.views.naming import partners
from tb_rnnview.views.starts import short_start


@dataclass
class Lane:
    """A layer on one axis."""

    layer: Layer
    axis: Axis | None
    is_backward: bool = False
    applications: int = 1
    kernels: list[Variable] = field(default_factory=list)
    """What is drawn with a wire: its matrices, or all it has if there are none."""
    initial: str = ""
    states: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    """Ids of the layers it reads at the same timestep; not those that only start its states."""

    @property
    def is_in_time(self) -> bool:
        """Whether the layer is known to do something at timesteps of the axis."""
        return self.layer.kind not in (Kind.ONCE, Kind.UNKNOWN) and self.axis is not None


@dataclass
class Panel:
    """One axis and the lanes on it, the one nearest the input first."""

    axis: Axis | None
    lanes: list[Lane] = field(default_factory=list)


def panels(timeline: Timeline) -> list[Panel]:
    """The picture's panels, one per axis that has layers, in the order of data flow.

    A layer outside time goes to the axis whose layers come before it, the first ones to the
    first axis.
    """
    axes = {axis.id: axis for axis in timeline.axes}
    found: dict[str, Panel] = {}
    waiting: list[Lane] = []
    last: Panel | None = None
    for layer in timeline.layers:
        places = dict.fromkeys(a.axis for a in layer.applications if a.axis in axes)
        if not places:
            lane = _lane(timeline, layer, None)
            (waiting if last is None else last.lanes).append(lane)
        for id_ in places:
            last = found.setdefault(id_, Panel(axes[id_]))
            last.lanes.append(_lane(timeline, layer, axes[id_]))
    if not found:
        return [Panel(None, waiting)] if waiting else []
    ordered = list(found.values())
    ordered[0].lanes[:0] = waiting
    both = partners(timeline)
    for panel in ordered:
        _backward_below(panel.lanes, both)
    return ordered


def _lane(timeline: Timeline, layer: Layer, axis: Axis | None) -> Lane:
    here = [a for a in layer.applications if axis is not None and a.axis == axis.id]
    variables = [v for v in timeline.variables_of(layer.id) if v.role != "initial_state"]
    states = [state for state in timeline.states if state.layer == layer.id]
    return Lane(
        layer,
        axis,
        is_backward=bool(here) and all(a.direction is Direction.BACKWARD for a in here),
        applications=max(1, len(here)),
        kernels=_matrices(variables) or variables,
        initial=short_start(timeline, states),
        states=[state.name for state in states],
        inputs=[
            c.from_layer
            for c in timeline.connections
            if c.to_layer == layer.id and not c.offset and not c.starts_state
        ],
    )


def _matrices(variables: Iterable[Variable]) -> list[Variable]:
    return [v for v in variables if v.shape is not None and len(v.shape) > 1 and v.role != "bias"]


def _backward_below(lanes: list[Lane], both: Mapping[str, str]) -> None:
    """Draws the forward half of a bidirectional layer above the backward half."""
    for index in range(len(lanes) - 1):
        lower, upper = lanes[index], lanes[index + 1]
        is_pair = both.get(lower.layer.id) == upper.layer.id
        if is_pair and upper.is_backward:
            lanes[index], lanes[index + 1] = upper, lower
