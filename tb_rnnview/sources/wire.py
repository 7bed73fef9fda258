"""Walks the top-level fields of a serialized protobuf message without parsing it.

It tells kinds of files apart that share no magic number, peeks into large event records, and
finds the place where a damaged file stops making sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5

Bytes = bytes | memoryview


class WireError(ValueError):
    """The bytes are no protobuf message from ``position`` on."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(what)
        self.position = position


@dataclass(frozen=True)
class WireField:
    """One field: its value is ``data[start:stop]`` (of a varint: its encoded bytes)."""

    number: int
    wire_type: int
    start: int
    stop: int


def walk(data: Bytes, start: int = 0, stop: int | None = None) -> Iterator[WireField]:
    """The fields of a message, in the order in which they are stored.

    Raises:
        WireError: a field is not well formed, or runs past the end.
    """
    end = len(data) if stop is None else stop
    position = start
    while position < end:
        began = position
        tag, position = _varint(data, position, end)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise WireError(began, "is not a protobuf field")
        value = position
        if wire_type == VARINT:
            _, position = _varint(data, position, end)
        elif wire_type == FIXED64:
            position += 8
        elif wire_type == FIXED32:
            position += 4
        elif wire_type == LENGTH_DELIMITED:
            length, value = _varint(data, position, end)
            position = value + length
        else:
            raise WireError(began, "is not a protobuf field")
        if position > end:
            raise WireError(began, f"needs {position - end:,} more bytes than there are")
        yield WireField(number, wire_type, value, position)


def _varint(data: Bytes, position: int, end: int) -> tuple[int, int]:
    began = position
    value = shift = 0
    while position < end and shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise WireError(began, "ends inside a number" if position >= end else "is no number")
