"""Where the time dimension was before a reshape joined or parted dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod

from tb_rnnview.analysis.known import Number, ShapeOf, Unknown, is_same
from tb_rnnview.analysis.where import Where

_Sizes = tuple[Number, ...]
_OPEN: _Sizes = (Unknown("what else is in the dimension"),)


def before_reshape(before: ShapeOf, after: ShapeOf, where: Where) -> Iterator[Where]:
    """Where time is in the operand of a reshape: in several places if asked for anywhere.

    A reshape keeps the order of the elements. So a dimension is known again by how many elements
    lie between two of its positions, or by how many dimensions' worth of them lie around it.
    """
    if before is None or after is None or where.dimension >= len(after):
        return
    found = list(_places(before, after, where))
    if found:
        yield min(found, key=_likely)
    elif where.somewhere:
        yield from _parts(before, after, where)


def _likely(place: Where) -> tuple[bool, bool]:
    return bool(place.outer or place.inner), bool(place.inner)


def _places(before: _Sizes, after: _Sizes, where: Where) -> Iterator[Where]:
    """Where one dimension can be, as a whole or as a part of another."""
    d = where.dimension
    size = after[d] if where.size is None else where.size
    outer, inner = (*after[:d], *where.outer), (*where.inner, *after[d + 1 :])
    for i, here in enumerate(before):
        for left, right in _around(before, i, size, outer, inner):
            if not _fits(here, size, left, right) or (where.somewhere and _OPEN in (left, right)):
                continue
            if left or right:
                yield replace(
                    where, dimension=i, outer=left, inner=right, size=size, somewhere=False
                )
            else:
                yield replace(where, dimension=i, outer=(), inner=(), size=None)


def _around(
    before: _Sizes, i: int, size: Number, outer: _Sizes, inner: _Sizes
) -> Iterator[tuple[_Sizes, _Sizes]]:
    """What dimension ``i`` may hold before and after time.

    One side tells alone where the sizes on the other are open: that time may begin or end there,
    and where it is the same size, that it is all of the dimension.
    """
    left, right = _divided(outer, before[:i]), _divided(inner, before[i + 1 :])
    if left is not None and right is not None:
        yield left, right
    if left == () or right == ():
        if is_same(before[i], size):
            yield (), ()
        yield ((), _OPEN) if left == () else (_OPEN, ())


def _divided(sizes: _Sizes, by: _Sizes) -> _Sizes | None:
    """The sizes that remain of a product when it is divided by another; None = it cannot be."""
    left = [n for n in sizes if isinstance(n, Unknown)]
    for n in by:
        if isinstance(n, Unknown):
            if n not in left or not is_same(n, n):
                return None
            left.remove(n)
    number, divisor = _known(sizes), _known(by)
    if not divisor or number % divisor:
        return None
    rest = number // divisor
    return (*left, rest) if rest != 1 else tuple(left)


def _known(sizes: Iterable[Number]) -> int:
    return prod(n for n in sizes if isinstance(n, int))


def _fits(here: Number, size: Number, outer: _Sizes, inner: _Sizes) -> bool:
    """Whether a dimension can hold time and what is around it."""
    if isinstance(here, Unknown) and (outer or inner):
        return True
    whole = (*outer, size, *inner)
    if len(whole) == 1 and isinstance(size, Unknown):
        return is_same(here, size) or not isinstance(here, Unknown)
    return all(isinstance(n, int) for n in whole) and _known(whole) == here


def _parts(before: _Sizes, after: _Sizes, where: Where) -> Iterator[Where]:
    """All dimensions of which one was made."""
    d = where.dimension
    starts = [i for i in range(len(before)) if _divided(after[:d], before[:i]) == ()]
    ends = [i for i in range(len(before)) if _divided(after[d + 1 :], before[i + 1 :]) == ()]
    first = starts[0] if starts else 0
    last = ends[-1] if ends else len(before) - 1
    for i in range(first, last + 1):
        yield where.at(i)
