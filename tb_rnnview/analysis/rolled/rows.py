"""Parts uses of one weight into rows: each use after the one whose result it is made of."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from tb_rnnview.analysis.rolled.arrays import Arrays, Ints

_FARTHEST = 4096
"""Nodes that are looked at between two uses of a row."""


def rows_of(arrays: Arrays, nodes: Ints, place: Ints) -> list[Ints]:
    """The rows in which nodes stand, longest first, each in its order.

    A node may be made of the results of many of the others: it stands behind the last of these.
    Where several stand behind one, the longest row goes on through it.
    """
    order = nodes[np.argsort(place[nodes])].tolist()
    wanted = set(order)
    before = {node: _last_before(arrays, node, wanted, place) for node in order}
    length: dict[int, int] = {}
    after: dict[int, int] = {}
    for node in reversed(order):
        length[node] = 1 + (length[after[node]] if node in after else 0)
        source = before[node]
        if source >= 0 and length[node] > length.get(after.get(source, -1), 0):
            after[source] = node
    rows = []
    taken: set[int] = set()
    for node in order:
        row = []
        while node not in taken:
            taken.add(node)
            row.append(node)
            node = after.get(node, node)
        if row:
            rows.append(np.array(row))
    return sorted(rows, key=len, reverse=True)


def _last_before(arrays: Arrays, node: int, wanted: set[int], place: Ints) -> int:
    """The last of the wanted nodes that a node is made of; -1 = of none."""
    pending = [(-int(place[s]), s) for s in set(arrays.graph.sources(node))]
    seen = {s for _, s in pending}
    pending.sort()
    for _ in range(_FARTHEST):
        if not pending:
            break
        _, here = heappop(pending)
        if here in wanted:
            return here
        for source in arrays.graph.sources(here):
            if source not in seen and arrays.live[source]:
                seen.add(source)
                heappush(pending, (-int(place[source]), source))
    return -1
