"""What the page is told of statistics: little of all steps, and all of one step.

Numbers are sent as they lie in memory, little end first: NaN and infinity, which JSON has no words
for, are what statistics are for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tb_rnnview.errors import FormatError
from tb_rnnview.plugin.stored_statistics import StatisticsTag
from tb_rnnview.statistics import LayerStatistics, Statistics
from tb_rnnview.statistics_codec import read_label, tensor_of


def listing(tags: dict[str, StatisticsTag]) -> dict[str, Any]:
    """What there is: JSON-ready."""
    layers = []
    skipped = []
    for tag, found in sorted(tags.items()):
        try:
            label = read_label(found.label)
        except FormatError as error:
            skipped.append({"tag": tag, "reason": str(error)})
            continue
        rows = [
            {"measure": r.measure, "of": r.of, "unit": r.unit, "merged": r.merged}
            for r in label.rows
        ]
        layers.append(
            {
                "tag": tag,
                "version": found.version,
                "layer": label.layer,
                "application": label.application,
                "axis": label.axis,
                "rows": rows,
            }
        )
    return {"layers": layers, "skipped": skipped}


def over_training(table: Statistics) -> bytes:
    """float64 [S], the steps; then float32 [S, 1 + 5 · rows].

    For each step its length, and of each row: whole, elsewhere, and the least, the least above 0
    and the greatest finite value of a timestep.
    """
    numbers = np.stack(
        [
            np.concatenate([[record.length], _of_rows(record).ravel()]).astype("<f4")
            for record in table.records
        ]
    )
    return table.steps.astype("<f8").tobytes() + numbers.tobytes()


def _of_rows(record: LayerStatistics) -> np.ndarray[Any, Any]:
    values = per_timestep(record)
    finite = np.isfinite(values)
    above = finite & (values > 0)
    none = np.inf
    extremes = np.stack(
        [
            np.where(finite, values, none).min(axis=1, initial=none),
            np.where(above, values, none).min(axis=1, initial=none),
            -np.where(finite, -values, none).min(axis=1, initial=none),
        ],
        axis=1,
    )
    extremes[~np.isfinite(extremes)] = np.nan
    return np.concatenate([record.whole[:, None], record.elsewhere[:, None], extremes], axis=1)


def at_step(record: LayerStatistics) -> bytes:
    """The float32 tensor of `tb_rnnview.statistics_codec`."""
    return tensor_of(record).astype("<f4").tobytes()


def at_timestep(table: Statistics, timestep: int) -> bytes:
    """float64 [S], the steps; then float32 [rows, S], NaN where the sequences were shorter."""
    values = np.full((len(table.rows), len(table.records)), np.nan, "<f4")
    for step, record in enumerate(table.records):
        if 0 <= timestep < record.length:
            column = int(np.searchsorted(record.starts, timestep, "right")) - 1
            values[:, step] = per_timestep(record)[:, column]
    return table.steps.astype("<f8").tobytes() + values.tobytes()


def per_timestep(record: LayerStatistics) -> np.ndarray[Any, Any]:
    """The values, where timesteps were summed the mean of them: what can be compared at any T."""
    summed = np.array([row.merged == "sum" for row in record.rows], bool)
    return np.where(summed[:, None], record.values / record.counts, record.values)
