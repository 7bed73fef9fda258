"""Which applications of the same variables take the same elements of them?

A variable may hold the kernels of several layers: a stack of them, or the buffer of a cuDNN
operation that runs in both directions. Who takes other elements is another layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.regions import Region
from tb_rnnview.analysis.unions import Unions

_Part = tuple[Region, int | None]
"""Where a part of a variable lies; or, where that is not known, the output that hands it on."""
_Taken = frozenset[tuple[int, _Part]]
"""Variables, each with a part of it."""

_MOST = 256
"""Of more different choices of parts it is not asked which of them overlap."""


def by_elements(instances: Sequence[Instance], members: Sequence[int]) -> dict[int, int]:
    """A number for each member: those that share elements of a variable have the same one."""
    taken = {i: _taken(instances[i]) for i in members}
    choices = list(dict.fromkeys(taken.values()))
    if not 1 < len(choices) <= _MOST:
        return dict.fromkeys(members, 0)
    joined = Unions()
    for k, choice in enumerate(choices):
        for j in range(k):
            if joined.of(j) != joined.of(k) and _overlap(choices[j], choice):
                joined.join(j, k)
    group = {choice: joined.of(k) for k, choice in enumerate(choices)}
    return {i: group[taken[i]] for i in members}


def overlap_in(variable: int, one: Instance, other: Instance) -> bool:
    """Whether two instances may take the same element of a variable."""
    ours = frozenset(part for part in _taken(one) if part[0] == variable)
    theirs = frozenset(part for part in _taken(other) if part[0] == variable)
    return _overlap(ours, theirs)


def _taken(instance: Instance) -> _Taken:
    return frozenset(
        (site.variable, (site.region, site.branch[1] if site.branch is not None else None))
        for site in instance.sites
    )


def _overlap(one: _Taken, other: _Taken) -> bool:
    """Whether some element of some variable is in both."""
    parts: dict[int, list[_Part]] = {}
    for variable, part in other:
        parts.setdefault(variable, []).append(part)
    return any(_meet(part, also) for variable, part in one for also in parts.get(variable, ()))


def _meet(one: _Part, other: _Part) -> bool:
    """Whether two parts of one variable may have an element in common."""
    if one[1] is not None and other[1] is not None:
        return one[1] == other[1]  # an operation's outputs hand on different parts
    cut = {dimension: (start, stop) for dimension, start, stop in one[0]}
    return all(
        start < cut[dimension][1] and cut[dimension][0] < stop
        for dimension, start, stop in other[0]
        if dimension in cut
    )
