"""All units of a state give zero at all timesteps: nothing goes through the layer any more."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_rnnview.findings.places import (
    Flags,
    layer_of,
    names_of,
    row,
    running,
    timesteps,
    training_steps,
)
from tb_rnnview.statistics import LayerStatistics, Statistics
from tb_rnnview.timeline import Finding, Severity, Timeline

CODE = "DEAD_UNITS"
PLACE = 50


def find(timeline: Timeline, statistics: Statistics) -> Iterator[Finding]:
    """A finding for each state for which it holds at the last training step that was logged."""
    layer = layer_of(timeline, statistics)
    for of in names_of(statistics, "activation"):
        held = np.array([_is_dead(record, of) for record in statistics.records])
        if not held[-1]:
            continue
        last = statistics.records[-1]
        yield Finding(
            code=CODE,
            severity=Severity.WARNING,
            message=(
                f"All units of {of} in {statistics.layer} are dead: they are zero for the whole "
                f"batch at {timesteps(last, running(last))}. It is so at "
                f"{training_steps(statistics, held)}."
            ),
            advice=(
                "A relu that gives zero for all inputs has no gradient and stays so: use "
                "`activation='tanh'`, a lower learning rate, or another initializer of the bias."
            ),
            layers=(layer.id,) if layer is not None else (),
        )


def _is_dead(record: LayerStatistics, of: str) -> bool:
    values, runs = row(record, "activation", of), running(record)
    if values is None or not runs.any():
        return False
    dead: Flags = values[runs] == 0
    return bool(dead.all())
