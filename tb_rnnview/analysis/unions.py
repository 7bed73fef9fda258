"""Numbers that belong together, found by joining pairs: of nodes, of frames, of variables."""

from __future__ import annotations

from collections.abc import Iterable


class Unions:
    """Groups of numbers. Each number is a group of its own until it is joined with another one."""

    def __init__(self, members: Iterable[int] = ()) -> None:
        """Takes the numbers that are to be in `groups`; others may follow."""
        self._head = {k: k for k in members}

    def of(self, k: int) -> int:
        """The smallest number of the group of ``k``."""
        head = self._head
        first = k
        while head.setdefault(first, first) != first:
            first = head[first]
        while k != first:  # the way is short from now on, however long it was
            head[k], k = first, head[k]
        return first

    def join(self, a: int, b: int) -> int:
        """Makes one group of two.

        Returns:
            The smallest number of it.
        """
        low, high = sorted((self.of(a), self.of(b)))
        self._head[high] = low
        return low

    def groups(self) -> list[list[int]]:
        """The groups, and the numbers of each, in the order in which the numbers were given."""
        found: dict[int, list[int]] = {}
        for k in list(self._head):
            found.setdefault(self.of(k), []).append(k)
        return list(found.values())
