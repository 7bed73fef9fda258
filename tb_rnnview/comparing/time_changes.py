"""What has become of time: how long its axes are, how they are written, what runs inside what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tb_rnnview.comparing.comparison import Change
from tb_rnnview.comparing.sides import Sides
from tb_rnnview.timeline import Axis, Encoding, Timeline
from tb_rnnview.views.lengths import axis_title, length_words

_WRITTEN = {
    Encoding.WHILE_FRAME: "a while loop",
    Encoding.WHILE_OP: "a While operation",
    Encoding.UNROLLED: "a copy of the step per timestep",
    Encoding.FUSED_OP: "one fused operation",
    Encoding.CONFIG: "a configuration",
    Encoding.UNSPECIFIED: "not known",
}


def time_changes(sides: Sides) -> Iterator[Change]:
    """Every difference of the time axes that are there on both sides, and those that are not."""
    axes_a, axes_b = _axes(sides.a), _axes(sides.b)
    b_of = {one.id: other.id for one, other in sides.axes}
    for one, other in sides.axes:
        yield from _of_pair(_title(sides.a, one), one, other, axes_a, axes_b)
        outer = other.parent if other.parent in axes_b else None
        if b_of.get(one.parent) != outer and (one.parent in axes_a or outer is not None):
            before, after = _inside(axes_a, one), _inside(axes_b, other)
            title = _title(sides.a, one)
            yield Change("NESTING", title, f"runs: {before} → {after}", before, after)
    met_a = {one.id for one, _ in sides.axes}
    met_b = {other.id for _, other in sides.axes}
    for axis in sides.a.axes:
        if axis.id not in met_a:
            words = length_words(axes_a, axis)
            title = _title(sides.a, axis)
            yield Change("AXIS_REMOVED", title, f"only in A: {words}", before=words)
    for axis in sides.b.axes:
        if axis.id not in met_b:
            words = length_words(axes_b, axis)
            title = _title(sides.b, axis)
            yield Change("AXIS_ADDED", title, f"only in B: {words}", after=words)


def _of_pair(
    title: str, one: Axis, other: Axis, axes_a: Mapping[str, Axis], axes_b: Mapping[str, Axis]
) -> Iterator[Change]:
    before, after = length_words(axes_a, one), length_words(axes_b, other)
    if (one.length, one.length_is_bound) != (other.length, other.length_is_bound):
        yield Change("LENGTH", title, f"{before} → {after}", before, after)
    if one.encoding is not other.encoding:
        before, after = _WRITTEN[one.encoding], _WRITTEN[other.encoding]
        yield Change("ENCODING", title, f"written as: {before} → {after}", before, after)


def _axes(timeline: Timeline) -> Mapping[str, Axis]:
    return {axis.id: axis for axis in timeline.axes}


def _title(timeline: Timeline, axis: Axis) -> str:
    if len(timeline.axes) == 1:
        return "Time"
    return f"Time axis {axis_title(axis)}"


def _inside(axes: Mapping[str, Axis], axis: Axis) -> str:
    parent = axes.get(axis.parent)
    return f"at each timestep of {axis_title(parent)}" if parent else "by itself"
