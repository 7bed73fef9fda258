"""Sums over the parts of one batch, each of which one replica trains on.

Whatever is measured of a batch is a sum over its sequences: gradients, products with them, squares,
counts. So what is measured of its parts is added up, and only then divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = list[NDArray[Any]]


def added(parts: Sequence[Arrays]) -> Arrays:
    """The sums of the first arrays of all parts, of the second ones, and so on.

    Args:
        parts: for each as many arrays. Where the first dimension differs it is time: a part whose
            sequences are shorter adds nothing after their end.
    """
    return [_added(arrays) for arrays in zip(*parts, strict=True)]


def lengthened(array: NDArray[Any], length: int) -> NDArray[Any]:
    """The array with zeros after it, so that its first dimension is so long."""
    return np.pad(array, [(0, length - len(array)), *[(0, 0)] * (array.ndim - 1)])


def _added(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    longest = max(map(len, arrays))
    result = lengthened(arrays[0], longest)
    for array in arrays[1:]:
        result = result + lengthened(array, longest)
    return result
