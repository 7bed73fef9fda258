"""Which part of a tensor each output of a split, or a slice, holds."""

from __future__ import annotations

from itertools import accumulate

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import ShapeOf, Unknown, Value, dimension, whole
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Graph, Tensor

Cut = tuple[int, int, int]
"""(dimension, start, stop)."""


def cut_source(graph: Graph, node: int) -> Tensor | None:
    """The tensor that a split or a slice takes a part of; None = the node is neither."""
    op = graph.op(node)
    return graph.input(node, ops.handed_on_slot(op)) if op in ops.SPLITS else None


def cut_of(graph: Graph, values: Values, tensor: Tensor) -> Cut | None:
    """What an output of a split, or a slice, holds of its input.

    None where more than one dimension is cut, or the place is not known.
    """
    node, port = tensor
    op = graph.op(node)
    source = cut_source(graph, node)
    shape = values.shape(source) if source is not None else None
    if shape is None or op in ops.HIDDEN_SPLITS:
        return None
    inputs = graph.inputs(node)
    if op in ("Slice", "StridedSlice"):
        return _slice_cut(graph, values, node, shape)
    if op == "Unpack":
        at = dimension(graph.number(node, "axis"), len(shape))
        return None if at is None else (at, port, port + 1)
    axis = whole(values.value(inputs[0 if op == "Split" else 2]))
    at = dimension(axis, len(shape)) if axis is not None else None
    if at is None:
        return None
    size = shape[at]
    if op == "Split":
        count = graph.number(node, "num_split", 1)
        if not isinstance(size, int) or count < 1:
            return None
        return at, port * size // count, (port + 1) * size // count
    sizes = _sizes(values.value(inputs[1]), size if isinstance(size, int) else None)
    if sizes is None or port >= len(sizes):
        return None
    stops = list(accumulate(sizes))
    return at, stops[port] - sizes[port], stops[port]


def _sizes(sizes: Value | None, together: int | None) -> list[int] | None:
    """The sizes of all parts; one of them may be -1: what the others leave."""
    known = [s for s in sizes.items if isinstance(s, int)] if sizes is not None else []
    if sizes is None or len(known) < len(sizes.items):
        return None
    if -1 in known and together is not None:
        known[known.index(-1)] = together - sum(s for s in known if s >= 0)
    return None if any(s < 0 for s in known) else known


def _slice_cut(graph: Graph, values: Values, node: int, shape: tuple[object, ...]) -> Cut | None:
    strided = graph.op(node) == "StridedSlice"
    inputs = graph.inputs(node)
    begin, end = values.value(inputs[1]), values.value(inputs[2])
    if begin is None or end is None or len(begin.items) != len(end.items):
        return None
    masks = {
        name: graph.number(node, f"{name}_mask") if strided else 0
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    if masks["ellipsis"] or masks["new_axis"] or len(begin.items) > len(shape):
        return None
    if strided:
        strides = values.value(inputs[3])
        if strides is None or any(s != 1 for s in strides.items):
            return None
    cuts = []
    for i, (first, last) in enumerate(zip(begin.items, end.items, strict=True)):
        size = shape[i]
        if masks["begin"] & masks["end"] & ~masks["shrink_axis"] & 1 << i:
            continue  # all of it, however much that is
        if not strided and (first, last) == (0, -1):
            continue
        if not isinstance(size, int) or not isinstance(first, int) or not isinstance(last, int):
            return None
        if strided:
            start = 0 if masks["begin"] >> i & 1 else first % size if size else 0
            stop = size if masks["end"] >> i & 1 else last if last >= 0 else last + size
            if masks["shrink_axis"] >> i & 1:
                stop = start + 1
        else:
            start, stop = first, size if last == -1 else first + last
        stop = min(stop, size)
        if not 0 <= start < stop:
            return None
        if (start, stop) != (0, size):
            cuts.append((i, start, stop))
    return cuts[0] if len(cuts) == 1 else None


Dimensions = tuple[int, ...] | None
"""For each dimension of a part of a tensor, the dimension of the whole that it is of.

() = the same ones; -1 = of none, it has been added; None = not known.
"""


def dimensions_after(graph: Graph, values: Values, node: int, before: Dimensions) -> Dimensions:
    """Which dimensions are left of those of what enters a node that moves it or cuts it up."""
    op = graph.op(node)
    if before is None or op == "ConjugateTranspose":
        return None
    if op in ("Reshape", "ExpandDims", "Squeeze"):
        return _reranked(values.shape(graph.inputs(node)[0]), values.shape((node, 0)), before)
    if op == "StridedSlice":
        if graph.number(node, "ellipsis_mask") or graph.number(node, "new_axis_mask"):
            return None
        dropped = graph.number(node, "shrink_axis_mask")
    elif op in ("Unpack", "Transpose"):
        dropped = 0
    else:
        return before
    rank = values.rank(graph.inputs(node)[0])
    if rank is None or (before and len(before) != rank):
        return before if op == "StridedSlice" and not dropped else None
    dims = before or tuple(range(rank))
    if op == "Transpose":
        order = values.value(graph.inputs(node)[1])
        places = [i for i in order.items if isinstance(i, int)] if order is not None else []
        return tuple(dims[i] for i in places) if sorted(places) == list(range(rank)) else None
    if op == "Unpack":
        at = dimension(graph.number(node, "axis"), rank)
        return None if at is None else dims[:at] + dims[at + 1 :]
    return tuple(d for i, d in enumerate(dims) if not dropped >> i & 1)


def _reranked(shape: ShapeOf, left: ShapeOf, before: tuple[int, ...]) -> Dimensions:
    """The dimensions that are left where none but those of size 1 came or went."""
    if shape is None or left is None or (before and len(before) != len(shape)):
        return None
    if any(isinstance(d, Unknown) for d in (*shape, *left)):
        return None
    dims = before or tuple(range(len(shape)))
    kept = [(d, dims[i]) for i, d in enumerate(shape) if d != 1]
    if [d for d, _ in kept] != [d for d in left if d != 1]:
        return None
    rest = iter(dim for _, dim in kept)
    return tuple(-1 if d == 1 else next(rest) for d in left)
