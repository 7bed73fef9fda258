"""Where the time dimension goes when an operation moves, picks, joins or reverses dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tb_rnnview.analysis.known import ShapeOf, whole
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Tensor


@dataclass(frozen=True)
class Where:
    """Where time is in a tensor's shape.

    ``merged``: the first two dimensions, time among them, have become one (as before a dense
    layer on every timestep); ``dimension`` then counts as if they had not.
    """

    dimension: int
    merged: bool = False

    @property
    def counted(self) -> int:
        """The dimension of the tensor as it is: of two that have become one, the first."""
        return 0 if self.merged else self.dimension


Operand = tuple[int, Where, bool]
"""(input slot, where time is in it, whether it runs the other way)."""
Move = Callable[[Values, int, Where], Iterator[Operand]]


def _transpose(values: Values, node: int, where: Where) -> Iterator[Operand]:
    order = values.value(values.graph.inputs(node)[1])
    if order is not None and not where.merged and where.dimension < len(order.items):
        at = order.items[where.dimension]
        if isinstance(at, int) and at >= 0:
            yield 0, Where(at), False


def _reverse_sequence(values: Values, node: int, where: Where) -> Iterator[Operand]:
    if not where.merged:
        yield 0, where, values.graph.number(node, "seq_dim") == where.dimension


def _reverse(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
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


def _reshape(values: Values, node: int, where: Where) -> Iterator[Operand]:
    found = _before_reshape(values, node, where)
    if found is not None:
        yield 0, found, False


def _before_reshape(values: Values, node: int, where: Where) -> Where | None:
    graph = values.graph
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
    # Dimensions before time may be joined or parted: words of sentences, sentences of words.
    from_end = len(after) - d
    if d > 0 and from_end < len(before) and _same_prefix(before[-from_end:], after[d:], from_end):
        return Where(len(before) - from_end)
    return None


def _same_prefix(a: ShapeOf, b: ShapeOf, count: int) -> bool:
    if a is None or b is None:
        return False
    return all(x == y for x, y in zip(a[:count], b[:count], strict=True))


def _concat(values: Values, node: int, where: Where) -> Iterator[Operand]:
    inputs = values.graph.inputs(node)
    axis = _axis(values, inputs[-1], values.rank((node, 0)))
    if axis is not None and axis != where.counted:
        for slot in range(len(inputs) - 1):
            yield slot, where, False


def _pack(values: Values, node: int, where: Where) -> Iterator[Operand]:
    at, d = values.graph.number(node, "axis"), where.dimension
    if at != d and not where.merged and at >= 0:
        for slot in range(len(values.graph.sources(node))):
            yield slot, Where(d - (d > at)), False


def _unpack(values: Values, node: int, where: Where) -> Iterator[Operand]:
    at, d = values.graph.number(node, "axis"), where.dimension
    if at >= 0 and not where.merged:
        yield 0, Where(d + (d >= at)), False


def _expand_dims(values: Values, node: int, where: Where) -> Iterator[Operand]:
    at = _axis(values, values.graph.inputs(node)[1], values.rank((node, 0)))
    d = where.dimension
    if at is not None and at != d and not where.merged:
        yield 0, Where(d - (d > at)), False


def _squeeze(values: Values, node: int, where: Where) -> Iterator[Operand]:
    gone = _squeezed(values, node)
    if gone is not None and not where.merged:
        d = where.dimension
        for at in sorted(gone):
            d += d >= at
        yield 0, Where(d), False


_FIXED = ("Const", "Range")


def _gather(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """A look-up of every element: time is in the indices."""
    inputs = values.graph.inputs(node)
    if values.graph.op(origin(values.graph, inputs[1], ("Identity", "Cast"))[0]) in _FIXED:
        return  # it picks elements of the table: in which order is not followed
    ids_rank = values.rank(inputs[1])
    at = _axis(values, inputs[2], None) if values.graph.op(node) == "GatherV2" else 0
    if at == 0 and (where.merged or ids_rank is None or where.dimension < ids_rank):
        yield 1, where, False


def _one_hot(values: Values, node: int, where: Where) -> Iterator[Operand]:
    ids_rank = values.rank(values.graph.inputs(node)[0])
    if where.merged or ids_rank is None or where.dimension < ids_rank:
        yield 0, where, False


def _split(values: Values, node: int, where: Where) -> Iterator[Operand]:
    plain = values.graph.op(node) == "Split"
    slot = 1 if plain else 0
    inputs = values.graph.inputs(node)
    axis = _axis(values, inputs[0 if plain else 2], values.rank(inputs[slot]))
    if axis is not None and axis != where.counted:
        yield slot, where, False


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
        return {n % len(shape) for n in named}
    return {i for i, size in enumerate(shape) if size == 1}


def _strided_slice(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    if where.merged:
        return
    begin, end, strides = (values.value(t) for t in graph.inputs(node)[1:4])
    if strides is None:
        return

    def mask(name: str, i: int) -> bool:
        return bool(graph.number(node, f"{name}_mask") >> i & 1)

    at_in = at_out = 0
    for i in range(len(strides.items)):
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
}
