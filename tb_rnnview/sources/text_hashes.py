"""Texts by numbers: equal texts have equal ones, others practically never.

The numbers depend on a key that is drawn anew in each process: nobody can write a file whose texts
are different and have the same number.
"""

from __future__ import annotations

import secrets
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST = 1 << 12
"""Bytes. Longer texts are not looked at: all others would have to wait for them."""


_ALL_BITS = (1 << 64) - 1


@cache
def _key() -> tuple[np.uint64, np.uint64]:
    return np.uint64(secrets.randbits(64)), np.uint64(secrets.randbits(64) | 1)


def hashes(data: NDArray[np.uint8], start: NDArray[Any], size: NDArray[Any]) -> NDArray[np.uint64]:
    """A number for each text ``data[start:start + size]``.

    Args:
        data: the bytes; some more than eight behind the last text, and a multiple of eight in all.
        start: where each text starts.
        size: its bytes, at most `LONGEST`.
    """
    words = data.view(np.uint64)
    begin, factor = _key()
    found: NDArray[np.uint64] = size.astype(np.uint64) + begin
    here = np.arange(len(start))
    at, left = start, size
    while True:
        goes_on = left > 0
        if not goes_on.all():
            here, at, left = here[goes_on], at[goes_on], left[goes_on]
        if not len(here):
            break
        mixed = (found[here] ^ _eight_bytes(words, at, left)) * factor
        found[here] = mixed ^ (mixed >> np.uint64(29))
        at, left = at + 8, left - 8
    found *= factor
    found ^= found >> np.uint64(32)
    return found


def hash_of(text: bytes) -> int:
    """The number that `hashes` gives to a text; for a few texts this is faster."""
    begin, factor = map(int, _key())
    found = (len(text) + begin) & _ALL_BITS
    for at in range(0, len(text), 8):
        mixed = (found ^ int.from_bytes(text[at : at + 8], "little")) * factor & _ALL_BITS
        found = mixed ^ (mixed >> 29)
    found = found * factor & _ALL_BITS
    return found ^ (found >> 32)


def _eight_bytes(
    words: NDArray[np.uint64], at: NDArray[Any], left: NDArray[Any]
) -> NDArray[np.uint64]:
    """The eight bytes at each place as one number; those behind a text's end are zero."""
    place = at >> 3
    shift = ((at & 7) << 3).astype(np.uint64)
    value: NDArray[np.uint64] = words[place] >> shift
    # Twice, as shifting by all 64 bits at once is not defined.
    value |= words[place + 1] << np.uint64(1) << (np.uint64(63) - shift)
    unused = (np.maximum(8 - left, 0) << 3).astype(np.uint64)
    value <<= unused
    value >>= unused
    return value
