"""Statistics: what each timestep of a layer did at a training step, as labelled tables.

A `LayerStatistics` is one layer at one training step; a `Statistics` is the same layer over all
the training steps that were logged. Nothing here needs TensorFlow or protobuf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SCHEMA_VERSION = 1

MAX_COLUMNS = 1024
"""A longer sequence is merged to at most so many columns: a record stays small at any length."""

MAX_LENGTH = 2**24
"""Positions are stored as float32, which holds whole numbers exactly up to here."""


@dataclass(frozen=True)
class StatisticsRow:
    """What one row of numbers is.

    ``measure`` is one of

    - "vote": share_t, the part that timestep t has in the gradient of the variable ``of``;
    - "activation": the root mean square (RMS) of the state ``of``, or of the output;
    - "state_gradient": the RMS of the loss' gradient with respect to the state ``of``;
    - "saturation": the part of the units of the gate ``of`` that is saturated;
    - "live": the part of the batch whose sequence still runs;
    - "non_finite": how many of the "values", or of the "gradients", are NaN or infinite.
    """

    measure: str
    of: str = ""
    """The name of a variable, a state or a gate; "" = the layer as a whole."""
    unit: str = ""
    """"share", "RMS", "fraction" or "count"."""
    merged: str = "maximum"
    """How several timesteps become one column: "sum" or "maximum"."""

    def __str__(self) -> str:
        return f"{self.measure} of {self.of}" if self.of else self.measure


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """One application of one layer at one training step.

    Timesteps are in SEQUENCE order: the first column of a backward layer is the one that it visits
    last. The arrays cannot be written to.

    Raises:
        ValueError: the arrays do not fit each other.
    """

    layer: str
    """The layer's name in the timeline."""
    application: int
    """Which of its applications; 0 = the first."""
    axis: str
    """The label of the time axis."""
    length: int
    """Timesteps of the sequences of this step."""
    rows: tuple[StatisticsRow, ...]
    values: NDArray[np.float32]
    """float32 [rows, columns]; NaN = not defined."""
    starts: NDArray[np.int64]
    """int64 [columns]: the first timestep in each column."""
    counts: NDArray[np.int64]
    """int64 [columns]: how many timesteps are merged in each column."""
    whole: NDArray[np.float32]
    """float32 [rows]: over all timesteps. Of a vote, the norm of the gradient that the layer gives
    the variable; of the rest, the RMS, the fraction or the total. NaN = not defined."""
    elsewhere: NDArray[np.float32]
    """float32 [rows]: of a vote, the norm of the gradient that reaches the variable from elsewhere
    (a regulariser, another application of the layer); otherwise NaN."""

    def __post_init__(self) -> None:
        fix = object.__setattr__
        fix(self, "rows", tuple(self.rows))
        for name in ("values", "whole", "elsewhere"):
            fix(self, name, _fixed(getattr(self, name), np.float32))
        for name in ("starts", "counts"):
            fix(self, name, _fixed(getattr(self, name), np.int64))
        rows, columns = len(self.rows), self.starts.size
        for name, expected in (
            ("values", (rows, columns)),
            ("starts", (columns,)),
            ("counts", (columns,)),
            ("whole", (rows,)),
            ("elsewhere", (rows,)),
        ):
            if getattr(self, name).shape != expected:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {expected}")
        if not 0 <= self.length <= MAX_LENGTH or self.application < 0:
            raise ValueError(f"length {self.length} or application {self.application} is no count")
        ends = np.append(self.starts[1:], self.length)
        first = self.starts[0] if columns else self.length
        if first != 0 or (self.counts < 1).any() or (self.starts + self.counts != ends).any():
            raise ValueError(
                f"starts and counts do not cover the {self.length} timesteps once each"
            )
        if len({(row.measure, row.of) for row in self.rows}) != rows:
            raise ValueError("two rows are of the same measure and of the same thing")

    @staticmethod
    def from_timesteps(
        layer: str,
        rows: Sequence[StatisticsRow],
        values: ArrayLike,
        *,
        whole: ArrayLike,
        elsewhere: ArrayLike | None = None,
        application: int = 0,
        axis: str = "time",
        max_columns: int = MAX_COLUMNS,
    ) -> LayerStatistics:
        """Statistics from one value per timestep, merged to at most ``max_columns`` columns.

        Rows whose ``merged`` is "sum" are summed, the others keep the largest defined value.

        Args:
            layer: the layer's name in the timeline.
            rows: what each row is.
            values: float [rows, T]; NaN = not defined.
            whole: float [rows], see `LayerStatistics.whole`.
            elsewhere: float [rows], see `LayerStatistics.elsewhere`. Default: all NaN.
            application: which of its applications; 0 = the first.
            axis: the label of the time axis.
            max_columns: how many columns are kept.
        """
        table = np.asarray(values, np.float32)
        if table.ndim != 2 or len(table) != len(rows):
            raise ValueError(f"values has shape {table.shape}, not ({len(rows)}, timesteps)")
        length = table.shape[1]
        width = max(1, -(-length // max_columns))
        starts = np.arange(0, length, width)
        if width > 1:
            table = _merged(table, starts, [row.merged == "sum" for row in rows])
        return LayerStatistics(
            layer=layer,
            application=application,
            axis=axis,
            length=length,
            rows=tuple(rows),
            values=table,
            starts=starts,
            counts=np.diff(np.append(starts, length)),
            whole=np.asarray(whole, np.float32),
            elsewhere=np.asarray(
                np.full(len(rows), np.nan) if elsewhere is None else elsewhere, np.float32
            ),
        )

    def row(self, measure: str, of: str = "") -> int:
        """The index of the row of that measure.

        Raises:
            KeyError: there is none; the message lists what there is.
        """
        return _row(self, measure, of)

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{_title(self)}: {_many(self.length, 'timestep')}{_merging(self.counts)}",
                *_lines(
                    self.rows,
                    [[_span(v), w] for v, w in zip(self.values, _wholes(self), strict=True)],
                ),
            ]
        )


