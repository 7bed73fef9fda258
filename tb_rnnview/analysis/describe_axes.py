"""The time axes of the timeline: what they are called, how long they are, and who says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tb_rnnview.analysis.axes import TimeAxis
from tb_rnnview.analysis.fused_loop import is_fused
from tb_rnnview.analysis.given_lengths import KnownLength, given_steps
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.naming import distinct, loop_scope, shortened
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.graph.lower_dataset_loop import REDUCTIONS
from tb_rnnview.graph.lower_loop import LOOPS
from tb_rnnview.timeline import Axis, Encoding, Kind, LengthSource

# What TensorFlow calls a loop that stands in no scope.
_LOOP = re.compile(r"^while(?=_\d+$|$)")


def _axes_in_order(found: Analysis) -> list[TimeAxis]:
    """The axes on which some layer is applied, and those around them, by data flow.

    Recurrences set the order: an embedding may run on several axes before the first of them does.
    """
    order: list[TimeAxis] = []

    def add(axis: TimeAxis) -> None:
        if axis.parent is not None:
            add(axis.parent)
        if axis not in order:
            order.append(axis)

    for layer in sorted(found.layers, key=lambda x: x.kind is not Kind.RECURRENT):
        for axis in layer.axes:
            if axis is not None:
                add(axis)
    for i, axis in enumerate(order):
        axis.id = f"axis{i}"
    place = {id(axis): i for i, axis in enumerate(order)}
    for layer in found.layers:
        # One layer at several places: in the order of the axes that it runs on.
        ranks = [len(order) if axis is None else place[id(axis)] for axis in layer.axes]
        layer.arrange(sorted(range(len(ranks)), key=ranks.__getitem__))
    return order


def describe_axes(found: Analysis, lengths: Mapping[str, int]) -> list[Axis]:
    """The axes on which some layer runs, by data flow.

    Args:
        found: what the passes found; the layers have their names already.
        lengths: timesteps given by the user, by axis id or label.

    Raises:
        SourceError: a length is given for an axis that is not there, or contradicts the graph.
    """
    used = _axes_in_order(found)
    labels = _labels(found, used)
    known = [_known_length(found, axis) for axis in used]
    given = given_steps([axis.id for axis in used], labels, known, lengths)
    axes = []
    for axis, label, length in zip(used, labels, known, strict=True):
        axis.label = label
        length = length.given(given.get(axis.id))
        axes.append(
            Axis(
                id=axis.id,
                label=label,
                length=length.steps,
                length_is_bound=length.is_bound,
                length_source=length.source,
                reason=length.reason,
                encoding=_encoding(found, axis),
                parent=axis.parent.id if axis.parent is not None else "",
            )
        )
    return axes


def _encoding(found: Analysis, axis: TimeAxis) -> Encoding:
    """How the loop of the first recurrence on an axis is written; else the first one's."""
    loop = next(_recurring(found, axis), axis.loops[0])
    name = found.frames.name[loop.frame]
    if axis.is_unrolled or name in found.graph.rolled:
        return Encoding.UNROLLED
    if is_fused(found.graph, loop):
        return Encoding.FUSED_OP
    # A frame that took a functional loop's place has the name of that node.
    node = found.graph.index.get(name)
    functional = node is not None and found.graph.nodes[node].op in (*LOOPS, *REDUCTIONS)
    return Encoding.WHILE_OP if functional else Encoding.WHILE_FRAME


def _recurring(found: Analysis, axis: TimeAxis) -> Iterator[Loop]:
    """The loops on an axis in which layers recur, by data flow."""
    for layer in found.layers:
        if layer.kind is Kind.RECURRENT:
            for place, instance in zip(layer.axes, layer.instances, strict=True):
                if place is axis and instance.loop is not None:
                    yield _outermost(found, axis, instance.loop)


def _outermost(found: Analysis, axis: TimeAxis, loop: Loop) -> Loop:
    """The loop itself, or the one around that runs it, a loop of one step, at each timestep."""
    on_axis = {other.frame: other for other in axis.loops}
    frame = loop.frame
    while frame:
        loop = on_axis.get(frame, loop)
        frame = found.frames.parent[frame]
    return loop


def _known_length(found: Analysis, axis: TimeAxis) -> KnownLength:
    """What the graph says of an axis, and where it leaves it open, the example inputs."""
    length = axis.length
    if length.steps is not None:
        if found.source.is_example:
            source, reason = LengthSource.OBSERVED, found.source.fed_from
        else:
            source, reason = LengthSource.STATIC, length.reason
        return KnownLength(length.steps, reason, source, length.is_bound)
    seen = [found.observed[x.frame] for x in axis.loops if x.frame in found.observed]
    observed = next((x for x in seen if x.steps is not None), None)
    if observed is not None:
        source, reason = LengthSource.OBSERVED, found.source.fed_from
        return KnownLength(observed.steps, reason, source, observed.is_bound)
    return KnownLength(None, length.reason, LengthSource.UNKNOWN, length.is_bound)


def _labels(found: Analysis, used: list[TimeAxis]) -> list[str]:
    """What to call the axes: what the program calls the first recurrence on each, or its loop."""
    if len(used) == 1:
        return ["time"]
    names = [_first_recurrence(found, axis) for axis in used]
    outer = [name.partition("/")[0] for name in names]
    whole = {first: {n for n, o in zip(names, outer, strict=True) if o == first} for first in outer}
    scopes = [loop_scope(found.frames.name[axis.loops[0].frame]) for axis in used]
    short = [_LOOP.sub("loop", name) for name in shortened(scopes)]
    return distinct(
        [
            (first if len(whole[first]) == 1 else name) or scope
            for first, name, scope in zip(outer, names, short, strict=True)
        ]
    )


def _first_recurrence(found: Analysis, axis: TimeAxis) -> str:
    """The name that the program's own objects give the first recurrent layer on an axis."""
    for layer in found.layers:
        if layer.kind is Kind.RECURRENT and axis in layer.axes and layer.held:
            return layer.name
    return ""
