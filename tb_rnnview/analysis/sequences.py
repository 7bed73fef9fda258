"""Follows a sequence upstream through the operations that keep its time dimension.

Kept means: element t of the result is made of element t of the operand, for every t; or, where
an operation reverses time, of element T-1-t, which is counted as a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.values import ShapeOf, Values
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import ENTER, MERGE, NEXT, SWITCH


@dataclass(frozen=True)
class Where:
    """Where time is in a tensor's shape.

    ``merged``: the first two dimensions, time among them, have become one (as before a dense
    layer on every timestep); ``dimension`` then counts as if they had not.
    """

    dimension: int
    merged: bool = False


@dataclass(frozen=True)
class Sequence:
    """A tensor with a time dimension, and whether its order is turned against the start's."""

    tensor: Tensor
    where: Where
    turned: bool = False


def upstream(values: Values, start: Sequence) -> Iterator[tuple[Sequence, bool]]:
    """The start and all that it is made of step by step, with whether it goes on from there."""
    pending, seen = [start], {start}
    while pending:
        here = pending.pop()
        before = list(_before(values, here))
        yield here, bool(before)
        for sequence in before:
            if sequence not in seen:
                seen.add(sequence)
                pending.append(sequence)


def _before(values: Values, here: Sequence) -> Iterator[Sequence]:
    graph = values.graph
    node, port = here.tensor
    for slot, where, turns in _operands(values, graph, node, port, here.where):
        tensor = graph.input(node, slot)
        if tensor is not None and not _is_control(graph, tensor[0]):
            yield Sequence(tensor, where, here.turned != turns)


def _is_control(graph: Graph, node: int) -> bool:
    return graph.op(node) in NEXT


Operand = tuple[int, Where, bool]


def _operands(
    values: Values, graph: Graph, node: int, port: int, where: Where
) -> Iterator[Operand]:
    op = graph.op(node)
    d = where.dimension
    if (
        op in ops.ELEMENTWISE_BINARY
        and op not in ("BiasAdd", "BiasAddV1")
        or op in ("AddN", "SelectV2")
    ):
        yield from _elementwise(values, graph, node, port, where)
    elif op in ("Select", "ClipByValue"):
        for slot in (1, 2) if op == "Select" else (0,):
            yield slot, where, False
    elif op in (*MERGE, *SWITCH, *ENTER) or op in ops.ELEMENTWISE_UNARY:
        if op in MERGE:
            if not any(graph.op(s) in NEXT for s in graph.sources(node)):
                for slot in range(len(graph.sources(node))):
                    yield slot, where, False
        else:
            yield 0, where, False
    elif op in ("BiasAdd", "BiasAddV1") or (op.startswith("FusedBatchNorm") and port == 0):
        yield 0, where, False
    elif op == "ReverseSequence":
        if not where.merged:
            yield 0, where, graph.attr(node, "seq_dim").i == d
    elif op in ("ReverseV2", "Reverse"):
        yield from _reverse(values, graph, node, where)
    elif op == "Transpose":
        order = values.value(graph.inputs(node)[1])
        if order is not None and not where.merged and d < len(order.items):
            at = order.items[d]
            if isinstance(at, int):
                yield 0, Where(at), False
    elif op == "Reshape":
        found = _reshape(values, graph, node, where)
        if found is not None:
            yield 0, found, False
    elif op in ("MatMul", "SparseMatMul"):
        turned = graph.attr(node, "transpose_a")
        if (d == 0 or where.merged) and not (turned is not None and turned.b):
            yield 0, where, False
    elif op.startswith("BatchMatMul"):
        rank = values.rank((node, 0))
        if rank is not None and not where.merged and d < rank - 1:
            yield 0, where, False
    elif op in ("Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool"):
        if _keeps_length(graph, node, where):
            yield 0, where, False
    else:
        yield from _moved(values, graph, node, port, where)


def _elementwise(
    values: Values, graph: Graph, node: int, port: int, where: Where
) -> Iterator[Operand]:
    rank = values.rank((node, port))
    for slot, tensor in enumerate(graph.inputs(node)):
        if graph.op(node) == "SelectV2" and slot == 0:
            continue
        shape = values.shape(tensor)
        if shape is None or rank is None:
            if graph.op(tensor[0]) != "Const":
                yield slot, where, False
            continue
        at = (0 if where.merged else where.dimension) - (rank - len(shape))
        if 0 <= at < len(shape) and shape[at] != 1:
            yield slot, where if where.merged else Where(at), False


def _reverse(values: Values, graph: Graph, node: int, where: Where) -> Iterator[Operand]:
    given = values.value(graph.inputs(node)[1])
    if given is None or where.merged:
        return
    d = where.dimension
    if graph.op(node) == "Reverse":  # one flag per dimension
        turns = d < len(given.items) and given.items[d] == 1
    else:
        rank = values.rank((node, 0))
        turns = any(
            isinstance(a, int) and (a if a >= 0 else a + (rank or 0)) == d for a in given.items
        )
    yield 0, where, turns


