"""Which dimension is which after a reshape: dimensions are cut and joined where their sizes fit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tb_rnnview.sources.dimensions import Dimension, Place, Positions

# Stands for a size that is not known while products are compared: no factor of any real size.
_OPEN = (1 << 61) - 1


def regrouped(
    dims: Sequence[Dimension], target: Sequence[int | None], positions: Positions
) -> list[Dimension]:
    """The dimensions of a value of the same elements in the same order.

    Args:
        dims: those before, the batch left out.
        target: the sizes afterwards; one may be -1: what remains.
        positions: those of the model; new ones are added.
    """
    parts = [part for d in dims for part in _parts(d, positions)]
    total = math.prod(_number(size) for size, _ in parts)
    known = math.prod(size for size in target if size not in (None, -1))
    wanted = [total // known if size == -1 and known else size for size in target]
    if None in wanted or math.prod(size or 0 for size in wanted) != total:
        why = "a reshape leaves it open"
        return [positions.new(None if size == -1 else size, why) for size in target]
    out: list[Dimension] = []
    left = list(parts)
    rest = 1  # what is left over of a dimension that was cut
    cut: tuple[Place, ...] = ()
    for size in (size or 0 for size in wanted):
        got = 1
        whole: list[tuple[int | None, tuple[Place, ...]]] = []
        made_of: list[Place] = []
        if size == 1 and left and left[0][0] == 1:
            whole.append(left.pop(0))
        while got < size and (rest > 1 or left):
            if rest > 1:
                piece = math.gcd(rest, size // got) if size % got == 0 else 1
                if piece <= 1:
                    break
                rest //= piece
                got *= piece
                made_of += cut
                continue
            known_size, places = left.pop(0)
            number = _number(known_size)
            if size % (got * number) == 0:
                got *= number
                whole.append((known_size, places))
            else:
                rest, cut = number, places
        if made_of or got != size or not whole:
            every = [*made_of, *(p for _, places in whole for p in places)]
            size_now = size if size % _OPEN else None
            out.append(positions.new(size_now, "a reshape leaves it open", made_of=every))
            continue
        # What there is only one of leaves no trace in what it is joined with.
        whole = [part for part in whole if part[0] != 1] or whole[:1]
        sizes = [known_size for known_size, _ in whole]
        joined = None if None in sizes else math.prod(s or 0 for s in sizes)
        out.append(Dimension(joined, tuple(p for _, places in whole for p in places)))
    return out


def _parts(
    dimension: Dimension, positions: Positions
) -> list[tuple[int | None, tuple[Place, ...]]]:
    """The sizes that a dimension was flattened from."""
    if len(dimension.places) < 2:
        return [(dimension.size, dimension.places)]
    sizes = [positions.all[place.position].size for place in dimension.places]
    if None not in sizes and math.prod(s or 0 for s in sizes) == dimension.size:
        return [(s, (p,)) for s, p in zip(sizes, dimension.places, strict=True)]
    return [(dimension.size, dimension.places)]


def _number(size: int | None) -> int:
    return _OPEN if size is None else size
