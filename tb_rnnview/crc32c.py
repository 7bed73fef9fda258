"""The checksum of event files, CRC-32C, of much data at once.

TensorBoard's own goes byte by byte in Python, some 0.1 s per MiB: half a minute for the statistics
of a long training. A CRC is linear: that of a text is that of its parts, each as many times shifted
as bytes follow it, put together by exclusive or. So all parts are worked on in step.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c as _of_few

_Words = NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78
"""Castagnoli's, its lowest bit first."""
_PART = 64
"""Bytes that are worked on one after the other."""
_FEW = 1024
"""Less than so many bytes are not worth the while."""


def crc32c(data: bytes) -> int:
    """The CRC-32C of ``data``."""
    if len(data) < _FEW:
        return int(_of_few(data))
    levels = max(0, (-(-len(data) // _PART) - 1).bit_length())
    padded = np.zeros(_PART << levels, np.uint8)
    # Zeros in front change nothing once the register's usual start is part of the data.
    text = padded[padded.size - len(data) :]
    text[:] = np.frombuffer(data, np.uint8)
    text[:4] ^= 0xFF
    columns = padded.reshape(-1, _PART).T
    table = _table()
    register = np.zeros(columns.shape[1], np.uint32)
    for column in columns:
        register = table[(register ^ column) & 0xFF] ^ (register >> 8)
    for level in range(levels):
        register = _shifted(register[::2], level) ^ register[1::2]
    return int(register[0]) ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """As `crc32c`, in the form in which event files hold it."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table() -> _Words:
    """What becomes of each byte."""
    register = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        register = (register >> 1) ^ np.where(register & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return register


def _shifted(register: _Words, level: int) -> _Words:
    """What becomes of a register when ``_PART << level`` zeros follow."""
    tables = _shifts(level)
    out: _Words = tables[0][register & 0xFF]
    for i in range(1, 4):
        out = out ^ tables[i][(register >> (8 * i)) & 0xFF]
    return out


@cache
def _shifts(level: int) -> Any:
    """Four tables: what becomes of each value of each byte of a register."""
    single = np.arange(256, dtype=np.uint32)
    values = np.stack([single << (8 * i) for i in range(4)])
    if level:
        return _shifted(_shifted(values, level - 1), level - 1)
    table = _table()
    for _ in range(_PART):
        values = table[values & 0xFF] ^ (values >> 8)
    return values
