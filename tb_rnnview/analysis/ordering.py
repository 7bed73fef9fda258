"""Puts things that feed each other in order, and tells how many steps of an order lie between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush


def in_order(before: Sequence[Collection[int]], rank: Sequence[int | tuple[int, ...]]) -> list[int]:
    """Every position after those before it; where that leaves a choice, the lowest rank first.

    On a circle, where nothing can be first, the lowest rank breaks it.
    """
    after: list[list[int]] = [[] for _ in before]
    waiting = [0] * len(before)
    for k, sources in enumerate(before):
        for source in sources:
            if source != k:
                after[source].append(k)
                waiting[k] += 1
    left = [(rank[k], k) for k in range(len(before))]
    heapify(left)
    ready = [item for item in left if not waiting[item[1]]]
    heapify(ready)
    done = bytearray(len(before))
    order: list[int] = []
    while len(order) < len(before):
        _, chosen = heappop(ready or left)
        if done[chosen]:
            continue
        done[chosen] = 1
        order.append(chosen)
        for k in after[chosen]:
            waiting[k] -= 1
            if not waiting[k]:
                heappush(ready, (rank[k], k))
    return order


def levels(
    order: Sequence[int],
    place: Mapping[int, int],
    before: Sequence[Iterable[int]],
    members: Collection[int],
) -> dict[int, int]:
    """For each member, how many members stand before it on the longest way to it.

    Args:
        order: all positions, in order.
        place: where each position stands in the order.
        before: the positions before each one, directly.
        members: the positions that count. Two of one level do not lead to each other.
    """
    first = min(place[m] for m in members)
    last = max(place[m] for m in members)
    wanted = set(members)
    passed: dict[int, int] = {}
    found: dict[int, int] = {}
    for node in order[first : last + 1]:
        level = max((passed.get(source, 0) for source in before[node]), default=0)
        if node in wanted:
            found[node] = level
            level += 1
        if level:
            passed[node] = level
    return found