@dataclass(frozen=True, eq=False)
class Statistics:
    """One application of one layer over the training steps that were logged."""

    steps: NDArray[np.int64]
    """int64 [S]: the training steps, ascending, each once."""
    records: tuple[LayerStatistics, ...]
    """One per training step; all have the same layer and rows, not always the same length."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", _fixed(self.steps, np.int64))
        object.__setattr__(self, "records", tuple(self.records))
        if not self.records or self.steps.shape != (len(self.records),):
            raise ValueError("there should be one record for each step, and at least one")

    @property
    def layer(self) -> str:
        """The layer's name in the timeline."""
        return self.records[0].layer

    @property
    def application(self) -> int:
        """Which of the layer's applications; 0 = the first."""
        return self.records[0].application

    @property
    def axis(self) -> str:
        """The label of the time axis."""
        return self.records[0].axis

    @property
    def rows(self) -> tuple[StatisticsRow, ...]:
        """What the rows are."""
        return self.records[0].rows

    def values(self, measure: str, of: str = "") -> NDArray[np.float32]:
        """The values of one row: float32 [S, columns], NaN = not defined, or beyond the end.

        A column is a timestep, unless there are more than `MAX_COLUMNS` timesteps; each record's
        ``starts`` and ``counts`` say which timesteps are in it.

        Raises:
            KeyError: there is no such row; the message lists what there is.
        """
        row = _row(self, measure, of)
        columns = max(record.starts.size for record in self.records)
        table = np.full((len(self.records), columns), np.nan, np.float32)
        for line, record in zip(table, self.records, strict=True):
            line[: record.starts.size] = record.values[row]
        return table

    def whole(self, measure: str, of: str = "") -> NDArray[np.float32]:
        """The value of one row over all timesteps: float32 [S], see `LayerStatistics.whole`.

        Raises:
            KeyError: there is no such row; the message lists what there is.
        """
        row = _row(self, measure, of)
        return np.array([record.whole[row] for record in self.records], np.float32)

    def elsewhere(self, measure: str, of: str = "") -> NDArray[np.float32]:
        """What reached the variable of a vote from elsewhere: float32 [S].

        Raises:
            KeyError: there is no such row; the message lists what there is.
        """
        row = _row(self, measure, of)
        return np.array([record.elsewhere[row] for record in self.records], np.float32)

    def at(self, step: int) -> LayerStatistics:
        """The record of that training step.

        Raises:
            KeyError: nothing was logged at that step; the message names the first and the last.
        """
        found = np.flatnonzero(self.steps == step)
        if not found.size:
            raise KeyError(
                f"nothing was logged at step {step}; the first step is {self.steps[0]}, "
                f"the last is {self.steps[-1]}"
            )
        return self.records[int(found[0])]

    def __str__(self) -> str:
        first, last = self.records[0], self.records[-1]
        lengths = sorted({record.length for record in self.records})
        shortest = f"{lengths[0]:,} – " if len(lengths) > 1 else ""
        return "\n".join(
            [
                f"{_title(self)}: {_many(len(self.records), 'training step')} "
                f"({self.steps[0]} – {self.steps[-1]}), "
                f"{shortest}{_many(lengths[-1], 'timestep')}"
                f"{_merging(last.counts)}",
                *_lines(
                    self.rows,
                    list(zip(_wholes(first), _wholes(last), strict=True)),
                    heads=(f"step {self.steps[0]}", f"step {self.steps[-1]}"),
                ),
            ]
        )


