"""Where in a log something holds: at which timesteps, and at which training steps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.statistics import LayerStatistics, Statistics
from tb_rnnview.timeline import Direction, Layer, Timeline

_SPANS = 3

Flags = NDArray[np.bool_]
"""bool [columns], of one record; or [S], of its training steps."""


def layer_of(timeline: Timeline, statistics: Statistics) -> Layer | None:
    """The layer that was measured; None = the timeline has none, or several, of that name."""
    named = [layer for layer in timeline.layers if layer.name == statistics.layer]
    return named[0] if len(named) == 1 else None


def is_backward(timeline: Timeline, statistics: Statistics) -> bool:
    """Whether the timestep that is visited first is the last of the sequence."""
    layer = layer_of(timeline, statistics)
    if layer is None or statistics.application >= len(layer.applications):
        return False
    return layer.applications[statistics.application].direction is Direction.BACKWARD


def row(record: LayerStatistics, measure: str, of: str = "") -> NDArray[np.float32] | None:
    """The values of one row, float32 [columns]; None = there is no such row."""
    for index, known in enumerate(record.rows):
        if (known.measure, known.of) == (measure, of):
            values: NDArray[np.float32] = record.values[index]
            return values
    return None


def names_of(statistics: Statistics, measure: str) -> list[str]:
    """What is measured so: the states, the gates; "" = the layer as a whole."""
    return [known.of for known in statistics.rows if known.measure == measure]


def running(record: LayerStatistics) -> Flags:
    """The columns at which some sequence of the batch still runs."""
    live = row(record, "live")
    if live is None:
        return np.ones(record.starts.size, bool)
    found: Flags = np.nan_to_num(live) > 0
    return found


def timesteps(record: LayerStatistics, where: Flags) -> str:
    """The timesteps of some columns: "timestep 3", "timesteps 0 – 46 and 50"."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], where.astype(np.int8), [0]))))
    spans = []
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        start = int(record.starts[first])
        last = int(record.starts[stop - 1] + record.counts[stop - 1]) - 1
        spans.append(str(start) if start == last else f"{start} – {last}")
    several = len(spans) > 1 or " " in spans[0]
    return f"timestep{'s' if several else ''} {_some(spans)}"


def training_steps(statistics: Statistics, where: Flags) -> str:
    """The training steps: "training step 7", "3 of 10 logged training steps, 100 – 300"."""
    steps = statistics.steps[where]
    if len(statistics.steps) == 1:
        return f"training step {steps[0]}"
    all_or_some = "all" if where.all() else f"{len(steps)} of"
    span = str(steps[0]) if len(steps) == 1 else f"{steps[0]} – {steps[-1]}"
    return f"{all_or_some} {len(statistics.steps)} logged training steps, {span}"


def _some(spans: Iterable[str]) -> str:
    known = list(spans)
    if len(known) > _SPANS:
        return f"{', '.join(known[:_SPANS])} and more"
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"
