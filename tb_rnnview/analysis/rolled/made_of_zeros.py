"""Rows of numbers that constants hold: what is made of a state of zeros is the same for each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.graph.form import Graph

Row = NDArray[np.float64]
ZERO: Row = np.zeros(1)
"""It stands for a row of any length."""

_KINDS = {1: "<f4", 2: "<f8"}  # TensorFlow's numbers for them
_CLOSE = 1e-5
_MOST = 1 << 22
"""Numbers of a constant that are looked at."""


def row_of(graph: Graph, node: int) -> Row | None:
    """The row that a constant consists of, if all its rows are one."""
    value = graph.attr(node, "value")
    kind = None if value is None else _KINDS.get(value.tensor.dtype)
    if kind is None:
        return None
    tensor = value.tensor
    sizes = [d.size for d in tensor.tensor_shape.dim]
    count = int(np.prod(sizes, dtype=object))
    if not 0 < count <= _MOST or min(sizes, default=1) < 1:
        return None
    stored = list(tensor.float_val or tensor.double_val) or [0.0]
    numbers = np.broadcast_to(np.array(stored, np.float64), count) if len(stored) == 1 else None
    if tensor.tensor_content:
        if len(tensor.tensor_content) != count * np.dtype(kind).itemsize:
            return None
        numbers = np.frombuffer(tensor.tensor_content, kind).astype(np.float64)
    elif len(stored) == count:
        numbers = np.array(stored, np.float64)
    if numbers is None:
        return None
    rows: Row = numbers.reshape(-1, sizes[-1] if sizes else 1)
    return rows[0] if bool((rows == rows[0]).all()) else None


def is_row(graph: Graph, node: int, row: Row) -> bool:
    """Whether a constant consists of a row, as far as rounding goes."""
    own = row_of(graph, node)
    if own is None or not (len(own) == len(row) or not row.any()):
        return False
    return bool(np.allclose(own, row, rtol=_CLOSE, atol=0))


def added(one: Row, other: Row) -> Row | None:
    """The sum of two rows."""
    if len(one) != len(other) and 1 not in (len(one), len(other)):
        return None
    return np.asarray(one + other)