def _fixed(values: ArrayLike, dtype: type) -> NDArray[np.generic]:
    """A copy that nobody can write to."""
    array: NDArray[np.generic] = np.array(values, dtype)
    array.setflags(write=False)
    return array


def _merged(
    table: NDArray[np.float32], starts: NDArray[np.int64], summed: Sequence[bool]
) -> NDArray[np.float32]:
    merged = np.fmax.reduceat(table, starts, axis=1)  # NaN only where nothing is defined
    for row in np.flatnonzero(summed):
        merged[row] = np.add.reduceat(table[row].astype(np.float64), starts)
    return merged


def _row(of_rows: LayerStatistics | Statistics, measure: str, of: str) -> int:
    for index, row in enumerate(of_rows.rows):
        if (row.measure, row.of) == (measure, of):
            return index
    wanted = StatisticsRow(measure, of)
    known = "; ".join(f"({row.measure!r}, {row.of!r})" for row in of_rows.rows) or "none"
    raise KeyError(f"there is no row {str(wanted)!r}; there are: {known}")


def _title(record: LayerStatistics | Statistics) -> str:
    applied = f" (application {record.application})" if record.application else ""
    return f"{record.layer}{applied}"


def _merging(counts: NDArray[np.int64]) -> str:
    most = int(counts.max(initial=1))
    return f" in {counts.size:,} columns of {most:,}" if most > 1 else ""


def _lines(
    rows: Sequence[StatisticsRow],
    cells: Sequence[Sequence[str]],
    heads: Sequence[str] = ("over t", "all t"),
) -> list[str]:
    table = [["", "unit", *heads]] + [
        [str(row), row.unit, *texts] for row, texts in zip(rows, cells, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  "
        + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]


def _wholes(record: LayerStatistics) -> list[str]:
    return [
        ("|G| " if row.measure == "vote" else "") + _number(value)
        for row, value in zip(record.rows, record.whole, strict=True)
    ]


def _span(values: NDArray[np.float32]) -> str:
    """From the first value to the last one."""
    return f"{_number(values[0])} … {_number(values[-1])}" if values.size else "-"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3g}"
