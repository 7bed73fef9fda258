"""Statistics to point a rule at, written down by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from tb_rnnview.findings.rules import log_rules
from tb_rnnview.statistics import LayerStatistics, Statistics, StatisticsRow
from tb_rnnview.timeline import Application, Direction, Finding, Timeline
from tests.timelines import stacked

Rows = Mapping[tuple[str, str], ArrayLike]
"""One value per timestep, by (measure, of)."""

T = 10


def logged(*steps: Rows, every: int = 100) -> Statistics:
    """The statistics of cell_0 at training steps 0, 100, 200 and so on."""
    records = []
    for rows in steps:
        values = np.array(list(rows.values()), float)
        kinds = [StatisticsRow(measure, of) for measure, of in rows]
        whole = np.nansum(values, axis=1) / values.shape[1]
        records.append(LayerStatistics.from_timesteps("cell_0", kinds, values, whole=whole))
    return Statistics(np.arange(len(records)) * every, tuple(records))


def found(code: str, statistics: Statistics, timeline: Timeline | None = None) -> list[Finding]:
    """What the rule of that code has to tell."""
    (rule,) = (rule for rule in log_rules() if code == rule.CODE)
    return list(rule.find(timeline or stacked(1, T), statistics))


def backward() -> Timeline:
    """A network whose only layer visits the last timestep first."""
    timeline = stacked(1, T)
    places = (Application("axis0", Direction.BACKWARD),)
    return replace(timeline, layers=(replace(timeline.layers[0], applications=places),))


def falling(by: float, to: Sequence[int] = range(T - 1, -1, -1)) -> list[float]:
    """1 at the last timestep, and so many times as much at each one before."""
    return [by**t for t in to]
