"""The shapes of what operations take out of a tensor: splits, slices, look-ups."""

from __future__ import annotations

from tb_rnnview.analysis.known import Number, Unknown, Value, combine, dimension, first, whole
from tb_rnnview.analysis.questions import Output, Rule, Rules
from tb_rnnview.analysis.shapes_of_layout import unknown_of
from tb_rnnview.analysis.windows import window_length

RULES = Rules()


@RULES.asking("Split")
def _split(output: Output) -> Rule:
    shape = yield output.shape(1)
    axis = whole((yield output.value(0)))
    at = dimension(axis, len(shape)) if shape and axis is not None else None
    if at is None:
        return None
    count, size = output.number("num_split", 1), shape[at]
    part = size // count if isinstance(size, int) and count > 0 else Unknown()
    return (*shape[:at], part, *shape[at + 1 :])


@RULES.asking("SplitV")
def _split_by_sizes(output: Output) -> Rule:
    shape = yield output.shape(0)
    axis = whole((yield output.value(2)))
    at = dimension(axis, len(shape)) if shape and axis is not None else None
    if at is None:
        return None
    sizes = yield output.value(1)
    return (*shape[:at], _part(shape[at], sizes, output.port), *shape[at + 1 :])


def _part(size: Number, sizes: Value | None, port: int) -> Number:
    if sizes is None or port >= len(sizes.items):
        return Unknown()
    if sizes.items[port] != -1:
        return sizes.items[port]
    rest = [s for i, s in enumerate(sizes.items) if i != port]
    known = [s for s in rest if isinstance(s, int)]
    if isinstance(size, int) and len(known) == len(rest):
        return size - sum(known)
    return Unknown()


@RULES.asking("Gather", "GatherV2", "ResourceGather")
def _gather(output: Output) -> Rule:
    table = yield output.shape(0)
    ids = yield output.shape(1)
    axis: int | None = 0
    if output.op == "GatherV2":
        axis = whole((yield output.value(2)))
    at = None if table is None or axis is None else dimension(axis, len(table))
    if at is None or ids is None:
        return None
    return (*table[:at], *ids, *table[at + 1 :])


@RULES.asking("OneHot")
def _one_hot(output: Output) -> Rule:
    ids = yield output.shape(0)
    depth = first((yield output.value(1)))
    at = None if ids is None else dimension(output.number("axis", -1), len(ids) + 1)
    return None if at is None else (*ids[:at], depth, *ids[at:])


@RULES.asking("StridedSlice")
def _strided_slice(output: Output) -> Rule:
    shape = yield output.shape(0)
    begin = yield output.value(1)
    end = yield output.value(2)
    strides = yield output.value(3)
    if shape is None or strides is None:
        return None
    count = len(strides.items)
    masks = {
        name: output.number(f"{name}_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    out: list[Number] = []
    at = 0
    for i in range(count):
        if masks["ellipsis"] >> i & 1:
            later = sum(1 for j in range(i + 1, count) if not masks["new_axis"] >> j & 1)
            kept = max(at, len(shape) - later)
            out.extend(shape[at:kept])
            at = kept
            continue
        if masks["new_axis"] >> i & 1:
            out.append(1)
            continue
        if at >= len(shape):
            return None
        if not masks["shrink_axis"] >> i & 1:
            first = None if masks["begin"] >> i & 1 else _item(begin, i)
            last = None if masks["end"] >> i & 1 else _item(end, i)
            if isinstance(first, Unknown) and isinstance(last, Unknown) and strides.items[i] == 1:
                places = output.inputs[1], output.inputs[2]
                out.append(window_length(output.graph, *places, i, shape[at]))
            else:
                out.append(_slice_length(shape[at], first, last, strides.items[i]))
        at += 1
    return (*out, *shape[at:])


def _item(value: Value | None, i: int) -> Number:
    return Unknown() if value is None or i >= len(value.items) else value.items[i]


def _slice_length(size: Number, begin: Number | None, end: Number | None, step: Number) -> Number:
    if not isinstance(step, int) or step == 0:
        return Unknown()
    if begin is None and end is None and abs(step) == 1:
        return size
    if isinstance(begin, Unknown) or isinstance(end, Unknown):
        return Unknown()
    if begin in (None, 0) and step == 1 and isinstance(size, Unknown):
        return size if end is None else Unknown(size.reason, computed=True)
    if not isinstance(size, int):
        return Unknown(size.reason, computed=True)
    return len(range(*slice(begin, end, step).indices(size)))


@RULES.asking("Slice")
def _slice(output: Output) -> Rule:
    shape = yield output.shape(0)
    begin = yield output.value(1)
    size = yield output.value(2)
    if size is None:
        return unknown_of(shape)
    out: list[Number] = []
    for i, wanted in enumerate(size.items):
        if wanted != -1:
            out.append(wanted)
        elif shape is not None and begin is not None and i < min(len(shape), len(begin.items)):
            out.append(combine(lambda a, b: a - b, shape[i], begin.items[i]))
        else:
            out.append(Unknown())
    return tuple(out)
