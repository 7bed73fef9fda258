"""The shapes of what is declared, steered or computed."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import (
    Number,
    ShapeOf,
    Unknown,
    combine,
    dimension,
    first,
    stated_shape,
    steps_between,
)
from tb_rnnview.analysis.questions import Output, Rule, Rules
from tb_rnnview.analysis.shapes_of_layout import unknown_of
from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH
from tb_rnnview.graph.transposed_convolutions import TRANSPOSED

RULES = Rules()


@RULES.stating("Placeholder", "PlaceholderV2", "PlaceholderWithDefault", *ops.VARIABLES)
def _declared(output: Output) -> ShapeOf:
    shape = output.attr("shape")
    if shape is None:
        return None
    found = stated_shape(output.graph, output.node, shape.shape)
    # Old producers wrote "no shape" for "any shape".
    if found == () and output.op == "Placeholder" and output.attr("_output_shapes") is not None:
        return None
    return found


@RULES.stating("IteratorGetNext", "IteratorGetNextSync", "OptionalGetValue")
def _next_element(output: Output) -> ShapeOf:
    shapes = output.attr("output_shapes")
    if shapes is None or output.port >= len(shapes.list.shape):
        return None
    return stated_shape(output.graph, output.node, shapes.list.shape[output.port])


@RULES.stating("Const")
def _const(output: Output) -> ShapeOf:
    return stated_shape(output.graph, output.node, output.attr("value").tensor.tensor_shape)


@RULES.asking(
    *(ops.ELEMENTWISE_UNARY),
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
    "ClipByValue",
    "ReadVariableOp",
    *ENTER,
    *NEXT,
    *EXIT,
)
def _same(output: Output) -> Rule:
    return (yield output.shape(0)) if output.port == 0 else None


@RULES.asking(*SWITCH)
def _switch(output: Output) -> Rule:
    return (yield output.shape(0))


@RULES.asking("IdentityN")
def _same_each(output: Output) -> Rule:
    return (yield output.shape(output.port)) if output.port < len(output.inputs) else None


@RULES.asking(*MERGE)
def _merge(output: Output) -> Rule:
    if output.port != 0:
        return ()
    shapes = []
    for source in output.inputs:
        if output.graph.op(source[0]) in NEXT:
            continue  # a loop keeps its shape, or the first step tells it
        shapes.append((yield "shape", source))
    known = [s for s in shapes if s is not None]
    if not known or len(known) < len(shapes) or len({len(s) for s in known}) > 1:
        return None
    if output.node in output.graph.loop_merges:
        return _kept_by_loop(output, known[0])
    return tuple(
        column[0] if len(set(column)) == 1 else Unknown("it depends on a condition")
        for column in zip(*known, strict=True)
    )


def _kept_by_loop(output: Output, first: tuple[Number, ...]) -> ShapeOf:
    """What every step leaves of the shape that a value has before the first one."""
    noted = output.attr("_output_shapes")
    shapes = noted.list.shape if noted is not None else ()
    kept = stated_shape(output.graph, output.node, shapes[0]) if shapes else None
    if kept is None or len(kept) != len(first):
        return first
    return tuple(
        Unknown("a loop changes it from step to step") if isinstance(b, Unknown) else a
        for a, b in zip(first, kept, strict=True)
    )


def _broadcast(shapes: list[ShapeOf]) -> ShapeOf:
    known = [s for s in shapes if s is not None]
    if len(known) < len(shapes):
        return None
    rank = max((len(s) for s in known), default=0)
    out: list[Number] = []
    for i in range(rank):
        column = [s[i - rank + len(s)] for s in known if i - rank + len(s) >= 0]
        sizes = [d for d in column if isinstance(d, int) and d != 1]
        unknown = [d for d in column if isinstance(d, Unknown)]
        out.append(sizes[0] if sizes else unknown[0] if unknown else 1)
    return tuple(out)


@RULES.asking(*(ops.ELEMENTWISE_BINARY - ops.BIAS_ADDS), "SelectV2")
def _elementwise(output: Output) -> Rule:
    shapes = []
    for source in output.inputs:
        shapes.append((yield "shape", source))
    return _broadcast(shapes)


@RULES.asking("AddN")
def _add_many(output: Output) -> Rule:
    for source in output.inputs:
        shape = yield "shape", source
        if shape is not None:
            return shape
    return None


@RULES.asking("Select")
def _select(output: Output) -> Rule:
    shape = yield output.shape(1)
    return shape if shape is not None else (yield output.shape(2))


@RULES.asking("MatMul", "SparseMatMul")
def _matmul(output: Output) -> Rule:
    a = yield output.shape(0)
    b = yield output.shape(1)
    rows: Number = Unknown()
    columns: Number = Unknown()
    if a is not None and len(a) == 2:
        rows = a[1] if output.flag("transpose_a") else a[0]
    if b is not None and len(b) == 2:
        columns = b[0] if output.flag("transpose_b") else b[1]
    return (rows, columns)


@RULES.asking("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_matmul(output: Output) -> Rule:
    a = yield output.shape(0)
    b = yield output.shape(1)
    if a is None or b is None or len(a) < 2 or len(b) < 2:
        return None
    batch = _broadcast([a[:-2], b[:-2]])
    assert batch is not None
    rows = a[-1] if output.flag("adj_x") else a[-2]
    columns = b[-2] if output.flag("adj_y") else b[-1]
    return (*batch, rows, columns)


@RULES.asking(
    "Fill",
    "RandomUniform",
    "RandomStandardNormal",
    "TruncatedNormal",
    "RandomUniformInt",
    "Empty",
)
def _shape_given(output: Output) -> Rule:
    shape = yield output.value(0)
    return None if shape is None else shape.items


@RULES.asking("Sum", "Mean", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin")
def _reduce(output: Output) -> Rule:
    shape = yield output.shape(0)
    axes = yield output.value(1)
    if shape is None or axes is None or any(not isinstance(a, int) for a in axes.items):
        return None
    at = {dimension(a, len(shape)) for a in axes.items if isinstance(a, int)}
    if output.flag("keep_dims"):
        return tuple(1 if i in at else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in at)


_POOLS = ("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D")


@RULES.asking("Conv2D", "Conv3D", "DepthwiseConv2dNative", *_POOLS)
def _windowed(output: Output) -> Rule:
    shape = yield output.shape(0)
    if shape is None:
        return None
    layout = output.attr("data_format")
    channels_first = layout is not None and layout.s[:2] == b"NC"
    spatial = range(2, len(shape)) if channels_first else range(1, len(shape) - 1)
    out = list(shape)
    if output.op in _POOLS:
        sizes = list(output.attr("ksize").list.i)
        if len(sizes) != len(shape):
            return unknown_of(shape)
        windows: list[Number] = [sizes[i] for i in spatial]
    else:
        kernel = yield output.shape(1)
        if kernel is None or len(kernel) != len(shape) or len(shape) < 3:
            return unknown_of(shape)
        windows = list(kernel[: len(shape) - 2])
        out[1 if channels_first else -1] = (
            combine(lambda a, b: a * b, kernel[-1], kernel[-2])
            if output.op == "DepthwiseConv2dNative"
            else kernel[-1]
        )
    for window, i in zip(windows, spatial, strict=True):
        out[i] = _window(output, out[i], window, i) if isinstance(window, int) else Unknown()
    return tuple(out)


@RULES.asking(*TRANSPOSED.values())
def _transposed(output: Output) -> Rule:
    shape = yield output.value(2)
    return None if shape is None else shape.items


def _window(output: Output, size: Number, window: int, at: int) -> Number:
    """How many places a window has along a dimension."""
    stride, dilation = _at(output, "strides", at), _at(output, "dilations", at)
    padding = output.attr("padding").s
    if isinstance(size, Unknown):
        kept = stride == 1 and (padding == b"SAME" or window == 1)
        return size if kept else Unknown(size.reason, computed=True)
    if stride < 1 or padding not in (b"SAME", b"VALID"):
        return Unknown()
    taken = (window - 1) * dilation if padding == b"VALID" else 0
    return max(0, -(-(size - taken) // stride))


def _at(output: Output, name: str, at: int) -> int:
    """One number of a list attribute; 1 where it has none."""
    attr = output.attr(name)
    return attr.list.i[at] if attr is not None and len(attr.list.i) > at else 1


@RULES.asking(*ops.FUSED_CELLS)
def _fused_cell(output: Output) -> Rule:
    return (yield output.shape(1))


@RULES.asking("Shape", "ShapeN")
def _shape_of_shape(output: Output) -> Rule:
    if output.port >= len(output.inputs):
        return None
    shape = yield output.shape(output.port)
    return (Unknown() if shape is None else len(shape),)


@RULES.asking("Range")
def _range(output: Output) -> Rule:
    start = first((yield output.value(0)))
    limit = first((yield output.value(1)))
    step = first((yield output.value(2)))
    if start == 0 and step == 1:
        return (limit,)
    if isinstance(start, int) and isinstance(limit, int) and isinstance(step, int) and step:
        return (steps_between(start, limit, step),)
    return (Unknown(),)


@RULES.stating("Size", "Rank", "LoopCond")
def _scalar(_: Output) -> tuple[Number, ...]:
    return ()
