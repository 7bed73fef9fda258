"""What has become of weights: there or not, of which shape, when they are used and who shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tb_rnnview.comparing.comparison import Change
from tb_rnnview.comparing.sides import Sides
from tb_rnnview.comparing.weight_matching import matched_variables
from tb_rnnview.timeline import Axis, Timeline, Use, Variable
from tb_rnnview.views.words import clean, interval, listed, number, shape_times


def weight_changes(sides: Sides) -> Iterator[Change]:
    """Every difference of the variables, those of layers without counterpart apart."""
    pairs, left_a, left_b = matched_variables(sides)
    for a, b in pairs:
        yield from _of_pair(sides, a, b)
    for variable in left_a:
        if not variable.layers or any(id_ in sides.b_of for id_ in variable.layers):
            yield _alone(variable, "WEIGHT_REMOVED", "only in A")
    for variable in left_b:
        if not variable.layers or any(id_ in sides.a_of for id_ in variable.layers):
            yield _alone(variable, "WEIGHT_ADDED", "only in B")


def _of_pair(sides: Sides, a: Variable, b: Variable) -> Iterator[Change]:
    one, other = _layers(a), _layers(b)
    title = _title(sides, a)

    def change(code: str, what: str, before: str, after: str, more: str = "") -> Change:
        said = f"{what}: {before} → {after}{more}"
        return Change(code, title, said, before, after, one, other)

    if a.shape != b.shape:
        yield change("SHAPE", "shape", shape_times(a.shape), shape_times(b.shape), _parts(a, b))
    if a.dtype != b.dtype:
        yield change("DTYPE", "type", a.dtype or "not known", b.dtype or "not known")
    if a.trainable != b.trainable:
        yield change("TRAINABLE", "trainable", _yes(a.trainable), _yes(b.trainable))
    if a.role != b.role:
        yield change("ROLE", "role", clean(a.role), clean(b.role))
    if {sides.b_of.get(id_, id_) for id_ in a.layers} != set(b.layers) and a.layers:
        yield change("SHARING", "layers that share it", *_sharers(sides, a, b))
    if _manner(sides, a, of_a=True) != _manner(sides, b, of_a=False):
        before, after = _words(sides.a, a), _words(sides.b, b)
        if before == after:
            before, after = _words(sides.a, a, named=True), _words(sides.b, b, named=True)
        yield change("USES", "used", before, after)


def _title(sides: Sides, a: Variable) -> str:
    """What it is to its layer, "kernel of Layer 0", if that has one only; else its name."""
    home = next((id_ for id_ in a.layers if id_ in sides.b_of), None)
    if home is None or sum(v.role == a.role for v in sides.held[0][home]) > 1:
        return clean(a.name)
    return f"{clean(a.role)} of {sides.title(home, sides.b_of[home])}"


def _alone(variable: Variable, code: str, where: str) -> Change:
    about = f"{clean(variable.role)}, {shape_times(variable.shape)}"
    if variable.parameters is not None:
        about += f", {number(variable.parameters)} parameters"
    removed = code == "WEIGHT_REMOVED"
    return Change(
        code,
        clean(variable.name),
        f"{where}: {about}",
        before=about if removed else "",
        after="" if removed else about,
        a_layer=_layers(variable) if removed else "",
        b_layer="" if removed else _layers(variable),
    )


def _layers(variable: Variable) -> str:
    return variable.layers[0] if variable.layers else ""


def _parts(a: Variable, b: Variable) -> str:
    """Which parts of it have another size: "(input 26 → 52)"."""
    before = {(x.dimension, x.name): x.stop - x.start for x in a.blocks}
    after = {(x.dimension, x.name): x.stop - x.start for x in b.blocks}
    grown = [
        f"{clean(key[1])} {size} → {after[key]}"
        for key, size in before.items()
        if after.get(key, size) != size
    ]
    return f" ({listed(grown)})" if grown else ""


def _yes(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"


def _sharers(sides: Sides, a: Variable, b: Variable) -> tuple[str, str]:
    return _joined(sides.titles_a, a.layers), _joined(sides.titles_b, b.layers)


def _joined(titles: dict[str, str], layers: Iterable[str]) -> str:
    return listed(titles.get(id_, clean(id_)) for id_ in layers) or "none"


def _manner(sides: Sides, variable: Variable, *, of_a: bool) -> set[tuple[object, ...]]:
    """How a variable is used, comparable over both sides: a use to the end is one, however long."""
    axes = {axis.id: axis for axis in (sides.a if of_a else sides.b).axes}
    b_axis = {one.id: other.id for one, other in sides.axes}
    found: set[tuple[object, ...]] = set()
    for use in variable.uses:
        layer = sides.b_of.get(use.layer, use.layer) if of_a else use.layer
        axis = b_axis.get(use.axis, use.axis) if of_a else use.axis
        found.add((layer, axis, use.start, _stop(axes.get(use.axis), use), use.stride, use.reads))
    return found


def _stop(axis: Axis | None, use: Use) -> object:
    """Where a use ends, counted from the end of its axis where both are known."""
    length = axis.length if axis else None
    if use.stop is None or use.stop == length:
        return "end"
    return use.stop if length is None else ("before the end", length - use.stop)


def _words(timeline: Timeline, variable: Variable, *, named: bool = False) -> str:
    labels = {axis.id: clean(axis.label or axis.id) for axis in timeline.axes}
    said = []
    for use in variable.uses:
        when = interval(use)
        times = f" × {use.reads}" if use.reads > 1 else ""
        where = f" on {labels.get(use.axis, clean(use.axis))}" if named and use.axis else ""
        said.append(f"{'timesteps ' if use.axis else ''}{when}{times}{where}")
    return listed(dict.fromkeys(said)) or "nowhere"
