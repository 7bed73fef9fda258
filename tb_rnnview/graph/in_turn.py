"""An order in which each node of a graph comes after all that it reads.

Most nodes of a graph wait for one thing that does not come at once: they stand in rows behind it.
These rows are found for all nodes together, and only what waits for several is put in order one by
one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 3
"""How often what waits for nothing is taken away, before the rest is put in order."""

Ints = NDArray[np.int32]


def in_turn(count: int, source: Ints, target: Ints) -> NDArray[np.int64] | None:
    """A number for each node, larger than those of all that it reads.

    Args:
        count: how many nodes there are.
        source: the node that each edge leaves.
        target: the node that it enters.

    Returns:
        None = there is no such order: some nodes stand in a circle.
    """
    place = np.zeros(count, np.int64)
    left = np.ones(count, bool)
    for number in range(-_ROUNDS, 0):
        first = left & (np.bincount(target, minlength=count) == 0)
        place[first] = number
        left &= ~first
        goes_on = left[source]
        source, target = source[goes_on], target[goes_on]
    waiting = np.bincount(target, minlength=count)
    behind = _behind(source, target, waiting == 1)
    if behind is None:
        return None
    head, distance = behind
    heads = np.flatnonzero(left & (waiting != 1))
    number_of = np.empty(count, np.int64)
    number_of[heads] = np.arange(len(heads))
    joins = waiting[target] > 1
    turn = _one_by_one(len(heads), number_of[head[source[joins]]], number_of[target[joins]])
    if turn is None:
        return None
    turns = np.zeros(count, np.int64)
    turns[heads] = turn
    rest = np.flatnonzero(left)
    place[rest] = turns[head[rest]] * (int(distance.max(initial=0)) + 1) + distance[rest]
    return place


def _behind(source: Ints, target: Ints, in_row: NDArray[np.bool_]) -> tuple[Ints, Ints] | None:
    """What each node's row stands behind, and how far; None = some rows are circles."""
    head = np.arange(len(in_row), dtype=np.int32)
    one = in_row[target]
    head[target[one]] = source[one]
    distance = in_row.astype(np.int32)
    for _ in range(len(in_row).bit_length() + 1):
        farther = head[head]
        if (farther == head).all():
            # On a circle, what stands behind another is in a row itself.
            return None if in_row[head].any() else (head, distance)
        distance += distance[head]
        head = farther
    return None


def _one_by_one(count: int, source: NDArray[np.int64], target: NDArray[np.int64]) -> Ints | None:
    """The turn of each node, where each runs once all that it waits for has run."""
    waiting = np.bincount(target, minlength=count).tolist()
    targets = target[np.argsort(source, kind="stable")].tolist()
    first = np.concatenate(([0], np.cumsum(np.bincount(source, minlength=count)))).tolist()
    ready = [node for node, inputs in enumerate(waiting) if not inputs]
    ran = []
    while ready:
        node = ready.pop()
        ran.append(node)
        for to in targets[first[node] : first[node + 1]]:
            waiting[to] -= 1
            if not waiting[to]:
                ready.append(to)
    if len(ran) < count:
        return None
    turn = np.empty(count, np.int32)
    turn[ran] = np.arange(count)
    return turn
