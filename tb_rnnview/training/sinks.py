"""Where records go: into a run of our own, or through a writer that the program gave."""

from __future__ import annotations

import os
from typing import Any, Protocol

from tb_rnnview import summary
from tb_rnnview.errors import SourceError
from tb_rnnview.metadata import PLUGIN_NAME
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.event_log import EventLog


class Sink(Protocol):
    """Takes records; each is on its way to the disk when the call returns."""

    def timeline(self, tag: str, data: Timeline, step: int) -> None:
        """Writes a timeline."""

    def statistics(self, tag: str, data: LayerStatistics, step: int) -> None:
        """Writes the statistics of a layer."""

    def close(self) -> None:
        """Lets go of what is open. Records may still come."""


_WRITER = "writer=, a tf.summary.create_file_writer"


class OwnRun:
    """The run ``<logdir>/rnnview``: a run folder has one writer, and this is ours."""

    def __init__(self, logdir: str | os.PathLike[str], other: str = _WRITER) -> None:
        """A run below ``logdir``; its folder is made with the first record.

        Args:
            logdir: a local folder.
            other: the argument to give for any other address, and what it takes.
        """
        folder = os.path.join(os.fspath(logdir), PLUGIN_NAME)
        if "://" in folder:
            raise SourceError(
                f"{folder}: only local folders can be written to; give {other} of that address"
            )
        self._log = EventLog(folder)

    def timeline(self, tag: str, data: Timeline, step: int) -> None:
        """Writes a timeline."""
        self._log.add(summary.timeline_pb(tag, data), step)

    def statistics(self, tag: str, data: LayerStatistics, step: int) -> None:
        """Writes the statistics of a layer."""
        self._log.add(summary.statistics_pb(tag, data), step)

    def close(self) -> None:
        """Closes the file."""
        self._log.close()


class GivenWriter:
    """A ``tf.summary`` writer of the program's own, which the program closes."""

    def __init__(self, writer: Any) -> None:
        """A sink that writes through ``tf.summary.create_file_writer(…)``."""
        for method in ("as_default", "flush"):
            if not callable(getattr(writer, method, None)):
                raise SourceError(
                    "writer must be what tf.summary.create_file_writer gives, not "
                    f"{type(writer).__name__}"
                )
        self._writer = writer

    def timeline(self, tag: str, data: Timeline, step: int) -> None:
        """Writes a timeline."""
        self._write(summary.timeline, tag, data, step)

    def statistics(self, tag: str, data: LayerStatistics, step: int) -> None:
        """Writes the statistics of a layer."""
        self._write(summary.statistics, tag, data, step)

    def close(self) -> None:
        """Flushes; closing is the program's own business."""
        self._writer.flush()

    def _write(self, through: Any, tag: str, data: Any, step: int) -> None:
        import tensorflow as tf

        # Others decide with record_if when THEIR summaries are due.
        with self._writer.as_default(), tf.summary.record_if(True):
            through(tag, data, step=step)
        self._writer.flush()


class GivenFileWriter:
    """A ``tf.compat.v1.summary.FileWriter`` of the program's own, which the program closes."""

    def __init__(self, writer: Any) -> None:
        """A sink that writes through ``tf.compat.v1.summary.FileWriter(…)``."""
        for method in ("add_summary", "flush"):
            if not callable(getattr(writer, method, None)):
                raise SourceError(
                    "summary_writer must be a tf.compat.v1.summary.FileWriter, not "
                    f"{type(writer).__name__}"
                )
        self._writer = writer

    def timeline(self, tag: str, data: Timeline, step: int) -> None:
        """Writes a timeline."""
        self._write(summary.timeline_pb(tag, data), step)

    def statistics(self, tag: str, data: LayerStatistics, step: int) -> None:
        """Writes the statistics of a layer."""
        self._write(summary.statistics_pb(tag, data), step)

    def close(self) -> None:
        """Flushes; closing is the program's own business."""
        self._writer.flush()

    def _write(self, message: Any, step: int) -> None:
        self._writer.add_summary(message.SerializeToString(), step)
        self._writer.flush()


def sink_of(logdir: Any, writer: Any) -> Sink:
    """The sink for what the user gave.

    Raises:
        SourceError: ``logdir`` is no local folder's path, or ``writer`` is no writer.
    """
    if writer is not None:
        return GivenWriter(writer)
    if not isinstance(logdir, (str, os.PathLike)):
        raise SourceError(f"log_dir must be the path of a folder, not {type(logdir).__name__}")
    return OwnRun(logdir)


def session_sink_of(output_dir: Any, summary_writer: Any) -> Sink:
    """The sink for what the user of a session gave.

    Raises:
        SourceError: ``output_dir`` is no local folder's path, or ``summary_writer`` is no writer.
    """
    if summary_writer is not None:
        return GivenFileWriter(summary_writer)
    if not isinstance(output_dir, (str, os.PathLike)):
        raise SourceError(
            f"output_dir must be the path of a folder, not {type(output_dir).__name__}"
        )
    return OwnRun(output_dir, "summary_writer=, a tf.compat.v1.summary.FileWriter")
