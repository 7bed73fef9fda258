"""The elements of small integer tensors that are built, moved or taken apart."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of
from tb_rnnview.analysis.known import (
    MAX_ITEMS,
    Number,
    ShapeOf,
    Value,
    constant,
    from_data,
    product,
    steps_between,
    whole,
)
from tb_rnnview.analysis.questions import Output, Rule, Rules
from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, SWITCH

RULES = Rules()


@RULES.stating("Const")
def _const(output: Output) -> Value | None:
    return constant(output.graph, output.node)


@RULES.asking("Identity", "Cast", "Snapshot", "StopGradient", *ENTER, *SWITCH, *EXIT)
def _same(output: Output) -> Rule:
    return (yield output.value(0))


@RULES.asking("IdentityN")
def _each(output: Output) -> Rule:
    return (yield output.value(output.port)) if output.port < len(output.inputs) else None


@RULES.asking(*MERGE)
def _merge(output: Output) -> Rule:
    if output.port != 0 or output.node in output.graph.loop_merges:
        return None  # it changes from step to step
    values = []
    for source in output.inputs:
        values.append((yield "value", source))
    return values[0] if values and all(x == values[0] for x in values) else None


def _as_vector(shape: ShapeOf) -> Value | None:
    if shape is None or len(shape) > MAX_ITEMS:
        return None
    return Value(1, shape)


@RULES.asking("Shape", "ShapeN")
def _shape(output: Output) -> Rule:
    if output.port >= len(output.inputs):
        return None
    return _as_vector((yield output.shape(output.port)))


@RULES.asking("Size")
def _size(output: Output) -> Rule:
    shape = yield output.shape(0)
    return None if shape is None else Value(0, (product(shape),))


@RULES.asking("Rank")
def _rank(output: Output) -> Rule:
    shape = yield output.shape(0)
    return None if shape is None else Value(0, (len(shape),))


@RULES.asking("Pack")
def _pack(output: Output) -> Rule:
    items: list[Number] = []
    if len(output.inputs) > MAX_ITEMS:
        return None
    for source in output.inputs:
        value = yield "value", source
        if value is not None and value.rank != 0:
            return None
        items.append(value.items[0] if value is not None else from_data(output.graph, source[0]))
    return Value(1, tuple(items))


@RULES.asking("ConcatV2")
def _concat(output: Output) -> Rule:
    items: list[Number] = []
    for source in output.inputs[:-1]:
        value = yield "value", source
        if value is not None:
            items.extend(value.items)
        else:
            shape = yield "shape", source
            if not shape or not isinstance(shape[0], int) or shape[0] > MAX_ITEMS:
                return None
            items.extend(from_data(output.graph, source[0]) for _ in range(shape[0]))
        if len(items) > MAX_ITEMS:
            return None
    return Value(1, tuple(items))


@RULES.asking("ExpandDims", "Squeeze", "Reshape")
def _reranked(output: Output) -> Rule:
    value = yield output.value(0)
    if value is None:
        return None
    shape = yield "shape", (output.node, output.port)
    if shape is None or len(shape) > 1 or (not shape and len(value.items) != 1):
        return None
    return Value(len(shape), value.items)


@RULES.asking("StridedSlice")
def _strided_slice(output: Output) -> Rule:
    value = yield output.value(0)
    bounds: list[Value | None] = []
    for slot in (1, 2, 3):
        bounds.append((yield output.value(slot)))
    if value is None or value.rank != 1 or any(b is None or len(b.items) != 1 for b in bounds):
        return None
    if output.number("ellipsis_mask") or output.number("new_axis_mask"):
        return None
    begin, end, step = map(whole, bounds)
    if begin is None or not step:
        return None
    if output.number("shrink_axis_mask"):
        if not -len(value.items) <= begin < len(value.items):
            return None
        return Value(0, (value.items[begin],))
    if end is None:
        return None
    first = None if output.number("begin_mask") else begin
    last = None if output.number("end_mask") else end
    return Value(1, value.items[slice(first, last, step)])


@RULES.asking("Slice")
def _slice(output: Output) -> Rule:
    value = yield output.value(0)
    first = whole((yield output.value(1)))
    count = whole((yield output.value(2)))
    if value is None or value.rank != 1 or first is None or count is None:
        return None
    if first < 0 or count < -1:
        return None
    return Value(1, value.items[first : len(value.items) if count == -1 else first + count])


@RULES.asking("Gather", "GatherV2")
def _gather(output: Output) -> Rule:
    value = yield output.value(0)
    index = yield output.value(1)
    if value is None or index is None or value.rank != 1:
        return None
    places = [i for i in index.items if isinstance(i, int) and 0 <= i < len(value.items)]
    if len(places) < len(index.items):
        return None
    return Value(index.rank, tuple(value.items[i] for i in places))


@RULES.asking("Range")
def _range(output: Output) -> Rule:
    start = whole((yield output.value(0)))
    limit = whole((yield output.value(1)))
    step = whole((yield output.value(2)))
    if start is None or limit is None or not step:
        return None
    if steps_between(start, limit, step) > MAX_ITEMS:
        return None
    return Value(1, tuple(range(start, limit, step)))


@RULES.asking("Fill")
def _fill(output: Output) -> Rule:
    shape = yield output.value(0)
    value = yield output.value(1)
    if shape is None or value is None or len(shape.items) > 1 or len(value.items) != 1:
        return None
    count = shape.items[0] if shape.items else 1
    if not isinstance(count, int) or not 0 <= count <= MAX_ITEMS:
        return None
    return Value(len(shape.items), value.items * count)


@RULES.asking(*ops.ARRAY_SIZES)
def _array_size(output: Output) -> Rule:
    array = array_of(output.graph, output.node)
    filled = output.graph.input(array, ops.LIST_FILLED_FROM.get(output.graph.op(array), -1))
    if filled is not None:
        shape = yield "shape", filled
        return Value(0, (shape[0],)) if shape else None
    slot = 1 if output.graph.op(array) == "TensorListReserve" else 0
    size = output.graph.input(array, slot)
    if size is None or output.graph.op(array) == "EmptyTensorList":
        return None  # it grows as it is written to
    return (yield "value", size)
