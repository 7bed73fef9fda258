"""A recurrent layer over one timestep that starts from zeros: its recurrent weights do nothing.

The mistake of who has rows of features and makes sequences of length 1 of them. A layer that starts
from something, as where a program runs one timestep after the other itself, is sound.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import is_keras, layer_names
from tb_rnnview.timeline import Axis, Finding, Kind, LengthSource, Severity, Timeline

CODE = "SINGLE_TIMESTEP"
PLACE = 70


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """One finding for all such layers."""
    del facts
    axes = {axis.id: axis for axis in timeline.axes}
    starts: dict[str, set[str]] = {}
    for state in timeline.states:
        starts.setdefault(state.layer, set()).add(state.initial)
    layers = [
        layer
        for layer in timeline.layers
        if layer.kind is Kind.RECURRENT
        and layer.applications
        and all(_is_single(axes.get(a.axis)) for a in layer.applications)
        and starts.get(layer.id) == {"zeros"}
    ]
    if not layers:
        return
    one = len(layers) == 1
    yield Finding(
        code=CODE,
        severity=Severity.WARNING,
        message=(
            f"{layer_names(timeline, layers)} run{'s' if one else ''} for one timestep only, and "
            f"start{'s' if one else ''} from zeros. No state is handed on, so nothing is "
            "recurrent: the weights that the state is multiplied by do nothing, and never learn."
        ),
        advice=(
            "Put the timesteps on the dimension of time, "
            f"{_line(timeline)}; without any, a dense layer does the same with fewer weights."
        ),
        layers=tuple(layer.id for layer in layers),
    )


def _is_single(axis: Axis | None) -> bool:
    """Whether an axis has one timestep by what the graph fixes, and not in one example of it."""
    return (
        axis is not None
        and axis.length == 1
        and not axis.length_is_bound
        and axis.length_source is LengthSource.STATIC
        and not axis.parent
    )


def _line(timeline: Timeline) -> str:
    if is_keras(timeline):
        return "`keras.Input((timesteps, features))`, and feed it so"
    return "`tf.reshape(inputs, [-1, timesteps, features])`"
