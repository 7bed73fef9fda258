"""Scopes in a graph that tell layers apart which differ in nothing else.

Keras runs each layer in a scope of its name; where it traced the layer before, TensorFlow adds a
number (``left_1``). A number may be part of the name, too, so numbers are looked through only
where the names differ without them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_NUMBER = re.compile(r"_\d+$")


def told_by_scopes(
    scopes: Sequence[Sequence[Collection[str]]], names: Sequence[str], possible: Sequence[set[int]]
) -> list[set[int]] | None:
    """The one layer that each undecided group's scopes name; None = they do not for all.

    Args:
        scopes: for each group of found layers the kinds of places that it is seen in (where it
            runs, where its variables stand), each a collection of scopes.
        names: of the configured layers, with those around them, split by slashes.
        possible: for each group the layers that it may be.
    """
    told: list[set[int]] = []
    for kinds, partners in zip(scopes, possible, strict=True):
        named = partners
        if len(partners) > 1:
            stems = {_stem(names[k]) for k in partners}
            loose = len(stems) == len(partners)
            named = {
                k for k in partners if any(_all_within(places, names[k], loose) for places in kinds)
            }
            if len(named) != 1:
                return None
        told.append(named)
    return told


def _all_within(scopes: Collection[str], name: str, loose: bool) -> bool:
    return bool(scopes) and all(_within(scope, name, loose) for scope in scopes)


def _within(scope: str, name: str, loose: bool) -> bool:
    """Whether a scope bears the parts of a name, in order."""
    parts = iter(scope.split("/"))
    return all(
        any(part == wanted or (loose and _NUMBER.sub("", part) == wanted) for part in parts)
        for wanted in name.split("/")
    )


def _stem(name: str) -> str:
    return "/".join(_NUMBER.sub("", part) for part in name.split("/"))
