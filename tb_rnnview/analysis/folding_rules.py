"""How each operation's output shape and value follow from its inputs.

A rule asks by ``yield ("shape" | "value", tensor)`` and returns what it knows. Only operations
that really stand between a placeholder and a sequence length, a state's size or a block of a
kernel are here; any other answers "not known".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.values import (
    MAX_ITEMS,
    Number,
    Rule,
    ShapeOf,
    Unknown,
    Value,
    Values,
    constant,
)
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.frames import ENTER, EXIT, MERGE, NEXT, SWITCH

RuleOf = Callable[[Values, int, int], Rule]
SHAPE_RULES: dict[str, RuleOf] = {}
VALUE_RULES: dict[str, RuleOf] = {}


def _shape_of(*names: str) -> Callable[[RuleOf], RuleOf]:
    def register(rule: RuleOf) -> RuleOf:
        SHAPE_RULES.update(dict.fromkeys(names, rule))
        return rule

    return register


def _value_of(*names: str) -> Callable[[RuleOf], RuleOf]:
    def register(rule: RuleOf) -> RuleOf:
        VALUE_RULES.update(dict.fromkeys(names, rule))
        return rule

    return register


def _in(v: Values, node: int, slot: int) -> Tensor:
    """The tensor at a slot; slots count from the end if negative."""
    inputs = v.graph.inputs(node)
    return inputs[slot]


def _int_attr(v: Values, node: int, name: str, default: int = 0) -> int:
    attr = v.graph.attr(node, name)
    return default if attr is None else int(attr.i)


def _product(numbers: tuple[Number, ...] | list[Number]) -> Number:
    if 0 in numbers:
        return 0
    for n in numbers:
        if isinstance(n, Unknown):
            return n
    return math.prod(n for n in numbers if isinstance(n, int))


def _combine(fn: Callable[[int, int], int], a: Number, b: Number) -> Number:
    if isinstance(a, Unknown):
        return Unknown(a.reason)
    if isinstance(b, Unknown):
        return Unknown(b.reason)
    try:
        return fn(a, b)
    except ZeroDivisionError:
        return Unknown("a division by zero")


# --- shapes -------------------------------------------------------------------------------------


@_shape_of("Placeholder", "PlaceholderV2", "PlaceholderWithDefault", *ops.VARIABLES)
def _declared(v: Values, node: int, port: int) -> Rule:
    shape = v.graph.attr(node, "shape")
    if shape is None:
        return None
    found = v.from_proto(shape.shape, node)
    # Old producers wrote "no shape" for "any shape".
    if found == () and v.graph.op(node) == "Placeholder":
        versions = v.graph.attr(node, "_output_shapes")
        if versions is not None:
            return None
    return found
    yield


@_shape_of("Const")
def _const(v: Values, node: int, port: int) -> Rule:
    return v.from_proto(v.graph.attr(node, "value").tensor.tensor_shape, node)
    yield


@_shape_of(
    *(ops.ELEMENTWISE_UNARY - {"BiasAdd"}),
    "ReverseV2",
    "Reverse",
    "ReverseSequence",
    "BiasAdd",
    "BiasAddV1",
    "FusedBatchNorm",
    "FusedBatchNormV2",
    "FusedBatchNormV3",
    "LRN",
    "Assign",
    "IdentityN",
    *ENTER,
    *NEXT,
    *SWITCH,
)
def _same(v: Values, node: int, port: int) -> Rule:
    if v.graph.op(node) == "IdentityN":
        return (yield ("shape", _in(v, node, port)))
    if port > 0 and v.graph.op(node) not in SWITCH:
        return None
    return (yield ("shape", _in(v, node, 0)))


@_shape_of("ReadVariableOp")
def _read(v: Values, node: int, port: int) -> Rule:
    return (yield ("shape", _in(v, node, 0)))


@_shape_of(*EXIT)
def _exit(v: Values, node: int, port: int) -> Rule:
    return (yield ("shape", _in(v, node, 0)))


@_shape_of(*MERGE)
def _merge(v: Values, node: int, port: int) -> Rule:
    if port != 0:
        return ()
    shapes = []
    for source in v.graph.inputs(node):
        if v.graph.op(source[0]) in NEXT:
            continue  # a loop keeps its shape, or the first step tells it
        shapes.append((yield ("shape", source)))
    known = [s for s in shapes if s is not None]
    if not known or len(known) < len(shapes) or len({len(s) for s in known}) > 1:
        return known[0] if len(shapes) == 1 and known else None
    return tuple(
        column[0] if len(set(column)) == 1 else Unknown("it depends on a condition")
        for column in zip(*known, strict=True)
    )


def _broadcast(shapes: list[ShapeOf]) -> ShapeOf:
    if any(s is None for s in shapes):
        return None
    known = [s for s in shapes if s is not None]
    rank = max(len(s) for s in known)
    out: list[Number] = []
    for i in range(rank):
        column = [s[i - rank + len(s)] for s in known if i - rank + len(s) >= 0]
        sizes = [d for d in column if isinstance(d, int) and d != 1]
        unknown = [d for d in column if isinstance(d, Unknown)]
        out.append(sizes[0] if sizes else unknown[0] if unknown else 1)
    return tuple(out)


@_shape_of(*(ops.ELEMENTWISE_BINARY - {"BiasAdd", "BiasAddV1"}), "AddN", "SelectV2")
def _elementwise(v: Values, node: int, port: int) -> Rule:
    shapes = []
    for source in v.graph.inputs(node):
        shapes.append((yield ("shape", source)))
    if v.graph.op(node) == "AddN":
        return next((s for s in shapes if s is not None), None)
    return _broadcast(shapes)


@_shape_of("Select", "ClipByValue")
def _select(v: Values, node: int, port: int) -> Rule:
    if v.graph.op(node) == "ClipByValue":
        return (yield ("shape", _in(v, node, 0)))
    first = yield ("shape", _in(v, node, 1))
    if first is not None:
        return first
    return (yield ("shape", _in(v, node, 2)))


@_shape_of("MatMul", "SparseMatMul")
def _matmul(v: Values, node: int, port: int) -> Rule:
    a = yield ("shape", _in(v, node, 0))
    b = yield ("shape", _in(v, node, 1))
    ta, tb = v.graph.attr(node, "transpose_a"), v.graph.attr(node, "transpose_b")
    rows: Number = Unknown()
    columns: Number = Unknown()
    if a is not None and len(a) == 2:
        rows = a[1] if ta is not None and ta.b else a[0]
    if b is not None and len(b) == 2:
        columns = b[0] if tb is not None and tb.b else b[1]
    return (rows, columns)


@_shape_of("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul(v: Values, node: int, port: int) -> Rule:
    a = yield ("shape", _in(v, node, 0))
    b = yield ("shape", _in(v, node, 1))
    if a is None or b is None or len(a) < 2 or len(b) < 2:
        return None
    adj_x, adj_y = v.graph.attr(node, "adj_x"), v.graph.attr(node, "adj_y")
    batch = _broadcast([a[:-2], b[:-2]])
    if batch is None:
        return None
    rows = a[-1] if adj_x is not None and adj_x.b else a[-2]
    columns = b[-2] if adj_y is not None and adj_y.b else b[-1]
    return (*batch, rows, columns)


@_shape_of("Reshape")
def _reshape(v: Values, node: int, port: int) -> Rule:
    target = yield ("value", _in(v, node, 1))
    if target is None:
        size = yield ("shape", _in(v, node, 1))
        if size is not None and len(size) == 1 and isinstance(size[0], int):
            return tuple(Unknown() for _ in range(size[0]))
        return None
    items = list(target.items)
    if -1 in items:
        at = items.index(-1)
        source = yield ("shape", _in(v, node, 0))
        items[at] = Unknown()
        if source is not None:
            rest = items[:at] + items[at + 1 :]
            # An open dimension that stands on both sides cancels out.
            left = [d for d in source if isinstance(d, int) or d not in rest]
            right = [d for d in rest if isinstance(d, int) or d not in source]
            total, known = _product(left), _product(right)
            if isinstance(total, int) and isinstance(known, int):
                items[at] = total // known if known else Unknown()
            elif known == 1 and len(left) == 1:
                items[at] = left[0]
            elif isinstance(known, int) and len(
                unknown := [d for d in left if isinstance(d, Unknown)]
            ):
                others = _product([d for d in left if isinstance(d, int)])
                items[at] = unknown[0] if others == known and len(unknown) == 1 else Unknown()
    return tuple(items)


@_shape_of("Transpose", "ConjugateTranspose")
def _transpose(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    order = yield ("value", _in(v, node, 1))
    if shape is None:
        return None
    if order is None or any(not isinstance(i, int) or i >= len(shape) for i in order.items):
        return tuple(Unknown() for _ in shape)
    return tuple(shape[i] for i in order.items if isinstance(i, int))


@_shape_of("ExpandDims")
def _expand_dims(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    axis = yield ("value", _in(v, node, 1))
    if shape is None or axis is None or not isinstance(axis.items[0], int):
        return None
    at = axis.items[0] % (len(shape) + 1)
    return (*shape[:at], 1, *shape[at:])


@_shape_of("Squeeze")
def _squeeze(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    if shape is None:
        return None
    attr = v.graph.attr(node, "squeeze_dims")
    dims = [d % len(shape) for d in attr.list.i] if attr is not None and shape else []
    if dims:
        return tuple(d for i, d in enumerate(shape) if i not in dims)
    if any(isinstance(d, Unknown) for d in shape):
        return None
    return tuple(d for d in shape if d != 1)


@_shape_of("ConcatV2", "Concat")
def _concat(v: Values, node: int, port: int) -> Rule:
    inputs = v.graph.inputs(node)
    axis_first = v.graph.op(node) == "Concat"
    axis = yield ("value", inputs[0 if axis_first else -1])
    shapes = []
    for source in inputs[1:] if axis_first else inputs[:-1]:
        shapes.append((yield ("shape", source)))
    known = [s for s in shapes if s is not None]
    if not known:
        return None
    rank = len(known[0])
    if axis is None or not isinstance(axis.items[0], int) or rank == 0:
        return tuple(Unknown() for _ in known[0])
    at = axis.items[0] % rank
    out: list[Number] = []
    for i in range(rank):
        column = [s[i] for s in known]
        if i == at:
            parts = column if len(known) == len(shapes) else [Unknown()]
            bad = next((d for d in parts if isinstance(d, Unknown)), None)
            out.append(bad if bad is not None else sum(d for d in parts if isinstance(d, int)))
        else:
            out.append(next((d for d in column if isinstance(d, int)), column[0]))
    return tuple(out)


@_shape_of("Pack")
def _pack(v: Values, node: int, port: int) -> Rule:
    inputs = v.graph.inputs(node)
    shape = yield ("shape", inputs[0])
    if shape is None:
        return None
    at = _int_attr(v, node, "axis") % (len(shape) + 1)
    return (*shape[:at], len(inputs), *shape[at:])


@_shape_of("Unpack")
def _unpack(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    if not shape:
        return None
    at = _int_attr(v, node, "axis") % len(shape)
    return (*shape[:at], *shape[at + 1 :])


@_shape_of("Split", "SplitV")
def _split(v: Values, node: int, port: int) -> Rule:
    plain = v.graph.op(node) == "Split"
    shape = yield ("shape", _in(v, node, 1 if plain else 0))
    axis = yield ("value", _in(v, node, 0 if plain else 2))
    if not shape or axis is None or not isinstance(axis.items[0], int):
        return None
    at = axis.items[0] % len(shape)
    count = _int_attr(v, node, "num_split", 1)
    size = shape[at]
    part: Number = size // count if plain and isinstance(size, int) else Unknown()
    if not plain:
        sizes = yield ("value", _in(v, node, 1))
        if sizes is not None and port < len(sizes.items):
            part = sizes.items[port]
            if part == -1:
                rest = [s for i, s in enumerate(sizes.items) if i != port]
                known = [s for s in rest if isinstance(s, int)]
                part = (
                    size - sum(known)
                    if isinstance(size, int) and len(known) == len(rest)
                    else Unknown()
                )
    return (*shape[:at], part, *shape[at + 1 :])


@_shape_of("Gather", "GatherV2", "ResourceGather")
def _gather(v: Values, node: int, port: int) -> Rule:
    table = yield ("shape", _in(v, node, 0))
    ids = yield ("shape", _in(v, node, 1))
    if table is None or ids is None:
        return None
    at = 0
    if v.graph.op(node) == "GatherV2":
        axis = yield ("value", _in(v, node, 2))
        if axis is None or not isinstance(axis.items[0], int) or not table:
            return None
        at = axis.items[0] % len(table)
    return (*table[:at], *ids, *table[at + 1 :])


@_shape_of("OneHot")
def _one_hot(v: Values, node: int, port: int) -> Rule:
    ids = yield ("shape", _in(v, node, 0))
    depth = yield ("value", _in(v, node, 1))
    if ids is None:
        return None
    at = _int_attr(v, node, "axis", -1) % (len(ids) + 1)
    return (*ids[:at], depth.items[0] if depth is not None else Unknown(), *ids[at:])


@_shape_of(
    "Fill",
    "RandomUniform",
    "RandomStandardNormal",
    "TruncatedNormal",
    "RandomUniformInt",
    "Empty",
    "Zeros",
    "BroadcastTo",
)
def _shape_given(v: Values, node: int, port: int) -> Rule:
    slot = 1 if v.graph.op(node) == "BroadcastTo" else 0
    shape = yield ("value", _in(v, node, slot))
    return None if shape is None else shape.items


@_shape_of("Tile")
def _tile(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    times = yield ("value", _in(v, node, 1))
    if shape is None:
        return None
    if times is None or len(times.items) != len(shape):
        return tuple(Unknown() for _ in shape)
    return tuple(
        n if d == 1 else d if n == 1 else _combine(lambda a, b: a * b, d, n)
        for d, n in zip(shape, times.items, strict=True)
    )


@_shape_of("Pad", "PadV2", "MirrorPad")
def _pad(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    return None if shape is None else tuple(Unknown() for _ in shape)


@_shape_of("Sum", "Mean", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin")
def _reduce(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    axes = yield ("value", _in(v, node, 1))
    if shape is None or axes is None:
        return None
    if any(not isinstance(a, int) for a in axes.items):
        return None
    keep = v.graph.attr(node, "keep_dims")
    at = {a % len(shape) for a in axes.items if isinstance(a, int)} if shape else set()
    if keep is not None and keep.b:
        return tuple(1 if i in at else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in at)


@_shape_of("StridedSlice")
def _strided_slice(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    begin = yield ("value", _in(v, node, 1))
    end = yield ("value", _in(v, node, 2))
    strides = yield ("value", _in(v, node, 3))
    if shape is None or strides is None:
        return None
    masks = {
        name: _int_attr(v, node, f"{name}_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    out: list[Number] = []
    at = 0
    count = len(strides.items)
    new_axes = sum(1 for i in range(count) if masks["new_axis"] >> i & 1)
    for i in range(count):
        if masks["ellipsis"] >> i & 1:
            later = count - i - 1
            later -= sum(1 for j in range(i + 1, count) if masks["new_axis"] >> j & 1)
            while len(shape) - at > later:
                out.append(shape[at])
                at += 1
            continue
        if masks["new_axis"] >> i & 1:
            out.append(1)
            continue
        if at >= len(shape):
            return None
        if not masks["shrink_axis"] >> i & 1:
            out.append(
                _slice_length(
                    shape[at],
                    None if masks["begin"] >> i & 1 else _item(begin, i),
                    None if masks["end"] >> i & 1 else _item(end, i),
                    strides.items[i],
                )
            )
        at += 1
    del new_axes
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
        return size if end is None else Unknown(size.reason)
    if not isinstance(size, int):
        return Unknown(size.reason)
    return len(range(*slice(begin, end, step).indices(size)))


@_shape_of("Slice")
def _slice(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    begin = yield ("value", _in(v, node, 1))
    size = yield ("value", _in(v, node, 2))
    if size is None:
        return None if shape is None else tuple(Unknown() for _ in shape)
    out: list[Number] = []
    for i, wanted in enumerate(size.items):
        if wanted != -1:
            out.append(wanted)
        elif shape is not None and begin is not None:
            out.append(_combine(lambda a, b: a - b, shape[i], begin.items[i]))
        else:
            out.append(Unknown())
    return tuple(out)


def _window(v: Values, node: int, size: Number, window: int, at: int) -> Number:
    if isinstance(size, Unknown):
        return Unknown(size.reason)
    strides = v.graph.attr(node, "strides")
    stride = strides.list.i[at] if strides is not None and len(strides.list.i) > at else 1
    dilations = v.graph.attr(node, "dilations")
    dilation = dilations.list.i[at] if dilations is not None and len(dilations.list.i) > at else 1
    padding = v.graph.attr(node, "padding").s
    if padding == b"SAME":
        return -(-size // stride)
    if padding == b"VALID":
        return max(0, -(-(size - (window - 1) * dilation) // stride))
    return Unknown()


@_shape_of(
    "Conv2D", "MaxPool", "AvgPool", "Conv3D", "MaxPool3D", "AvgPool3D", "DepthwiseConv2dNative"
)
def _windowed(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    if shape is None:
        return None
    layout = v.graph.attr(node, "data_format")
    channels_first = layout is not None and layout.s[:2] == b"NC"
    spatial = range(2, len(shape)) if channels_first else range(1, len(shape) - 1)
    channel_at = 1 if channels_first else len(shape) - 1
    op = v.graph.op(node)
    out = list(shape)
    if op.endswith(("Pool", "Pool3D")):
        sizes = list(v.graph.attr(node, "ksize").list.i)
        windows: list[Number] = [sizes[i] for i in spatial]
    else:
        kernel = yield ("shape", _in(v, node, 1))
        if kernel is None or len(kernel) != len(shape):
            return tuple(Unknown() for _ in shape)
        windows = list(kernel[: len(shape) - 2])
        out[channel_at] = kernel[-1]
        if op == "DepthwiseConv2dNative":
            out[channel_at] = _combine(lambda a, b: a * b, kernel[-1], kernel[-2])
    for window, i in zip(windows, spatial, strict=True):
        out[i] = _window(v, node, out[i], window, i) if isinstance(window, int) else Unknown()
    return tuple(out)


@_shape_of(*ops.ARRAY_STACKS)
def _array_stack(v: Values, node: int, port: int) -> Rule:
    if "Gather" not in v.graph.op(node):
        return None
    indices = yield ("shape", _in(v, node, 1))
    length: Number = indices[0] if indices else Unknown()
    attr = v.graph.attr(node, "element_shape")
    element = v.from_proto(attr.shape, node) if attr is not None else None
    if element is None:
        return None
    # Which element's dimensions are open says nothing about the sequence's length.
    return (length, *(Unknown() if isinstance(d, Unknown) else d for d in element))


@_shape_of(*ops.ARRAY_READS)
def _array_read(v: Values, node: int, port: int) -> Rule:
    array, _ = _array_of(v, node)
    filled = yield from _filled_with(v, array)
    return None if not filled else filled[1:]


@_shape_of("LSTMBlockCell", "GRUBlockCell", "GRUBlockCellV2")
def _fused_cell(v: Values, node: int, port: int) -> Rule:
    return (yield ("shape", _in(v, node, 1)))


@_shape_of("Shape", "ShapeN")
def _shape_shape(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, port))
    return (Unknown() if shape is None else len(shape),)


@_shape_of("Range")
def _range_shape(v: Values, node: int, port: int) -> Rule:
    bounds = []
    for slot in range(3):
        value = yield ("value", _in(v, node, slot))
        bounds.append(value.items[0] if value is not None else Unknown())
    start, limit, step = bounds
    if start == 0 and step == 1:
        return (limit,)
    if isinstance(start, int) and isinstance(limit, int) and isinstance(step, int) and step:
        return (len(range(start, limit, step)),)
    return (Unknown(),)


@_shape_of("Size", "Rank", "ArgMaxScalar", "LoopCond", *ops.TENSOR_ARRAYS, "TensorArraySizeV3")
def _scalar_shape(v: Values, node: int, port: int) -> Rule:
    return ()
    yield


def _array_of(v: Values, node: int) -> Tensor:
    """The array that an access names, through any loops around it."""
    tensor = _in(v, node, 0)
    while v.graph.op(tensor[0]) in (*ENTER, *SWITCH, "Identity"):
        tensor = _in(v, tensor[0], 0)
    return tensor


def _filled_with(v: Values, array: int) -> Rule:
    """The shape of the tensor that fills an array at once; its first dimension is time."""
    for port, to, _ in v.graph.consumers(array):
        if port == 0 and v.graph.op(to) in ops.ARRAY_FILLS:
            if "Scatter" in v.graph.op(to):
                return (yield ("shape", _in(v, to, 2)))
            if "Unpack" in v.graph.op(to):
                return (yield ("shape", _in(v, to, 1)))
    return None


# --- values -------------------------------------------------------------------------------------


@_value_of("Const")
def _const_value(v: Values, node: int, port: int) -> Rule:
    return constant(v.graph, node)
    yield


@_value_of("Identity", "Cast", "Snapshot", "StopGradient", *ENTER, *SWITCH, *EXIT)
def _same_value(v: Values, node: int, port: int) -> Rule:
    return (yield ("value", _in(v, node, 0)))


@_value_of(*MERGE)
def _merge_value(v: Values, node: int, port: int) -> Rule:
    if port != 0:
        return None
    values = []
    for source in v.graph.inputs(node):
        if v.graph.op(source[0]) in NEXT:
            return None  # it changes from step to step
        values.append((yield ("value", source)))
    return values[0] if values and all(x == values[0] for x in values) else None


def _as_vector(shape: ShapeOf) -> Value | None:
    if shape is None or len(shape) > MAX_ITEMS:
        return None
    return Value(1, shape)


@_value_of("Shape", "ShapeN")
def _shape_value(v: Values, node: int, port: int) -> Rule:
    return _as_vector((yield ("shape", _in(v, node, port))))


@_value_of("Size")
def _size_value(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    return None if shape is None else Value(0, (_product(shape),))


@_value_of("Rank")
def _rank_value(v: Values, node: int, port: int) -> Rule:
    shape = yield ("shape", _in(v, node, 0))
    return None if shape is None else Value(0, (len(shape),))


@_value_of("Pack")
def _pack_value(v: Values, node: int, port: int) -> Rule:
    items: list[Number] = []
    for source in v.graph.inputs(node):
        value = yield ("value", source)
        if value is not None and value.rank != 0:
            return None
        items.append(value.items[0] if value is not None else _from_data(v, source[0]))
    return Value(1, tuple(items))


def _from_data(v: Values, node: int) -> Unknown:
    return Unknown(f"{v.graph.names[node]!r} is computed from data")


@_value_of("ConcatV2")
def _concat_value(v: Values, node: int, port: int) -> Rule:
    items: list[Number] = []
    for source in v.graph.inputs(node)[:-1]:
        value = yield ("value", source)
        if value is not None:
            items.extend(value.items)
            continue
        shape = yield ("shape", source)
        if not shape or not isinstance(shape[0], int) or shape[0] > MAX_ITEMS:
            return None
        items.extend(_from_data(v, source[0]) for _ in range(shape[0]))
    return Value(1, tuple(items)) if len(items) <= MAX_ITEMS else None


@_value_of("ExpandDims", "Squeeze", "Reshape")
def _reranked_value(v: Values, node: int, port: int) -> Rule:
    value = yield ("value", _in(v, node, 0))
    if value is None:
        return None
    shape = yield ("shape", (node, port))
    if shape is None or len(shape) > 1:
        return None
    return Value(len(shape), value.items)


@_value_of("StridedSlice")
def _strided_slice_value(v: Values, node: int, port: int) -> Rule:
    value = yield ("value", _in(v, node, 0))
    bounds: list[Any] = []
    for slot in (1, 2, 3):
        bounds.append((yield ("value", _in(v, node, slot))))
    if value is None or value.rank != 1 or any(b is None or len(b.items) != 1 for b in bounds):
        return None
    begin, end, step = (b.items[0] for b in bounds)
    if _int_attr(v, node, "ellipsis_mask") or _int_attr(v, node, "new_axis_mask"):
        return None
    if not isinstance(begin, int) or not isinstance(step, int) or step == 0:
        return None
    if _int_attr(v, node, "shrink_axis_mask"):
        if not -len(value.items) <= begin < len(value.items):
            return None
        return Value(0, (value.items[begin],))
    if not isinstance(end, int):
        return None
    first = None if _int_attr(v, node, "begin_mask") else begin
    last = None if _int_attr(v, node, "end_mask") else end
    return Value(1, value.items[slice(first, last, step)])


@_value_of("Slice")
def _slice_value(v: Values, node: int, port: int) -> Rule:
    value = yield ("value", _in(v, node, 0))
    begin = yield ("value", _in(v, node, 1))
    size = yield ("value", _in(v, node, 2))
    if value is None or begin is None or size is None or value.rank != 1:
        return None
    first, count = begin.items[0], size.items[0]
    if not isinstance(first, int) or not isinstance(count, int):
        return None
    return Value(1, value.items[first : len(value.items) if count == -1 else first + count])


@_value_of("Gather", "GatherV2")
def _gather_value(v: Values, node: int, port: int) -> Rule:
    value = yield ("value", _in(v, node, 0))
    index = yield ("value", _in(v, node, 1))
    if value is None or index is None or value.rank != 1:
        return None
    if any(not isinstance(i, int) or i >= len(value.items) for i in index.items):
        return None
    return Value(index.rank, tuple(value.items[i] for i in index.items if isinstance(i, int)))


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "Add": lambda a, b: a + b,
    "AddV2": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "FloorDiv": lambda a, b: a // b,
    "FloorMod": lambda a, b: a % b,
    "Minimum": min,
    "Maximum": max,
}


@_value_of(*_ARITHMETIC)
def _arithmetic_value(v: Values, node: int, port: int) -> Rule:
    op = v.graph.op(node)
    left_in, right_in = _in(v, node, 0), _in(v, node, 1)
    left = yield ("value", left_in)
    right = yield ("value", right_in)
    if op == "Minimum" and (left is None) != (right is None):
        # Data may only make it smaller: what is known is a bound.
        known = left if left is not None else right
        source = right_in if left is not None else left_in
        if known.rank == 0:
            return Value(0, (_bounded(known.items[0], _from_data(v, source[0]).reason),))
        return None
    if left is None or right is None:
        return None
    count = max(len(left.items), len(right.items))
    if {len(left.items), len(right.items)} - {1, count}:
        return None
    a = left.items * (count if len(left.items) == 1 else 1)
    b = right.items * (count if len(right.items) == 1 else 1)
    return Value(
        max(left.rank, right.rank),
        tuple(_number(op, x, y) for x, y in zip(a, b, strict=True)),
    )


def _number(op: str, x: Number, y: Number) -> Number:
    if op == "Minimum":
        if x == y:
            return x
        for known, other in ((x, y), (y, x)):
            if isinstance(known, int) and isinstance(other, Unknown):
                return _bounded(known, other.reason)
    if op in ("Add", "AddV2", "Sub") and y == 0:
        return x
    if op in ("Mul", "FloorDiv") and y == 1:
        return x
    if op == "Mul" and x == 1:
        return y
    return _combine(_ARITHMETIC[op], x, y)


def _bounded(known: Number, reason: str) -> Number:
    if isinstance(known, int):
        return Unknown(reason, at_most=known)
    return known if known.reason else Unknown(reason)


@_value_of("Neg")
def _neg_value(v: Values, node: int, port: int) -> Rule:
    value = yield ("value", _in(v, node, 0))
    if value is None:
        return None
    return Value(value.rank, tuple(_combine(lambda a, _: -a, x, 0) for x in value.items))


@_value_of("Range")
def _range_value(v: Values, node: int, port: int) -> Rule:
    bounds = []
    for slot in range(3):
        value = yield ("value", _in(v, node, slot))
        if value is None or not isinstance(value.items[0], int):
            return None
        bounds.append(value.items[0])
    if bounds[2] == 0 or len(range(*bounds)) > MAX_ITEMS:
        return None
    return Value(1, tuple(range(*bounds)))


@_value_of("Fill")
def _fill_value(v: Values, node: int, port: int) -> Rule:
    shape = yield ("value", _in(v, node, 0))
    value = yield ("value", _in(v, node, 1))
    if shape is None or value is None or len(shape.items) > 1:
        return None
    count = shape.items[0] if shape.items else 1
    if not isinstance(count, int) or count > MAX_ITEMS:
        return None
    return Value(len(shape.items), value.items * count)


@_value_of("Prod", "Sum", "Max", "Min")
def _reduced_value(v: Values, node: int, port: int) -> Rule:
    op = v.graph.op(node)
    source = _in(v, node, 0)
    if op == "Max" and v.graph.op(source[0]) == "Range":
        # max(range(n)) is n - 1, however large n is
        bounds = []
        for slot in range(3):
            bounds.append((yield ("value", _in(v, source[0], slot))))
        if all(b is not None for b in bounds) and bounds[2].items[0] == 1:
            return Value(0, (_combine(lambda a, b: a - b, bounds[1].items[0], 1),))
    value = yield ("value", source)
    if value is None:
        return None
    items = value.items
    if op == "Prod":
        return Value(0, (_product(items),))
    bad = next((i for i in items if isinstance(i, Unknown)), None)
    if bad is not None or not items:
        return Value(0, (bad or Unknown(),))
    known = [i for i in items if isinstance(i, int)]
    return Value(0, ({"Sum": sum, "Max": max, "Min": min}[op](known),))


@_value_of("TensorArraySizeV3", "TensorArraySizeV2", "TensorArraySize")
def _array_size(v: Values, node: int, port: int) -> Rule:
    array, _ = _array_of(v, node)
    return (yield ("value", _in(v, array, 0)))
