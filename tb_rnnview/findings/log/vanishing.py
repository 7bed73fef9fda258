"""The gradient does not reach the timesteps that were visited first: they are not learnt from."""

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

CODE = "VANISHING"
PLACE = 20

PART = 1e-5
"""Of the largest gradient over time. float32 has 7 digits: less hardly counts in a sum."""


def find(timeline: Timeline, statistics: Statistics) -> Iterator[Finding]:
    """A finding where it holds at the last training step that was logged."""
    backward = is_backward(timeline, statistics)
    where = [_vanished(statistics, record, backward) for record in statistics.records]
    held = np.array([bool(flags.any()) for flags in where])
    if not held[-1]:
        return
    last = statistics.records[-1]
    gradient = state_gradient(statistics, last)
    peak = np.zeros(gradient.size, bool)
    peak[np.nanargmax(gradient)] = True
    layer = layer_of(timeline, statistics)
    yield Finding(
        code=CODE,
        severity=Severity.WARNING,
        message=(
            f"The gradient vanishes in {statistics.layer}: at {timesteps(last, where[-1])} it is "
            f"less than 1/100,000 of what it is at {timesteps(last, peak)}. What stands there is "
            f"not learnt from. It is so at {training_steps(statistics, held)}."
        ),
        advice=(
            "Use a cell that keeps its state, `keras.layers.LSTM(units)` in place of a SimpleRNN, "
            "shorter sequences, or a loss at more of the timesteps: `return_sequences=True`."
        ),
        layers=(layer.id,) if layer is not None else (),
    )


def _vanished(statistics: Statistics, record: LayerStatistics, backward: bool) -> Flags:
    """The columns visited before that of the largest gradient, with next to none themselves."""
    gradient = state_gradient(statistics, record)
    if not (np.nan_to_num(gradient) > 0).any():
        return np.zeros(gradient.size, bool)
    at = int(np.nanargmax(gradient))
    place = np.arange(gradient.size)
    before = place > at if backward else place < at
    small: Flags = before & (gradient < PART * gradient[at])
    # Nothing but zeros is a gradient that was stopped on purpose.
    return small if (gradient[small] > 0).any() else np.zeros(gradient.size, bool)
