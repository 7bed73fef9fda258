"""Which layer of one network is which of another: both stand in the order of data flow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tb_rnnview.comparing.likeness import Features, features_of, likeness
from tb_rnnview.timeline import Timeline

Pairs = list[tuple[int | None, int | None]]

MOST_COMPARED = 1_000_000
"""Pairs of layers that are held against each other; of more, only equal ones are matched."""


def matched_layers(a: Timeline, b: Timeline) -> tuple[tuple[str | None, str | None], ...]:
    """Pairs of layers' ids, None where there is no counterpart, in the order of data flow."""
    pairs = match(features_of(a), features_of(b))
    return tuple(
        (None if i is None else a.layers[i].id, None if j is None else b.layers[j].id)
        for i, j in pairs
    )


def match(a: Sequence[Features], b: Sequence[Features]) -> Pairs:
    """Pairs of places, such that the layers of the pairs are as much alike as possible.

    What is equal at both ends is taken as it is. Between the ends the order is kept (the sum of
    `likeness` is the largest that an alignment can have); then whatever is left over on both sides
    and alike in everything but its place has moved.
    """
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    pairs: Pairs = [(k, k) for k in range(start)]
    pairs += [
        (None if i is None else i + start, None if j is None else j + start)
        for i, j in _moved(middle_a, middle_b, _aligned(middle_a, middle_b))
    ]
    return pairs + [(len(a) - k, len(b) - k) for k in range(end, 0, -1)]


def _common(a: Sequence[Features], b: Sequence[Features]) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x.name != y.name or x.structure != y.structure:
            break
        count += 1
    return count


def _aligned(a: Sequence[Features], b: Sequence[Features]) -> Pairs:
    """The alignment with the largest sum of likeness (Needleman and Wunsch 1970, gaps for free)."""
    if len(a) * len(b) > MOST_COMPARED:
        return [(i, None) for i in range(len(a))] + [(None, j) for j in range(len(b))]
    points = [[likeness(x, y) for y in b] for x in a]
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            both = points[i][j] + best[i + 1][j + 1] if points[i][j] else 0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    pairs: Pairs = []
    i = j = 0
    while i < len(a) and j < len(b):
        if points[i][j] and best[i][j] == points[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return pairs + [(k, None) for k in range(i, len(a))] + [(None, k) for k in range(j, len(b))]


def _moved(a: Sequence[Features], b: Sequence[Features], pairs: Pairs) -> Pairs:
    """Joins what is left over on both sides and has one and the same name and structure."""
    waiting: dict[object, list[int]] = defaultdict(list)
    for i, j in pairs:
        if i is None and j is not None:
            waiting[b[j].name, b[j].structure].append(j)
    joined: dict[int, int] = {}
    for i, j in pairs:
        if j is None and i is not None and waiting[a[i].name, a[i].structure]:
            joined[i] = waiting[a[i].name, a[i].structure].pop(0)
    taken = set(joined.values())
    return [
        (i, j) if j is not None or i is None else (i, joined.get(i))
        for i, j in pairs
        if not (i is None and j in taken)
    ]
