"""Puts things that feed each other in order, and tells how many steps of an order lie between."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


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


def components(things: Iterable[T], before: Callable[[T], Iterable[T]]) -> list[list[T]]:
    """Groups of things that lead to each other in circles, each group after those before it.

    A thing on no circle is a group of its own. This is Tarjan's algorithm, without recursion.

    Args:
        things: where to begin.
        before: the things before each one, directly.
    """
    number: dict[T, int] = {}
    lowest: dict[T, int] = {}
    stack: list[T] = []
    open_: set[T] = set()
    found: list[list[T]] = []
    for start in things:
        if start in number:
            continue
        pending = [(start, iter(before(start)))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        open_.add(start)
        while pending:
            thing, rest = pending[-1]
            for other in rest:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    stack.append(other)
                    open_.add(other)
                    pending.append((other, iter(before(other))))
                    break
                if other in open_:
                    lowest[thing] = min(lowest[thing], number[other])
            else:
                pending.pop()
                if pending:
                    outer = pending[-1][0]
                    lowest[outer] = min(lowest[outer], lowest[thing])
                if lowest[thing] == number[thing]:
                    group = [stack.pop()]
                    while group[-1] != thing:
                        group.append(stack.pop())
                    open_.difference_update(group)
                    found.append(group[::-1])
    return found
