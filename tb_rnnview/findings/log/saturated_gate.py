"""Nearly all units of a gate are shut, or open: hardly a gradient goes through them."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.places import layer_of, names_of, row, timesteps, training_steps
from tb_rnnview.statistics import Statistics
from tb_rnnview.timeline import Finding, Severity, Timeline

CODE = "SATURATED_GATE"
PLACE = 40

PART = 0.9
"""Of the units of a gate, over all timesteps."""


def find(timeline: Timeline, statistics: Statistics) -> Iterator[Finding]:
    """A finding for each gate for which it holds at the last training step that was logged.

    A note: a forget gate that stays open keeps what is to be kept.
    """
    layer = layer_of(timeline, statistics)
    for gate in filter(None, names_of(statistics, "saturation")):
        held = statistics.whole("saturation", gate) > PART
        last = statistics.records[-1]
        values = row(last, "saturation", gate)
        if not held[-1] or values is None or not (values > PART).any():
            continue
        yield Finding(
            code=CODE,
            severity=Severity.INFO,
            message=(
                f"Gate {gate} of {statistics.layer} is saturated: "
                f"{statistics.whole('saturation', gate)[-1]:.0%} of its units are at an end of "
                f"their range, at {timesteps(last, values > PART)}, and next to no gradient goes "
                f"through them. It is so at {training_steps(statistics, held)}."
            ),
            advice=(
                "A forget gate may stay open on purpose. Else scale the inputs to about -1 … 1, "
                "or lower the learning rate: `keras.optimizers.Adam(1e-4)`."
            ),
            layers=(layer.id,) if layer is not None else (),
        )
