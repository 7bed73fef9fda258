"""Finds the graphs and timelines of an event file without loading what it does not need.

A record is looked into only as far as its kind; summaries are searched for the names of plugins.
"""

from __future__ import annotations

from dataclasses import dataclass

from tensorboard.compat.proto.event_pb2 import Event

from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import DamagedRecordError, Record, records_in
from tb_rnnview.files import OpenFile, opened
from tb_rnnview.sources.file_bytes import cannot_read
from tb_rnnview.sources.wire import LENGTH_DELIMITED, WireError, walk

PLUGIN = b"rnnview"
# The plugins under which TensorFlow 2 stores traced graphs, and Keras its configurations.
_TRACED = b"graph_run_metadata"
KERAS = b"graph_keras_model"

# The kind stands behind the time and the step.
_KIND_SIZE = 64

_SUMMARY = Event.SUMMARY_FIELD_NUMBER
_GRAPHS = (Event.GRAPH_DEF_FIELD_NUMBER, Event.META_GRAPH_DEF_FIELD_NUMBER)


@dataclass(frozen=True)
class GraphRecord:
    """Where one event that holds a graph, or a model's configuration, is stored."""

    path: str
    offset: int
    length: int
    kept: bytes | None = None
    """The event itself, where its file cannot be read at a place: far away, or gzip'd."""

    def load(self) -> Event:
        """The event.

        Raises:
            google.protobuf.message.DecodeError: it is damaged.
        """
        if self.kept is not None:
            return Event.FromString(self.kept)
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            return Event.FromString(file.read(self.length))


@dataclass(frozen=True)
class EventFile:
    """What is in an event file, as far as this project cares."""

    path: str
    records: int
    graphs: tuple[GraphRecord, ...]
    has_timelines: bool
    configs: tuple[GraphRecord, ...]
    """Configurations of Keras models."""
    damage: str
    """Where and how the file ends too early; "" = it does not."""


def scan(path: str) -> EventFile:
    """Looks through an event file.

    Raises:
        SourceError: it cannot be read, or is none.
    """
    try:
        with opened(path) as file:
            return _scan(path, file)
    except OSError as error:
        raise cannot_read(path, error) from None


def _scan(path: str, opened_file: OpenFile) -> EventFile:
    file, size, stays = opened_file

    def found(record: Record) -> GraphRecord:
        return GraphRecord(path, record.offset, record.length, None if stays else record.data())

    graphs: list[GraphRecord] = []
    configs: list[GraphRecord] = []
    has_timelines = False
    records = 0
    damage = ""
    try:
        for record in records_in(file, size):
            records += 1
            what = _what(record)
            if what in _GRAPHS:
                graphs.append(found(record))
            elif what == _SUMMARY:
                data = record.data()
                if _TRACED in data:
                    graphs.append(found(record))
                else:
                    has_timelines = has_timelines or PLUGIN in data
                    if KERAS in data:
                        configs.append(found(record))
    except DamagedRecordError as damaged:
        if not damaged.position and not damaged.is_cut:
            raise SourceError(
                f"{path}: is no event file (its first record is not sealed); "
                "give an event file as TensorFlow writes them"
            ) from None
        damage = f"cut off or damaged at byte {damaged.position:,} of {size:,}"
    return EventFile(path, records, tuple(graphs), has_timelines, tuple(configs), damage)


def _what(record: Record) -> int:
    """The number of the field that an event is about; 0 = none of ours."""
    try:
        return _field(record.head(_KIND_SIZE), record.length)
    except IndexError:  # fields of another writer stand before it
        return _field(record.data(), record.length)


def _field(data: bytes, length: int) -> int:
    """The field, found in the beginning of an event of that length."""
    try:
        for field in walk(data, 0, length):
            if field.wire_type == LENGTH_DELIMITED and field.number in (_SUMMARY, *_GRAPHS):
                return field.number
    except WireError:
        pass
    return 0