def _reshape(values: Values, graph: Graph, node: int, where: Where) -> Where | None:
    before, after = values.shape(graph.inputs(node)[0]), values.shape((node, 0))
    if before is None or after is None:
        return None
    d = where.dimension
    if where.merged:
        if len(before) == len(after):
            return where
        return Where(d) if len(before) == len(after) + 1 and d < 2 else None
    if d < len(before) and d < len(after) and _same_prefix(before, after, d + 1):
        return where
    if len(after) == len(before) + 1 and d < 2 and len(after) >= 2:
        return Where(d, merged=True)
    return None


def _same_prefix(a: ShapeOf, b: ShapeOf, count: int) -> bool:
    if a is None or b is None:
        return False
    return all(x == y for x, y in zip(a[:count], b[:count], strict=True))


def _keeps_length(graph: Graph, node: int, where: Where) -> bool:
    if where.merged:
        return False
    strides = graph.attr(node, "strides").list.i
    d = where.dimension
    if d == 0:
        return True
    return d < len(strides) and strides[d] == 1 and graph.attr(node, "padding").s == b"SAME"


def _moved(values: Values, graph: Graph, node: int, port: int, where: Where) -> Iterator[Operand]:
    """Operations that move, pick or join dimensions other than time."""
    op = graph.op(node)
    d = where.dimension
    inputs = graph.inputs(node)
    if op == "ConcatV2":
        axis = _axis(values, inputs[-1], values.rank((node, 0)))
        if axis is not None and axis != (0 if where.merged else d):
            for slot in range(len(inputs) - 1):
                yield slot, where, False
    elif op == "Pack":
        at = graph.attr(node, "axis").i if graph.attr(node, "axis") is not None else 0
        if at != d and not where.merged and at >= 0:
            for slot in range(len(inputs)):
                yield slot, Where(d - (d > at)), False
    elif op == "Unpack":
        at = graph.attr(node, "axis").i if graph.attr(node, "axis") is not None else 0
        if at >= 0 and not where.merged:
            yield 0, Where(d + (d >= at)), False
    elif op == "ExpandDims":
        rank = values.rank((node, 0))
        at = _axis(values, inputs[1], rank)
        if at is not None and at != d and not where.merged:
            yield 0, Where(d - (d > at)), False
    elif op == "Squeeze":
        gone = _squeezed(values, graph, node)
        if gone is not None and not where.merged:
            for at in sorted(gone):
                d += d >= at
            yield 0, Where(d), False
    elif op in ("Gather", "GatherV2", "ResourceGather"):
        ids_rank = values.rank(inputs[1])
        at = _axis(values, inputs[2], None) if op == "GatherV2" else 0
        if at == 0 and (where.merged or ids_rank is None or d < ids_rank):
            yield 1, where, False
    elif op == "OneHot":
        ids_rank = values.rank(inputs[0])
        if where.merged or ids_rank is None or d < ids_rank:
            yield 0, where, False
    elif op in ("Split", "SplitV"):
        slot = 1 if op == "Split" else 0
        axis = _axis(values, inputs[0 if op == "Split" else 2], values.rank(inputs[slot]))
        if axis is not None and axis != (0 if where.merged else d):
            yield slot, where, False
    elif op == "StridedSlice":
        yield from _sliced(values, graph, node, where)


def _axis(values: Values, tensor: Tensor, rank: int | None) -> int | None:
    value = values.value(tensor)
    if value is None or not isinstance(value.items[0], int):
        return None
    at = value.items[0]
    if at >= 0:
        return at
    return at + rank if rank is not None else None


def _squeezed(values: Values, graph: Graph, node: int) -> set[int] | None:
    shape = values.shape(graph.inputs(node)[0])
    attr = graph.attr(node, "squeeze_dims")
    named = list(attr.list.i) if attr is not None else []
    if shape is None:
        return set(named) if named and min(named) >= 0 else None
    if named:
        return {n % len(shape) for n in named}
    return {i for i, size in enumerate(shape) if size == 1}


def _sliced(values: Values, graph: Graph, node: int, where: Where) -> Iterator[Operand]:
    if where.merged:
        return
    begin, end, strides = (values.value(t) for t in graph.inputs(node)[1:4])
    count = len(strides.items) if strides is not None else 0
    if strides is None:
        return

    def mask(name: str, i: int) -> bool:
        attr = graph.attr(node, f"{name}_mask")
        return attr is not None and bool(attr.i >> i & 1)

    at_in = at_out = 0
    for i in range(count):
        if mask("ellipsis", i):
            return
        if mask("new_axis", i):
            if at_out == where.dimension:
                return
            at_out += 1
            continue
        if mask("shrink_axis", i):
            at_in += 1
            continue
        if at_out == where.dimension:
            first = begin.items[i] if begin is not None else None
            whole = mask("end", i) and (mask("begin", i) or first == 0)
            shape = values.shape(graph.inputs(node)[0])
            if not whole and shape is not None and end is not None and at_in < len(shape):
                whole = first == 0 and end.items[i] == shape[at_in]
            step = strides.items[i]
            if (whole or (mask("begin", i) and mask("end", i))) and step in (1, -1):
                yield 0, Where(at_in), step == -1
            return
        at_in += 1
        at_out += 1
    yield 0, Where(at_in + where.dimension - at_out), False
