"""Where the names, operation types and inputs of stored nodes stand, found for many at a time.

A node's fields follow each other: its name, its operation type, its inputs, and the rest. Each step
here goes on by one field in all nodes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tb_rnnview.sources.stored_graph import StoredNodes

Ints = NDArray[Any]

_NAME, _OP, _INPUT = 0x0A, 0x12, 0x1A
"""The bytes that begin these fields."""

_FEW = 64
"""Of so few nodes, the fields are gone through one node after the other."""

_MARGIN = 16
"""Bytes behind the text of a chunk: whoever looks ahead finds zeros."""


@dataclass(frozen=True)
class NodeTexts:
    """The texts of some nodes: each is ``data[start:start + size]``."""

    data: NDArray[np.uint8]
    """The bytes, and some zeros."""
    names: tuple[Ints, Ints]
    ops: tuple[Ints, Ints]
    inputs: tuple[Ints, Ints]
    """The inputs of all nodes, one node after the other."""
    count: Ints
    """How many inputs each node has."""
    rest: Ints
    """Where what follows each node's inputs starts."""


def node_texts(nodes: StoredNodes, first: int, last: int) -> NodeTexts | None:
    """The texts of some nodes, which protobuf has checked.

    Returns:
        None = the fields of some node stand in another order than protobuf writes them in, and
        what is found is not all.
    """
    data, begin = chunk_bytes(nodes, first, last)
    at, stop = nodes.start[first:last] - begin, nodes.stop[first:last] - begin
    found = []
    for tag in (_NAME, _OP):
        if not (data[at] == tag).all():
            return None
        start, size = _sized(data, at + 1)
        found.append((start, size))
        at = start + size
    return NodeTexts(data, found[0], found[1], *_inputs(data, at, stop))


def chunk_bytes(nodes: StoredNodes, first: int, last: int) -> tuple[NDArray[np.uint8], int]:
    """The bytes of some nodes that follow each other, zeros behind them; and where they begin."""
    begin, end = int(nodes.start[first]), int(nodes.stop[last - 1])
    zeros = bytes(_MARGIN + (begin - end) % 8)
    return np.frombuffer(nodes.data[begin:end] + zeros, np.uint8), begin


def _inputs(data: NDArray[np.uint8], at: Ints, stop: Ints) -> tuple[tuple[Ints, Ints], Ints, Ints]:
    """The inputs of all nodes, how many each has, and where they end."""
    count = np.zeros(len(at), np.int64)
    rounds: list[tuple[Ints, Ints, Ints]] = []
    end = at.copy()
    here = np.flatnonzero((at < stop) & (data[at] == _INPUT))
    at = at[here]
    while len(here) > _FEW:
        start, size = _sized(data, at + 1)
        rounds.append((here, start, size))
        count[here] += 1
        at = start + size
        end[here] = at
        goes_on = (data[at] == _INPUT) & (at < stop[here])
        here, at = here[goes_on], at[goes_on]
    rest = [
        (node, *_rest(data, place, int(stop[node])))
        for node, place in zip(here.tolist(), at.tolist(), strict=True)
    ]
    before = count.copy()
    for node, starts, sizes in rest:
        count[node] += len(starts)
        end[node] = starts[-1] + sizes[-1]
    first = np.cumsum(count) - count
    all_starts = np.empty(int(count.sum()), np.int64)
    all_sizes = np.empty_like(all_starts)
    for slot, (who, start, size) in enumerate(rounds):
        all_starts[first[who] + slot] = start
        all_sizes[first[who] + slot] = size
    for node, starts, sizes in rest:
        place = int(first[node] + before[node])
        all_starts[place : place + len(starts)] = starts
        all_sizes[place : place + len(sizes)] = sizes
    return (all_starts, all_sizes), count, end


def _sized(data: NDArray[np.uint8], at: Ints) -> tuple[Ints, Ints]:
    """Where texts start, and their sizes, which stand at the given places."""
    size = data[at].astype(np.int64)
    start = at + 1
    long = np.flatnonzero(size > 0x7F)
    shift = 7
    while len(long):
        byte = data[start[long]].astype(np.int64)
        size[long] += (byte << shift) - (1 << shift)  # less the bit that said that it goes on
        start[long] += 1
        long = long[byte > 0x7F]
        shift += 7
    return start, size


def _rest(data: NDArray[np.uint8], at: int, stop: int) -> tuple[list[int], list[int]]:
    """The inputs of one node, from a place on."""
    starts, sizes = [], []
    stored = data[at:stop].tobytes()
    begin, at = at, 0
    while at < len(stored) and stored[at] == _INPUT:
        at += 1
        size = shift = 0
        while True:
            byte = stored[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        starts.append(begin + at)
        sizes.append(size)
        at += size
    return starts, sizes
