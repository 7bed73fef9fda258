"""Some items of a sequence, and others after them, without a copy of those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

from numpy.typing import NDArray

_Item = TypeVar("_Item")


class Picked(Sequence[_Item]):
    """Of an old sequence, each item is looked up when it is asked for."""

    def __init__(self, old: Sequence[_Item], kept: NDArray[Any], new: Sequence[_Item]) -> None:
        """Takes the old sequence, the places in it of what is kept, and what comes after it."""
        self.old, self.kept, self.new = old, kept, new

    def __len__(self) -> int:
        return len(self.kept) + len(self.new)

    @overload
    def __getitem__(self, at: int) -> _Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[_Item]: ...
    def __getitem__(self, at: int | slice) -> _Item | list[_Item]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        before = len(self.kept)
        return self.old[int(self.kept[at])] if at < before else self.new[at - before]


class PickedNames(Sequence[str]):
    """The names of some nodes; "" where there is none."""

    def __init__(self, names: Sequence[str], nodes: NDArray[Any]) -> None:
        """Takes all names, and the nodes; -1 = none."""
        self._names, self._nodes = names, nodes

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        node = int(self._nodes[at])
        return self._names[node] if node >= 0 else ""


class PickedPlaces(Mapping[str, int]):
    """The places of picked names."""

    def __init__(self, names: Picked[str], old: Mapping[str, int], place: NDArray[Any]) -> None:
        """Takes the picked names, the places of the old ones, and where each of these is now."""
        self._names, self._old, self._place = names, old, place
        first = len(names.kept)
        self._new = {name: first + k for k, name in enumerate(names.new)}

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __getitem__(self, name: str) -> int:
        if name in self._new:
            return self._new[name]
        place = int(self._place[self._old[name]])
        if place < 0:
            raise KeyError(name)
        return place
