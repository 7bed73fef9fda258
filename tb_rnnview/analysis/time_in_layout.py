"""Where the time dimension goes when an operation moves, picks, joins or reverses dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tb_rnnview.analysis.known import Unknown, dimension, whole
from tb_rnnview.analysis.time_in_reshape import before_reshape
from tb_rnnview.analysis.time_in_windows import cut_off
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.where import Move, Operand, Where
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Tensor


def _transpose(values: Values, node: int, where: Where) -> Iterator[Operand]:
    order = values.value(values.graph.inputs(node)[1])
    if order is not None and where.dimension < len(order.items):
        at = order.items[where.dimension]
        if isinstance(at, int) and at >= 0:
            yield 0, where.at(at), False


def _reverse_sequence(values: Values, node: int, where: Where) -> Iterator[Operand]:
    if not (where.outer or where.inner):
        yield 0, where, values.graph.number(node, "seq_dim") == where.dimension


def _reverse(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    given = values.value(graph.inputs(node)[1])
    if given is None or where.outer or where.inner:
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


def _reshape(values: Values, node: int, where: Where) -> Iterator[Operand]:
    before, after = values.shape(values.graph.inputs(node)[0]), values.shape((node, 0))
    for place in before_reshape(before, after, where):
        yield 0, place, False


def _concat(values: Values, node: int, where: Where) -> Iterator[Operand]:
    inputs = values.graph.inputs(node)
    axis = _axis(values, inputs[-1], values.rank((node, 0)))
    if axis is None:
        return
    for slot in range(len(inputs) - 1):
        if axis != where.dimension:
            yield slot, where, False
        else:
            yield from cut_off(values, node, slot, where)


def _pack(values: Values, node: int, where: Where) -> Iterator[Operand]:
    at, d = values.graph.number(node, "axis"), where.dimension
    if at != d and at >= 0:
        for slot in range(len(values.graph.sources(node))):
            yield slot, where.at(d - (d > at)), False


def _unpack(values: Values, node: int, where: Where) -> Iterator[Operand]:
    at, d = values.graph.number(node, "axis"), where.dimension
    if at >= 0:
        yield 0, where.at(d + (d >= at)), False


def _expand_dims(values: Values, node: int, where: Where) -> Iterator[Operand]:
    at = _axis(values, values.graph.inputs(node)[1], values.rank((node, 0)))
    d = where.dimension
    if at is not None and at != d:
        yield 0, where.at(d - (d > at)), False


def _squeeze(values: Values, node: int, where: Where) -> Iterator[Operand]:
    gone = _squeezed(values, node)
    if gone is not None:
        d = where.dimension
        for at in sorted(gone):
            d += d >= at
        yield 0, where.at(d), False


_FIXED = ("Const", "Range")


def _gather(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """A look-up of every element: time is in the indices, or before what is looked up."""
    inputs = values.graph.inputs(node)
    if values.graph.op(origin(values.graph, inputs[1], ("Identity", "Cast"))[0]) in _FIXED:
        return  # it picks elements of the table: in which order is not followed
    ids_rank = values.rank(inputs[1])
    at = _axis(values, inputs[2], None) if values.graph.op(node) == "GatherV2" else 0
    if at == 0 and (ids_rank is None or where.dimension < ids_rank):
        yield 1, where, False
    elif at is not None and where.dimension < at:
        yield 0, where, False


def _one_hot(values: Values, node: int, where: Where) -> Iterator[Operand]:
    ids_rank = values.rank(values.graph.inputs(node)[0])
    if ids_rank is None or where.dimension < ids_rank:
        yield 0, where, False


def _split(values: Values, node: int, where: Where) -> Iterator[Operand]:
    plain = values.graph.op(node) == "Split"
    slot = 1 if plain else 0
    inputs = values.graph.inputs(node)
    axis = _axis(values, inputs[0 if plain else 2], values.rank(inputs[slot]))
    if axis is None:
        return
    if axis != where.dimension:
        yield slot, where, False
    else:
        yield from cut_off(values, node, slot, where)


def _axis(values: Values, tensor: Tensor, rank: int | None) -> int | None:
    at = whole(values.value(tensor))
    if at is None or at >= 0:
        return at
    return at + rank if rank is not None else None


def _squeezed(values: Values, node: int) -> set[int] | None:
    graph = values.graph
    shape = values.shape(graph.inputs(node)[0])
    attr = graph.attr(node, "squeeze_dims")
    named = list(attr.list.i) if attr is not None else []
    if shape is None:
        return set(named) if named and min(named) >= 0 else None
    if named:
        return {at for n in named if (at := dimension(n, len(shape))) is not None}
    return {i for i, size in enumerate(shape) if size == 1}


def _strided_slice(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    begin, end, strides = (values.value(t) for t in graph.inputs(node)[1:4])
    if strides is None or any(v and len(v.items) < len(strides.items) for v in (begin, end)):
        return  # the second: damaged

    def mask(name: str, i: int) -> bool:
        return bool(graph.number(node, f"{name}_mask") >> i & 1)

    rank = values.rank(graph.inputs(node)[0])
    at_in = at_out = 0
    for i in range(len(strides.items)):
        if mask("ellipsis", i):
            if rank is None:
                return
            named = sum(not mask("new_axis", k) for k in range(i + 1, len(strides.items)))
            at_out += rank - at_in - named
            if where.dimension < at_out:
                break
            at_in = rank - named
            continue
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
            whole = whole or (mask("begin", i) and mask("end", i))
            if whole and (step == 1 or (step == -1 and not (where.outer or where.inner))):
                yield 0, where.at(at_in), step == -1
            elif not (first == -1 and step == 1 and mask("end", i)):  # the last one only
                for _, part, _ in cut_off(values, node, 0, where):
                    yield 0, part.at(at_in), False
            return
        at_in += 1
        at_out += 1
    yield 0, where.at(at_in + where.dimension - at_out), False


def _from_ragged(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """Rows of several lengths, one behind the other, become the rows of one tensor."""
    types = values.graph.attr(node, "row_partition_types")
    parted = [t for t in types.list.s if t != b"FIRST_DIM_SIZE"] if types is not None else []
    if len(parted) != 1 or where.dimension == 0:
        return
    if where.dimension > 1:
        yield 1, where.at(where.dimension - 1), False
    else:
        rows = Unknown("the rows have several lengths")
        yield 1, replace(where, dimension=0, outer=(rows,), size=rows), False


MOVES: dict[str, Move] = {
    "Transpose": _transpose,
    "ReverseSequence": _reverse_sequence,
    "ReverseV2": _reverse,
    "Reverse": _reverse,
    "Reshape": _reshape,
    "ConcatV2": _concat,
    "Pack": _pack,
    "Unpack": _unpack,
    "ExpandDims": _expand_dims,
    "Squeeze": _squeeze,
    "Gather": _gather,
    "GatherV2": _gather,
    "ResourceGather": _gather,
    "OneHot": _one_hot,
    "Split": _split,
    "SplitV": _split,
    "StridedSlice": _strided_slice,
    "RaggedTensorToTensor": _from_ragged,
}
