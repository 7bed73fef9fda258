"""Event files as live programs leave them, written without the code under test's writer."""

from __future__ import annotations

from pathlib import Path

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from tb_rnnview.summary import timeline_pb
from tb_rnnview.timeline import Timeline


class LiveWriter:
    """Appends events to one file of a run, as a training program does."""

    def __init__(self, folder: Path, stamp: int = 1_700_000_000) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"events.out.tfevents.{stamp}.host.1.0"
        self._file = self.path.open("ab")
        self._records = RecordWriter(self._file)
        self.event(event_pb2.Event(wall_time=stamp, file_version="brain.Event:2"))

    def event(self, event: event_pb2.Event) -> None:
        self._records.write(event.SerializeToString())
        self._file.flush()

    def summary(self, step: int, summary: summary_pb2.Summary) -> None:
        self.event(event_pb2.Event(wall_time=1_700_000_000 + step, step=step, summary=summary))

    def timeline(self, tag: str, step: int, timeline: Timeline, description: str = "") -> None:
        self.summary(step, timeline_pb(tag, timeline, description))

    def blob(self, tag: str, step: int, blob: bytes) -> None:
        summary = timeline_pb(tag, Timeline())
        summary.value[0].tensor.string_val[0] = blob
        self.summary(step, summary)

    def scalar(self, tag: str, step: int, value: float) -> None:
        self.summary(step, summary_pb2.Summary(value=[{"tag": tag, "simple_value": value}]))

    def raw(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def newer_schema(timeline: Timeline) -> bytes:
    """The timeline as a later version might write it."""
    message = timeline.to_proto()
    message.schema_version = 2
    return bytes(message.SerializeToString())
