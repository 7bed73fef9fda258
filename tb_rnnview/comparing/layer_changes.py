"""What has become of layers: there or not, of which cell and size, where and which way they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tb_rnnview.comparing.comparison import Change
from tb_rnnview.comparing.sides import Sides
from tb_rnnview.timeline import Direction, Layer, Variable
from tb_rnnview.views.naming import directions
from tb_rnnview.views.words import clean, counted, number


def layer_changes(sides: Sides) -> Iterator[Change]:
    """Every difference of the layers themselves, in the order of data flow."""
    of_a = {layer.id: layer for layer in sides.a.layers}
    of_b = {layer.id: layer for layer in sides.b.layers}
    for a, b in sides.layers:
        if b is None and a is not None:
            about = _about(of_a[a], sides.held[0][a])
            title = sides.titles_a[a]
            yield Change("LAYER_REMOVED", title, f"only in A: {about}", before=about, a_layer=a)
        elif a is None and b is not None:
            about = _about(of_b[b], sides.held[1][b])
            title = sides.titles_b[b]
            yield Change("LAYER_ADDED", title, f"only in B: {about}", after=about, b_layer=b)
    for one, other in sides.pairs:
        yield from _of_pair(sides, one, other)


def _of_pair(sides: Sides, a: Layer, b: Layer) -> Iterator[Change]:
    facts = (
        ("KIND", "what it has to do with time", a.kind.value, b.kind.value),
        ("CELL", "cell", a.cell, b.cell),
        ("UNITS", "units", _number(a.units), _number(b.units)),
        ("DIRECTION", "direction", _way(a), _way(b)),
        ("APPLICATIONS", "run at", _places(a), _places(b)),
        ("EVIDENCE", "known from", a.evidence.value, b.evidence.value),
    )
    for code, what, before, after in facts:
        if before != after:
            known = before or "not known", after or "not known"
            yield sides.changed(code, a.id, b.id, what, *known)


def _about(layer: Layer, held: Sequence[Variable]) -> str:
    sizes = [v.parameters for v in held]
    parameters = "" if None in sizes else f"{number(sum(x or 0 for x in sizes))} parameters"
    units = f"{counted(layer.units, 'unit')}" if layer.units else ""
    facts = (clean(layer.cell) or layer.kind.value.lower(), units, parameters)
    return ", ".join(fact for fact in facts if fact)


def _number(value: int | None) -> str:
    return "" if value is None else number(value)


def _way(layer: Layer) -> str:
    ways = directions(layer) - {Direction.UNKNOWN}
    return " and ".join(sorted(way.value.lower() for way in ways))


def _places(layer: Layer) -> str:
    return counted(len(layer.applications), "place")
