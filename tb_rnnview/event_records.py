"""How records are framed in an event file: a sealed length, the data, and the data's own seal.

Readers and writers of event files share this. Only what a caller asks for is loaded and checked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

from tb_rnnview.crc32c import masked_crc32c

HEADER_SIZE = 12
_LENGTH = struct.Struct("<Q")
_SEAL = struct.Struct("<I")
_SKIPPED_AT_ONCE = 1 << 20


class Readable(Protocol):
    """A file, opened for reading bytes. Where it can ``seek``, nothing is read to be skipped."""

    def read(self, n: int, /) -> bytes:
        """The next ``n`` bytes, or as many as there are."""
        ...


class DamagedRecordError(ValueError):
    """The file makes no sense from ``position`` on."""

    def __init__(self, position: int, *, is_cut: bool) -> None:
        super().__init__(f"the record at byte {position} is {'cut off' if is_cut else 'damaged'}")
        self.position = position
        self.is_cut = is_cut
        """It begins as a record does, and the file ends inside it."""


class Record:
    """One record. Its data can be read until the next record is asked for."""

    def __init__(self, file: Readable, offset: int, length: int) -> None:
        """A record whose header was just read."""
        self.offset = offset
        """Where its data begin."""
        self.length = length
        self._file = file
        self._read = b""
        self._seal: bytes | None = None

    def head(self, size: int) -> bytes:
        """The first bytes of the data, or all where there are fewer."""
        missing = min(size, self.length) - len(self._read)
        if missing > 0:
            self._read += self._file.read(missing)
        return self._read[:size]

    def data(self) -> bytes:
        """All of the data, unchecked."""
        if len(self._read) < self.length:
            self.head(self.length)
        return self._read

    def is_sound(self) -> bool:
        """Whether the data are what was written. It takes some milliseconds per MiB."""
        if self._seal is None:
            self.data()
            self._seal = self._file.read(_SEAL.size)
        return self._seal == _seal(self.data())

    def skip(self) -> None:
        """Goes to where the next record begins."""
        if self._seal is None:
            _skip(self._file, self.length - len(self._read) + _SEAL.size)


def records_in(file: Readable, size: int) -> Iterator[Record]:
    """The records of an opened file, one after the other, as far as they are whole.

    Args:
        file: at its beginning.
        size: its bytes. What a running program adds meanwhile is not looked at.

    Raises:
        DamagedRecordError: what follows is no whole record.
    """
    position = 0
    while position < size:
        header = file.read(HEADER_SIZE)
        if not is_header(header):
            raise DamagedRecordError(position, is_cut=False)
        (length,) = _LENGTH.unpack_from(header)
        offset = position + HEADER_SIZE
        end = offset + length + _SEAL.size
        if end > size:
            raise DamagedRecordError(position, is_cut=True)
        record = Record(file, offset, length)
        yield record
        record.skip()
        position = end


def is_header(data: bytes) -> bool:
    """Whether bytes begin as a record does, and so an event file: with a sealed length."""
    return len(data) >= HEADER_SIZE and data[8:HEADER_SIZE] == _length_seal(data[:8])


def framed(data: bytes) -> bytes:
    """The bytes that stand for one record in an event file."""
    length = _LENGTH.pack(len(data))
    return length + _length_seal(length) + data + _seal(data)


def _seal(data: bytes) -> bytes:
    return _SEAL.pack(masked_crc32c(data))


# Most records of a log are of a few lengths, and a seal takes longer than all else.
_length_seal = lru_cache(maxsize=1024)(_seal)


def _skip(file: Readable, size: int) -> None:
    seek = getattr(file, "seek", None)
    if seek is not None:
        seek(size, 1)
        return
    while size > 0:
        size -= len(file.read(min(size, _SKIPPED_AT_ONCE))) or size
