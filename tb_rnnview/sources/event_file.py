"""Finds the graphs and timelines of an event file without loading what it does not need.

TensorBoard's own reader checks every byte in pure Python and imports TensorFlow where it is
installed. Here a record is looked into only as far as its kind.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.file_bytes import cannot_read
from tb_rnnview.sources.wire import LENGTH_DELIMITED, WireError, walk

PLUGIN = b"rnnview"
# The plugins under which TensorFlow 2 stores traced graphs.
_TRACED = b"graph_run_metadata"
_KERAS = b"graph_keras_model"

_HEADER = struct.Struct("<QI")
_FOOTER_SIZE = 4
_MEBIBYTE = 1 << 20

_SUMMARY = Event.SUMMARY_FIELD_NUMBER
_GRAPHS = (Event.GRAPH_DEF_FIELD_NUMBER, Event.META_GRAPH_DEF_FIELD_NUMBER)


@dataclass(frozen=True)
class GraphRecord:
    """Where one event that holds a graph is stored."""

    path: str
    offset: int
    length: int

    def load(self) -> Event:
        """The event.

        Raises:
            google.protobuf.message.DecodeError: it is damaged.
        """
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
    has_keras_config: bool
    damage: str
    """Where and how the file ends too early; "" = it does not."""


def is_event_file(data: bytes) -> bool:
    """Whether content begins as event files do: with a record whose length is sealed."""
    if len(data) < _HEADER.size:
        return False
    length, seal = _HEADER.unpack_from(data)
    return bool(length < 1 << 40 and seal == masked_crc32c(data[:8]))


def scan(path: str) -> EventFile:
    """Looks through an event file.

    Raises:
        SourceError: it cannot be read, or is none.
    """
    try:
        with open(path, "rb") as file:
            return _scan(path, file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise cannot_read(path, error) from None


def _scan(path: str, file: BinaryIO, size: int) -> EventFile:
    graphs: list[GraphRecord] = []
    has_timelines = has_keras_config = False
    position = records = 0
    damage = ""
    while position < size:
        header = file.read(_HEADER.size)
        begin = position + _HEADER.size
        length = _HEADER.unpack(header)[0] if len(header) == _HEADER.size else 0
        sealed = len(header) == _HEADER.size and (
            # The seal is slow to check in Python: only where a wrong length would matter.
            (records and length < _MEBIBYTE) or is_event_file(header)
        )
        if not sealed and not records:
            raise SourceError(
                f"{path}: is no event file (its first record is not sealed); "
                "give an event file as TensorFlow writes them"
            )
        if not sealed or begin + length + _FOOTER_SIZE > size:
            damage = f"cut off or damaged at byte {position:,} of {size:,}"
            break
        data = file.read(length)
        file.seek(_FOOTER_SIZE, os.SEEK_CUR)
        position = begin + length + _FOOTER_SIZE
        records += 1
        what = _what(data)
        traced = what == _SUMMARY and _TRACED in data
        if traced or what in _GRAPHS:
            graphs.append(GraphRecord(path, begin, length))
        elif what == _SUMMARY:
            has_timelines = has_timelines or PLUGIN in data
            has_keras_config = has_keras_config or _KERAS in data
    return EventFile(path, records, tuple(graphs), has_timelines, has_keras_config, damage)


def _what(data: bytes) -> int:
    """The number of the field that an event is about; 0 = none of ours."""
    try:
        for field in walk(data):
            if field.wire_type == LENGTH_DELIMITED and field.number in (_SUMMARY, *_GRAPHS):
                return field.number
    except WireError:
        pass
    return 0
