"""`read`: the timelines and the statistics in a log folder or an event file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2, tensor_pb2

from tb_rnnview import event_files
from tb_rnnview.errors import FormatError, NewerSchemaError, SourceError
from tb_rnnview.metadata import PLUGIN_NAME, holds_statistics, holds_timelines
from tb_rnnview.timeline import Timeline
from tb_rnnview.timeline_codec import from_bytes

if TYPE_CHECKING:
    from tb_rnnview.statistics import LayerStatistics, Statistics

_Raw = TypeVar("_Raw")
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Run:
    """What one run's event files hold."""

    name: str
    """As TensorBoard shows it: the folder's path below the log folder, "." for itself."""
    timelines: Mapping[str, list[tuple[int, Timeline]]] = field(default_factory=dict)
    """By tag: (step, timeline), sorted by step. Of equal steps the last one written counts."""
    statistics: Mapping[str, Statistics] = field(default_factory=dict)
    """By tag: one layer's statistics over the training steps."""


@dataclass(frozen=True)
class StoredTimeline:
    """A timeline as it lies in an event file, not yet understood."""

    wall_time: float
    blob: bytes
    """Empty where the record is damaged."""


@dataclass
class StoredStatistics:
    """What lies under a tag of statistics, not yet understood."""

    label: bytes
    """Of the first record, which is the one that TensorBoard keeps."""
    steps: dict[int, tensor_pb2.TensorProto] = field(default_factory=dict)


@dataclass
class Stored:
    """What lies in one run's event files, by tag; of equal steps the last one written."""

    timelines: dict[str, dict[int, StoredTimeline]] = field(default_factory=dict)
    statistics: dict[str, StoredStatistics] = field(default_factory=dict)


def read(path: str | os.PathLike[str]) -> dict[str, Run]:
    """The timelines and the statistics of every run in a log folder.

    A file that is still being written is read as far as it is whole. A tag that follows a newer
    schema is skipped with one warning, and so are records that are damaged.

    Args:
        path: a log folder, as ``tensorboard --logdir`` takes it, or one event file (its run is
            called ".").

    Raises:
        SourceError: there is no such file or folder, it holds no event file, or an event file
            that was named itself is none.
    """
    import numpy as np

    from tb_rnnview.statistics import Statistics

    path = os.fspath(path)
    runs = {}
    skipped: list[str] = []
    for run, stored in _stored_by_run(path).items():
        statistics = {}
        for tag, records in stored.statistics.items():
            understood, problem = _understand(run, tag, records.steps, _reader_of(records.label))
            if understood:
                statistics[tag] = Statistics(
                    np.array([step for step, _ in understood]), tuple(one for _, one in understood)
                )
            skipped += problem
        runs[run] = Run(run, _timelines(run, stored, skipped), statistics)
    for message in skipped:
        warnings.warn(message, stacklevel=2)
    return runs


def read_timelines(
    path: str | os.PathLike[str],
) -> tuple[dict[str, dict[str, list[tuple[int, Timeline]]]], list[str]]:
    """The timelines of every run, by run and tag, and what is said of those that are left out.

    Raises:
        SourceError: as `read`.
    """
    skipped: list[str] = []
    runs = {
        run: _timelines(run, stored, skipped)
        for run, stored in _stored_by_run(os.fspath(path)).items()
    }
    return runs, skipped


def stored_in(files: Iterable[str], *, strict: bool = False) -> Stored:
    """What lies in one run's event files.

    Args:
        files: the event files, oldest first.
        strict: raise for a file that is no event file, instead of leaving it out.

    Raises:
        SourceError: ``strict``, and a file cannot be read.
    """
    found = Stored()
    # A writer may put the metadata, and so the plugin's name, on the first record of a tag only.
    marks = [PLUGIN_NAME.encode()]

    def wanted(data: bytes) -> bool:
        return any(mark in data for mark in marks)

    for file in files:
        try:
            for data in event_files.records(file, wanted):
                marks += [tag.encode() for tag in _keep(data, found)]
        except SourceError:
            if strict:
                raise
            # A file that was just opened is empty, and other tools' files are not our business.
            continue
    return found


def _stored_by_run(path: str) -> dict[str, Stored]:
    return {
        run: stored_in(files, strict=files == (path,))
        for run, files in event_files.files_by_run(path).items()
    }


def _keep(data: bytes, found: Stored) -> list[str]:
    """Puts what an event holds where it belongs, and returns the tags that are new."""
    try:
        event = event_pb2.Event.FromString(data)
    except DecodeError:
        return []
    new = []
    for value in event.summary.value:
        tag = value.tag
        # The first event of a tag says what the tag is.
        known = tag in found.timelines or tag in found.statistics
        if not known and holds_timelines(value.metadata):
            found.timelines[tag] = {}
        elif not known and holds_statistics(value.metadata):
            found.statistics[tag] = StoredStatistics(value.metadata.plugin_data.content)
        elif not known:
            continue
        if not known:
            new.append(tag)
        if tag in found.timelines:
            blob = next(iter(value.tensor.string_val), b"")
            found.timelines[tag][event.step] = StoredTimeline(event.wall_time, blob)
        else:
            found.statistics[tag].steps[event.step] = value.tensor
    return new


def _timelines(
    run: str, stored: Stored, skipped: list[str]
) -> dict[str, list[tuple[int, Timeline]]]:
    """The timelines by tag; adds to ``skipped`` what is said of those that are left out."""
    timelines = {}
    for tag, records in stored.timelines.items():
        understood, problem = _understand(run, tag, records, lambda item: from_bytes(item.blob))
        if understood:
            timelines[tag] = understood
        skipped += problem
    return timelines


def _reader_of(label: bytes) -> Callable[[tensor_pb2.TensorProto], LayerStatistics]:
    from tb_rnnview.statistics_codec import from_message

    return lambda tensor: from_message(label, tensor)


def _understand(
    run: str, tag: str, stored: Mapping[int, _Raw], read_one: Callable[[_Raw], _Read]
) -> tuple[list[tuple[int, _Read]], list[str]]:
    """The records of a tag by step, and what is said of those that are left out."""
    understood = []
    damaged = []
    for step, item in sorted(stored.items()):
        try:
            understood.append((step, read_one(item)))
        except NewerSchemaError as error:
            return [], [f"run {run!r}, tag {tag!r} is skipped: {error}"]
        except FormatError:
            damaged.append(step)
    if not damaged:
        return understood, []
    steps = ", ".join(map(str, damaged[:10])) + (", …" if len(damaged) > 10 else "")
    return understood, [f"run {run!r}, tag {tag!r}: damaged records are skipped, step {steps}"]
