"""Walks a graph without recursion: graphs are deeper than Python's stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


def walk(starts: Iterable[int], following: Callable[[int], Iterable[int]]) -> Iterator[int]:
    """Each node that is reached, once, the starts among them.

    Args:
        starts: where to begin.
        following: the nodes to go on to from a node; asked once, after the node was handed out.
    """
    pending = list(dict.fromkeys(starts))
    seen = set(pending)
    while pending:
        node = pending.pop()
        yield node
        for other in following(node):
            if other not in seen:
                seen.add(other)
                pending.append(other)
