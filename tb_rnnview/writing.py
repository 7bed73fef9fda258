"""Writes a timeline as one complete event file in a run folder of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import socket
import time
from collections.abc import Iterator

from tensorboard.compat.proto import event_pb2

from tb_rnnview.errors import SourceError
from tb_rnnview.event_files import files_by_run
from tb_rnnview.event_records import framed
from tb_rnnview.metadata import PLUGIN_NAME
from tb_rnnview.reading import stored_in
from tb_rnnview.summary import blob_summary, timeline_pb
from tb_rnnview.timeline import Timeline
from tb_rnnview.whole_file import write_whole

_counter = itertools.count()


def write_timeline(
    timeline: Timeline, logdir: str | os.PathLike[str], *, tag: str, step: int = 0
) -> str:
    """Writes ``timeline`` into the run ``<logdir>/rnnview``, and returns the event file's path.

    The run is one of our own, because a second event file in the folder of a running program
    freezes that program's curves on TensorBoard's Python server. The file appears at once and
    complete; files that are there already are left as they are.

    Raises:
        SourceError: the folder cannot be made or written, or the step is out of range. Nothing is
            left behind then.
    """
    folder = os.path.join(os.fspath(logdir), PLUGIN_NAME)
    if "://" in folder:
        raise SourceError(f"{folder}: only local folders can be written to")
    if not 0 <= step < 2**63:
        raise SourceError(f"step {step} is out of range: steps start at 0")
    try:
        with _folder(folder):
            present = _event_files_in(folder)
            events = _events(timeline, tag, step, present)
            path = os.path.join(folder, _file_name(present))
            write_whole(path, b"".join(framed(e.SerializeToString()) for e in events))
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(
            f"{folder}: cannot be written ({reason}); give a folder that you may write to"
        ) from error
    except ValueError as error:
        # Protobuf without compiled code (3.20 on Python 3.11) says it in a plain ValueError.
        if not isinstance(error, UnicodeEncodeError) and "UTF-8" not in str(error):
            raise
        raise SourceError(f"a name is no Unicode text and cannot be stored: {tag!r}") from error
    return path


def _events(
    timeline: Timeline, tag: str, step: int, present: tuple[str, ...]
) -> list[event_pb2.Event]:
    now = time.time()
    events = [
        event_pb2.Event(wall_time=now, file_version="brain.Event:2"),
        event_pb2.Event(wall_time=now, step=step, summary=timeline_pb(tag, timeline)),
    ]
    # TensorBoard's data server takes a step that goes back for a restarted program and forgets
    # the later steps of that tag. So they are written again, after the one that goes back.
    for later, stored in sorted(stored_in(present).timelines.get(tag, {}).items()):
        if later > step:
            events.append(
                event_pb2.Event(
                    wall_time=stored.wall_time,
                    step=later,
                    summary=blob_summary(tag, stored.blob),
                )
            )
    return events


def _event_files_in(folder: str) -> tuple[str, ...]:
    try:
        return files_by_run(folder).get(".", ())
    except SourceError:
        return ()


def new_event_file(folder: str) -> str:
    """The path of an event file that TensorBoard reads after those that are in the folder."""
    return os.path.join(folder, _file_name(_event_files_in(folder)))


def newest_event_file(folder: str) -> str:
    """The path of the event file that TensorBoard reads last, or "" where there is none."""
    present = _event_files_in(folder)
    return present[-1] if present else ""


def _file_name(present: tuple[str, ...]) -> str:
    # TensorBoard reads a run's files in the order of their names, and never goes back.
    stamps = [re.search(r"tfevents\.(\d+)", os.path.basename(p)) for p in present]
    newest = max((int(m.group(1)) for m in stamps if m), default=0)
    stamp = max(int(time.time()), newest + 1)
    return f"events.out.tfevents.{stamp:010d}.{socket.gethostname()}.{os.getpid()}.{next(_counter)}"


@contextlib.contextmanager
def _folder(folder: str) -> Iterator[None]:
    """Makes the folder; if the body fails, takes away again what it made."""
    missing = []
    at = os.path.abspath(folder)
    while not os.path.lexists(at):
        missing.append(at)
        at = os.path.dirname(at)
    try:
        os.makedirs(folder, exist_ok=True)
        yield
    except BaseException:
        for made in missing:
            with contextlib.suppress(OSError):
                os.rmdir(made)
        raise
