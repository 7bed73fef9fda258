"""`read`: the timelines in a log folder or an event file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2

from tb_rnnview import event_files
from tb_rnnview.errors import FormatError, NewerSchemaError, SourceError
from tb_rnnview.metadata import PLUGIN_NAME, holds_timelines
from tb_rnnview.timeline import Timeline
from tb_rnnview.timeline_codec import from_bytes


@dataclass(frozen=True)
class Run:
    """What one run's event files hold."""

    name: str
    """As TensorBoard shows it: the folder's path below the log folder, "." for itself."""
    timelines: Mapping[str, list[tuple[int, Timeline]]] = field(default_factory=dict)
    """By tag: (step, timeline), sorted by step. Of equal steps the last one written counts."""


@dataclass(frozen=True)
class StoredTimeline:
    """A timeline as it lies in an event file, not yet understood."""

    wall_time: float
    blob: bytes
    """Empty where the record is damaged."""


def read(path: str | os.PathLike[str]) -> dict[str, Run]:
    """The timelines of every run in a log folder.

    A file that is still being written is read as far as it is whole. A tag that follows a newer
    schema is skipped with one warning, and so are records that are damaged.

    Args:
        path: a log folder, as ``tensorboard --logdir`` takes it, or one event file (its run is
            called ".").

    Raises:
        SourceError: there is no such file or folder, it holds no event file, or an event file
            that was named itself is none.
    """
    runs, skipped = read_and_tell(path)
    for message in skipped:
        warnings.warn(message, stacklevel=2)
    return runs


def read_and_tell(path: str | os.PathLike[str]) -> tuple[dict[str, Run], list[str]]:
    """As `read`, with what is skipped told beside the runs instead of warned of."""
    path = os.fspath(path)
    runs = {}
    skipped: list[str] = []
    for run, files in event_files.files_by_run(path).items():
        timelines = {}
        for tag, stored in stored_timelines(files, strict=files == (path,)).items():
            understood, problem = _understand(run, tag, stored)
            if understood:
                timelines[tag] = understood
            if problem:
                skipped.append(problem)
        runs[run] = Run(run, timelines)
    return runs, skipped


def stored_timelines(
    files: Iterable[str], *, strict: bool = False
) -> dict[str, dict[int, StoredTimeline]]:
    """The timelines in one run's event files, by tag and step; the last one written wins.

    Args:
        files: the event files, oldest first.
        strict: raise for a file that is no event file, instead of leaving it out.

    Raises:
        SourceError: ``strict``, and a file cannot be read.
    """
    found: dict[str, dict[int, StoredTimeline]] = {}
    # A writer may put the metadata, and so the plugin's name, on the first record of a tag only.
    marks = [PLUGIN_NAME.encode()]

    def wanted(data: bytes) -> bool:
        return any(mark in data for mark in marks)

    for file in files:
        try:
            for data in event_files.records(file, wanted):
                for tag, step, stored in _timelines_in(data, found):
                    if tag not in found:
                        found[tag] = {}
                        marks.append(tag.encode())
                    found[tag][step] = stored
        except SourceError:
            if strict:
                raise
            # A file that was just opened is empty, and other tools' files are not our business.
            continue
    return found


def _timelines_in(data: bytes, known_tags: Iterable[str]) -> list[tuple[str, int, StoredTimeline]]:
    try:
        event = event_pb2.Event.FromString(data)
    except DecodeError:
        return []
    return [
        (
            value.tag,
            event.step,
            StoredTimeline(event.wall_time, next(iter(value.tensor.string_val), b"")),
        )
        for value in event.summary.value
        if value.tag in known_tags or holds_timelines(value.metadata)
    ]


def _understand(
    run: str, tag: str, stored: Mapping[int, StoredTimeline]
) -> tuple[list[tuple[int, Timeline]], str]:
    """The timelines of a tag, and what is said of those that are left out."""
    understood = []
    damaged = []
    for step, item in sorted(stored.items()):
        try:
            understood.append((step, from_bytes(item.blob)))
        except NewerSchemaError as error:
            return [], f"run {run!r}, tag {tag!r} is skipped: {error}"
        except FormatError:
            damaged.append(str(step))
    if not damaged:
        return understood, ""
    steps = ", ".join(damaged)
    return understood, f"run {run!r}, tag {tag!r}: damaged records are skipped, step {steps}"
