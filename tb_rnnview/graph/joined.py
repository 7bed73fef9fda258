"""Sequences one behind the other, without a copy of what is in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar, overload

_Item = TypeVar("_Item")


class Joined(Sequence[_Item]):
    """The items of several sequences; the last of them may grow."""

    def __init__(self) -> None:
        """Joins nothing yet."""
        self.parts: list[Sequence[_Item]] = []
        self.starts: list[int] = []
        """Where each part starts."""

    def extend(self, part: Sequence[_Item]) -> None:
        """Puts a sequence behind all others."""
        start = len(self)
        self.parts.append(part)
        self.starts.append(start)

    def part_of(self, at: int) -> int:
        """Which part holds the item of a place."""
        return bisect_right(self.starts, at) - 1

    def __len__(self) -> int:
        return self.starts[-1] + len(self.parts[-1]) if self.parts else 0

    @overload
    def __getitem__(self, at: int) -> _Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[_Item]: ...
    def __getitem__(self, at: int | slice) -> _Item | list[_Item]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError(at)
        part = self.part_of(at)
        return self.parts[part][at - self.starts[part]]

    def __iter__(self) -> Iterator[_Item]:
        for part in self.parts:
            yield from part


class ScopedNames(Sequence[str]):
    """Names below a scope; what says its whole scope already keeps it."""

    def __init__(self, scope: str, names: Sequence[str], instead: Mapping[int, str]) -> None:
        """Takes the scope, with a slash; the names; and others for some of them."""
        self._scope, self._names, self._instead = scope, names, instead

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        return self._instead[at] if at in self._instead else below(self._scope, self._names[at])

    def __iter__(self) -> Iterator[str]:
        for at, name in enumerate(self._names):
            yield self._instead[at] if at in self._instead else below(self._scope, name)


def below(scope: str, name: str) -> str:
    """A name below a scope, which ends with a slash."""
    return name if name.startswith(scope) else scope + name
