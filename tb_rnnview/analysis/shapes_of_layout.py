"""The shapes of what operations make that move, join or repeat elements and compute nothing."""

from __future__ import annotations

from operator import add, floordiv, mul, sub

from tb_rnnview.analysis.known import (
    Number,
    ShapeOf,
    Unknown,
    combine,
    constant_pairs,
    dimension,
    is_same,
    open_dimension,
    product,
    whole,
)
from tb_rnnview.analysis.questions import Output, Rule, Rules

RULES = Rules()


def unknown_of(shape: ShapeOf) -> ShapeOf:
    """As many dimensions, none of them known."""
    return None if shape is None else tuple(Unknown() for _ in shape)


@RULES.asking("Reshape")
def _reshape(output: Output) -> Rule:
    target = yield output.value(1)
    if target is None:
        size = yield output.shape(1)
        if size is not None and len(size) == 1 and isinstance(size[0], int):
            return tuple(Unknown() for _ in range(size[0]))
        return None
    items = list(target.items)
    if -1 in items:
        at = items.index(-1)
        source = yield output.shape(0)
        rest = _rest(source, items[:at] + items[at + 1 :])
        # Not known, but one number wherever it is asked for.
        items[at] = open_dimension(output.graph, output.node, at) if rest == Unknown() else rest
    return tuple(items)


def _rest(source: ShapeOf, named: list[Number]) -> Number:
    """What -1 stands for: the elements of the source, over the dimensions that are named."""
    if source is None:
        return Unknown()
    # An open dimension that stands on both sides cancels out.
    left = [d for d in source if isinstance(d, int) or not any(is_same(d, n) for n in named)]
    right = [n for n in named if isinstance(n, int) or not any(is_same(n, d) for d in source)]
    total, known = product(left), product(right)
    if isinstance(total, int) and isinstance(known, int):
        return total // known if known else Unknown()
    unknown = [d for d in left if isinstance(d, Unknown)]
    if isinstance(known, int) and len(unknown) == 1:
        others = product(d for d in left if isinstance(d, int))
        return unknown[0] if others == known else Unknown()
    return Unknown()


@RULES.asking("Transpose", "ConjugateTranspose")
def _transpose(output: Output) -> Rule:
    shape = yield output.shape(0)
    order = yield output.value(1)
    if shape is None:
        return None
    if order is None:
        return unknown_of(shape)
    places = [dimension(i, len(shape)) for i in order.items if isinstance(i, int)]
    known = [i for i in places if i is not None]
    if len(known) < len(order.items) or len(known) != len(shape):
        return unknown_of(shape)
    return tuple(shape[i] for i in known)


@RULES.asking("ExpandDims")
def _expand_dims(output: Output) -> Rule:
    shape = yield output.shape(0)
    axis = whole((yield output.value(1)))
    if shape is None or axis is None:
        return None
    at = dimension(axis, len(shape) + 1)
    return None if at is None else (*shape[:at], 1, *shape[at:])


@RULES.asking("Squeeze")
def _squeeze(output: Output) -> Rule:
    shape = yield output.shape(0)
    if shape is None:
        return None
    attr = output.attr("squeeze_dims")
    dims = [dimension(d, len(shape)) for d in attr.list.i] if attr is not None else []
    if dims:
        return tuple(d for i, d in enumerate(shape) if i not in dims)
    if any(isinstance(d, Unknown) for d in shape):
        return None
    return tuple(d for d in shape if d != 1)


@RULES.asking("ConcatV2", "Concat")
def _concat(output: Output) -> Rule:
    axis_first = output.op == "Concat"
    inputs = output.inputs
    axis = whole((yield "value", inputs[0 if axis_first else -1]))
    shapes: list[ShapeOf] = []
    for source in inputs[1:] if axis_first else inputs[:-1]:
        shapes.append((yield "shape", source))
    known = [s for s in shapes if s is not None]
    if not known or len({len(s) for s in known}) > 1:
        return None
    rank = len(known[0])
    at = None if axis is None else dimension(axis, rank)
    if at is None:
        return unknown_of(known[0])
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


@RULES.asking("Pack")
def _pack(output: Output) -> Rule:
    shape = yield output.shape(0)
    if shape is None:
        return None
    at = dimension(output.number("axis"), len(shape) + 1)
    return None if at is None else (*shape[:at], len(output.inputs), *shape[at:])


@RULES.asking("Unpack")
def _unpack(output: Output) -> Rule:
    shape = yield output.shape(0)
    at = None if shape is None else dimension(output.number("axis"), len(shape))
    return None if at is None else (*shape[:at], *shape[at + 1 :])


@RULES.asking("Tile")
def _tile(output: Output) -> Rule:
    shape = yield output.shape(0)
    times = yield output.value(1)
    if shape is None or times is None or len(times.items) != len(shape):
        return unknown_of(shape)
    return tuple(
        n if d == 1 else d if n == 1 else combine(lambda a, b: a * b, d, n)
        for d, n in zip(shape, times.items, strict=True)
    )


@RULES.asking("Pad", "PadV2", "MirrorPad")
def _pad(output: Output) -> Rule:
    shape = yield output.shape(0)
    pads = constant_pairs(output.graph, output.input(1)[0])
    if shape is None or pads is None or len(pads) != len(shape):
        return unknown_of(shape)
    return tuple(
        d if not sum(p) else combine(add, d, sum(p)) for d, p in zip(shape, pads, strict=True)
    )


@RULES.asking("SpaceToBatchND", "BatchToSpaceND")
def _to_batch(output: Output) -> Rule:
    """Blocks of positions become batches, or come back from there."""
    shape = yield output.shape(0)
    block = yield output.value(1)
    pairs = constant_pairs(output.graph, output.input(2)[0])
    if shape is None or block is None or not 0 < len(block.items) < len(shape):
        return unknown_of(shape)
    out = [Unknown() for _ in range(len(block.items) + 1)] + list(shape[len(block.items) + 1 :])
    for at, (step, pair) in enumerate(zip(block.items, pairs or (), strict=False), 1):
        if output.op == "SpaceToBatchND":
            out[at] = combine(floordiv, combine(add, shape[at], sum(pair)), step)
        else:
            out[at] = combine(sub, combine(mul, shape[at], step), sum(pair))
    return tuple(out)


@RULES.asking("RaggedTensorToTensor")
def _from_ragged(output: Output) -> Rule:
    """Rows that lie one behind the other come apart into one more dimension, if they nest once."""
    rows = yield output.shape(1)
    nested = output.attr("num_row_partition_tensors")
    if not rows or nested is None or nested.i > 2:
        return None
    return (Unknown(), Unknown(), *rows[1:])


@RULES.asking("BroadcastTo")
def _broadcast_to(output: Output) -> Rule:
    shape = yield output.value(1)
    return None if shape is None else shape.items
