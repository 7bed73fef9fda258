"""The edges of a graph in which some nodes read something else, the others left as they are."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.graph.form import Tensor

Ints = NDArray[np.int32]


def with_other_inputs(
    count: NDArray[Any], source: Ints, port: Ints, changed: Mapping[int, Sequence[Tensor]]
) -> tuple[Ints, Ints, Ints]:
    """What is read, with other tensors for some nodes.

    Args:
        count: how many inputs each node has.
        source: the nodes that all inputs come from, those of one node after those of another.
        port: their output ports.
        changed: what some nodes read instead.

    Returns:
        As given, with what has changed.
    """
    if not changed:
        return count.astype(np.int32), source, port
    nodes = np.array(sorted(changed), np.int64)
    new_count = count.astype(np.int32)
    new_count[nodes] = [len(changed[node]) for node in nodes.tolist()]
    is_same = np.ones(len(count), bool)
    is_same[nodes] = False
    before, after = np.repeat(is_same, count), np.repeat(is_same, new_count)
    tensors = np.array(
        [tensor for node in nodes.tolist() for tensor in changed[node]], np.int32
    ).reshape(-1, 2)
    ends = []
    for old, new in ((source, tensors[:, 0]), (port, tensors[:, 1])):
        end = np.empty(len(after), np.int32)
        end[after] = old[before]
        end[~after] = new
        ends.append(end)
    return new_count, ends[0], ends[1]


def starts(count: NDArray[Any]) -> array[int]:
    """Where the inputs of each node start; one longer than there are nodes."""
    return ints(np.concatenate(([0], np.cumsum(count))))


def ints(numbers: NDArray[Any]) -> array[int]:
    """The numbers as a graph holds them."""
    return array("i", numbers.astype(np.int32).tobytes())
