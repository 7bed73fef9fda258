"""Where the time dimension comes from in a product, a sum along a dimension, a broadcast."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import dimension
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.where import Move, Operand, Where
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Tensor

_REDUCTIONS = ("Sum", "Mean", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin")
_BROADCAST = (ops.ELEMENTWISE_BINARY - ops.BIAS_ADDS) | {"AddN", "SelectV2"}
_WEIGHTS = ops.VARIABLES | {"Const"}
_HANDED_ON = ("Identity", "ReadVariableOp", "Cast", "Reshape", "Transpose", "ExpandDims", "Squeeze")


def _matmul(values: Values, node: int, where: Where) -> Iterator[Operand]:
    flag = values.graph.flag
    if where.dimension == 0:
        yield 0, where.at(1 if flag(node, "transpose_a") else 0), False
    elif where.dimension == 1 and not _is_weight(values, values.graph.inputs(node)[1]):
        yield 1, where.at(0 if flag(node, "transpose_b") else 1), False


def _batch_matmul(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    rank = values.rank((node, 0))
    if rank is None or where.dimension >= rank:
        return
    if where.dimension < rank - 2:
        yield from broadcast(values, node, 0, where, slots=(0, 1))
        return
    slot = where.dimension - (rank - 2)
    tensor = graph.inputs(node)[slot]
    own = values.rank(tensor)
    if own is not None and own >= 2 and not _is_weight(values, tensor):
        turned = graph.flag(node, "adj_y" if slot else "adj_x")
        yield slot, where.at(own - 1 if turned != bool(slot) else own - 2), False


def _einsum(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """The operands in which the dimension's letter stands, once."""
    graph = values.graph
    equation = graph.attr(node, "equation")
    text = equation.s.decode(errors="replace").replace(" ", "") if equation is not None else ""
    left, arrow, result = text.partition("->")
    if not arrow or "." in text or where.dimension >= len(result):
        return
    letter = result[where.dimension]
    for slot, letters in enumerate(left.split(",")):
        tensor = graph.input(node, slot)
        if letters.count(letter) == 1 and tensor is not None and not _is_weight(values, tensor):
            yield slot, where.at(letters.index(letter)), False


def _is_weight(values: Values, tensor: Tensor) -> bool:
    """Whether a factor is a weight: its own dimensions are none of what it is applied to."""
    graph = values.graph
    return graph.op(origin(graph, tensor, _HANDED_ON)[0]) in _WEIGHTS


def _reduce(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    rank, axes = values.rank(graph.inputs(node)[0]), values.value(graph.inputs(node)[1])
    if rank is None or axes is None:
        return
    gone = {dimension(a, rank) if isinstance(a, int) else None for a in axes.items}
    if None in gone:
        return
    if graph.flag(node, "keep_dims"):
        kept = [where.dimension] if where.dimension not in gone else []
    else:
        kept = [i for i in range(rank) if i not in gone][where.dimension :][:1]
    for at in kept:
        yield 0, where.at(at), False


def _elementwise(values: Values, node: int, where: Where) -> Iterator[Operand]:
    slots = range(len(values.graph.inputs(node)))
    yield from broadcast(values, node, 0, where, slots=slots[values.graph.op(node) == "SelectV2" :])


def broadcast(
    values: Values, node: int, port: int, where: Where, slots: range | tuple[int, ...]
) -> Iterator[Operand]:
    """The operands that have the dimension, of a result that fits them to each other."""
    graph = values.graph
    rank = values.rank((node, port))
    inputs = graph.inputs(node)
    for slot in slots:
        shape = values.shape(inputs[slot])
        if shape is None or rank is None:
            if graph.op(inputs[slot][0]) != "Const":
                yield slot, where, False
            continue
        at = where.dimension - (rank - len(shape))
        if 0 <= at < len(shape) and shape[at] != 1:
            yield slot, where.at(at), False


def _broadcast_to(values: Values, node: int, where: Where) -> Iterator[Operand]:
    yield from broadcast(values, node, 0, where, slots=(0,))


MOVES: dict[str, Move] = {
    **dict.fromkeys(("MatMul", "SparseMatMul"), _matmul),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _batch_matmul),
    "Einsum": _einsum,
    **dict.fromkeys(_REDUCTIONS, _reduce),
    **dict.fromkeys(_BROADCAST, _elementwise),
    "BroadcastTo": _broadcast_to,
}
