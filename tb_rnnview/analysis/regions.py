"""Parts of a variable, and how often they overlap."""

from __future__ import annotations

from collections.abc import Sequence

from tb_rnnview.analysis.cuts import Cut

Region = tuple[Cut, ...]
"""Part of a variable: what is left of each dimension that a split has cut. () = all of it."""


def most_overlaps(regions: Sequence[Region]) -> int:
    """How many of the regions hold the element that most of them hold."""
    dimensions = sorted({d for region in regions for d, _, _ in region})
    return _most([{d: (a, b) for d, a, b in region} for region in regions], dimensions)


def _most(regions: list[dict[int, tuple[int, int]]], dimensions: list[int]) -> int:
    """Sweeps along the first dimension; what is cut in the others decides among those alive."""
    if not dimensions:
        return len(regions)
    d, rest = dimensions[0], dimensions[1:]
    starts: dict[int, list[int]] = {}
    stops: dict[int, list[int]] = {}
    for i, region in enumerate(regions):
        if d not in region:
            starts.setdefault(0, []).append(i)
        elif region[d][0] < region[d][1]:
            starts.setdefault(region[d][0], []).append(i)
            stops.setdefault(region[d][1], []).append(i)
    alive: dict[int, None] = {}
    most = 0
    for place in sorted({*starts, *stops}):
        for i in stops.get(place, ()):
            del alive[i]
        if place in starts:
            alive.update(dict.fromkeys(starts[place]))
            if len(alive) > most:
                most = max(most, _most([regions[i] for i in alive], rest) if rest else len(alive))
    return most
