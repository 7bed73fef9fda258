"""The statistics that TensorBoard has loaded, whichever of its two data servers is at work."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tensorboard import errors
from tensorboard.data import provider

from tb_rnnview.errors import FormatError
from tb_rnnview.metadata import PLUGIN_NAME
from tb_rnnview.plugin.stored import UnreadableError
from tb_rnnview.statistics import LayerStatistics, Statistics
from tb_rnnview.statistics_codec import from_tensor

# Data providers demand a limit. One answer of the default data server must stay below 256 MiB; only
# the statistics of thousands of rows come near, and then fewer steps are better than none.
_POINTS = (1_000_000, 250, 60, 15)

_REMEMBERED = 256 << 20
"""Bytes: while steps are played one after the other, they are not read anew each time."""


@dataclass(frozen=True)
class StatisticsTag:
    """A tag of statistics, without its numbers."""

    label: bytes
    version: str
    """Changes whenever there are new numbers under the tag."""


class StoredStatistics:
    """Reads what the plugin's tags of statistics hold.

    Args:
        data_provider: TensorBoard's; None if it has none.
    """

    def __init__(self, data_provider: Any) -> None:
        self._provider = data_provider
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str, str], tuple[StatisticsTag, Statistics]] = (
            OrderedDict()
        )

    def tags(self, ctx: Any, experiment: str, run: str) -> dict[str, StatisticsTag]:
        """The tags of a run; no numbers are read."""
        if self._provider is None:
            return {}
        listed: Mapping[str, Mapping[str, Any]] = self._provider.list_tensors(
            ctx,
            experiment_id=experiment,
            plugin_name=PLUGIN_NAME,
            run_tag_filter=provider.RunTagFilter(runs=[run]),
        )
        return {
            tag: StatisticsTag(
                bytes(series.plugin_content), f"{series.max_step}@{series.max_wall_time!r}"
            )
            for tag, series in listed.get(run, {}).items()
        }

    def table(self, ctx: Any, experiment: str, run: str, tag: str) -> Statistics:
        """All the statistics of a tag. Of equal steps the last one written counts.

        Raises:
            NotFoundError: there is no such run or tag.
            UnreadableError: no record of it can be read.
        """
        found = self.tags(ctx, experiment, run).get(tag)
        if found is None:
            raise errors.NotFoundError(f"run {run!r} has no statistics with tag {tag!r}")
        place = (experiment, run, tag)
        with self._lock:
            if place in self._known and self._known[place][0] == found:
                self._known.move_to_end(place)
                return self._known[place][1]
        table = _understood(run, tag, found.label, self._read(ctx, experiment, run, tag))
        with self._lock:
            self._known[place] = (found, table)
            self._known.move_to_end(place)
            while len(self._known) > 1 and self._remembered() > _REMEMBERED:
                self._known.popitem(last=False)
        return table

    def _remembered(self) -> int:
        return sum(
            record.values.nbytes for _, table in self._known.values() for record in table.records
        )

    def _read(self, ctx: Any, experiment: str, run: str, tag: str) -> Sequence[Any]:
        problem: Exception | None = None
        for points in _POINTS:
            try:
                found = self._provider.read_tensors(
                    ctx,
                    experiment_id=experiment,
                    plugin_name=PLUGIN_NAME,
                    downsample=points,
                    run_tag_filter=provider.RunTagFilter(runs=[run], tags=[tag]),
                )
            except errors.PublicError:
                raise
            except Exception as error:  # noqa: BLE001  of its transport, or of a damaged tensor
                problem = error
            else:
                data: Sequence[Any] = found.get(run, {}).get(tag, ())
                return data
        raise UnreadableError(
            f"run {run!r}, tag {tag!r}: TensorBoard cannot read its numbers"
        ) from problem


def _understood(run: str, tag: str, label: bytes, data: Sequence[Any]) -> Statistics:
    records: dict[int, LayerStatistics] = {}
    problem: FormatError | None = None
    for datum in data:
        try:
            records[datum.step] = from_tensor(label, np.asarray(datum.numpy))
        except FormatError as error:
            # What was written for this step before is no longer true.
            records.pop(datum.step, None)
            problem = error
    if not records:
        raise UnreadableError(f"run {run!r}, tag {tag!r}: {problem or 'holds no numbers'}")
    steps = sorted(records)
    return Statistics(np.array(steps), tuple(records[step] for step in steps))
