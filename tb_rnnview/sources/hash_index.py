"""Looks up many numbers at once: which place has each of them?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class HashIndex:
    """The places of different numbers, in a table with open addresses."""

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        """Takes the numbers; they are evenly spread, as hashes are."""
        self._keys = keys
        self._mask = (4 << max(len(keys), 1).bit_length()) - 1
        self._table = np.full(self._mask + 1, -1, np.int32)
        self.has_twins = False
        """Whether two of the numbers are equal. Then nothing is to be looked up."""
        pending = np.arange(len(keys), dtype=np.int32)
        address = self._address(keys)
        while len(pending) and not self.has_twins:
            free = self._table[address] < 0
            self._table[address[free]] = pending[free]
            kept = self._table[address]
            lost = kept != pending
            self.has_twins = bool((keys[kept[lost]] == keys[pending[lost]]).any())
            pending = pending[lost]
            address = (address[lost] + 1) & self._mask

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The place of each number; -1 = there is no such number."""
        address = self._address(keys)
        found: NDArray[np.int32] = self._table[address]
        pending = np.flatnonzero((found >= 0) & (self._keys[found] != keys))
        address = address[pending]
        while len(pending):
            address = (address + 1) & self._mask
            at = self._table[address]
            found[pending] = at
            other = (at >= 0) & (self._keys[at] != keys[pending])
            pending, address = pending[other], address[other]
        return found

    def place(self, key: int) -> int:
        """The place of one number; -1 = there is no such number."""
        address = key & self._mask
        while (found := int(self._table[address])) >= 0 and int(self._keys[found]) != key:
            address = (address + 1) & self._mask
        return found

    def _address(self, keys: NDArray[np.uint64]) -> NDArray[Any]:
        address: NDArray[Any] = (keys & np.uint64(self._mask)).astype(np.int64)
        return address
