"""The gradient grows on its way back through time: one step of training may undo all before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_rnnview.findings.gradients import state_gradient
from tb_rnnview.findings.places import (
    Flags,
    is_backward,
    layer_of,
    timesteps,
    training_steps,
)
from tb_rnnview.statistics import LayerStatistics, Statistics
from tb_rnnview.timeline import Finding, Severity, Timeline

CODE = "EXPLODING"
PLACE = 30

TIMES = 1e3
"""How much larger than where the loss first reaches the layer."""


def find(timeline: Timeline, statistics: Statistics) -> Iterator[Finding]:
    """A finding where it holds at the last training step that was logged."""
    backward = is_backward(timeline, statistics)
    where = [_exploded(statistics, record, backward) for record in statistics.records]
    held = np.array([bool(flags.any()) for flags in where])
    if not held[-1]:
        return
    last = statistics.records[-1]
    layer = layer_of(timeline, statistics)
    yield Finding(
        code=CODE,
        severity=Severity.WARNING,
        message=(
            f"The gradient explodes in {statistics.layer}: at {timesteps(last, where[-1])} it is "
            f"more than 1,000 times what it is where the loss reaches the layer first. It is so at "
            f"{training_steps(statistics, held)}."
        ),
        advice=(
            "Clip the gradients, `optimizer = keras.optimizers.Adam(clipnorm=1.0)`, or start the "
            "recurrent weights smaller: `recurrent_initializer='orthogonal'`."
        ),
        layers=(layer.id,) if layer is not None else (),
    )


def _exploded(statistics: Statistics, record: LayerStatistics, backward: bool) -> Flags:
    """The columns with a far larger gradient than the last one visited that has any."""
    gradient = state_gradient(statistics, record)
    some = np.flatnonzero(np.nan_to_num(gradient) > 0)
    if not some.size:
        return np.zeros(gradient.size, bool)
    found: Flags = gradient > TIMES * gradient[some[0] if backward else some[-1]]
    return found
