"""Numbers that are equal where operations look alike: by type, weights, and what comes after."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.analysis.rolled.arrays import Arrays

Colour = NDArray[np.uint64]
_ODD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)


class Colours:
    """Colours of all nodes, of growing reach."""

    def __init__(self, arrays: Arrays) -> None:
        """Takes the arrays of a graph."""
        self._arrays = arrays
        self._of: list[Colour] = []

    def reaching(self, reach: int) -> Colour:
        """Colours by what a node is and by what lies at most so many edges after it."""
        while len(self._of) <= reach:
            self._of.append(self._next())
        return self._of[reach]

    def _next(self) -> Colour:
        arrays = self._arrays
        if not self._of:
            kinds = mixed(arrays.op, 0)
            edges = arrays.of_weights
            holder = arrays.holder[arrays.source]
            slot = edges - arrays.first[arrays.target[edges]]
            way = mixed(slot * 4096 + arrays.port[edges], 2)
            np.add.at(kinds, arrays.target[edges], mixed(mixed(holder[edges], 1) + way, 3))
            return kinds
        before = self._of[-1]
        _, edges = arrays.out
        target = arrays.target[edges]
        slot = arrays.slots(edges)
        came = mixed(before[target] + mixed(slot * 4096 + arrays.port[edges], 2), 3)
        found = mixed(before, 1)
        np.add.at(found, arrays.source[edges], came)
        return found


def mixed(numbers: NDArray[np.generic], salt: int) -> Colour:
    """Spreads numbers over 64 bits, so that sums of them differ where what is summed does."""
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64) * np.uint64(_ODD[salt]) + np.uint64(_ODD[3 - salt])
        x ^= x >> np.uint64(29)
        x *= np.uint64(_ODD[(salt + 1) % 4])
        return np.asarray(x ^ (x >> np.uint64(32)), dtype=np.uint64)
