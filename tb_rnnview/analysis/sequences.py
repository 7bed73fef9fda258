"""Follows a sequence upstream through the operations that keep its time dimension.

Kept means: element t of the result is made of element t of the operand, for every t; or, where
an operation reverses time, of element T-1-t, which is counted as a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.time_in_layout import MOVES, Operand, Where
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import ENTER, MERGE, NEXT, SWITCH
from tb_rnnview.graph.form import Graph, Tensor

_BROADCAST = (ops.ELEMENTWISE_BINARY - ops.BIAS_ADDS) | {"AddN", "SelectV2"}
_FIRST_OPERAND = (
    (ops.ELEMENTWISE_UNARY - ops.SHAPE_READERS) | ops.BIAS_ADDS | {"ClipByValue", *SWITCH, *ENTER}
)
_WINDOWED = frozenset({"Conv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool"})


@dataclass(frozen=True)
class Sequence:
    """A tensor with a time dimension, and whether its order is turned against the start's."""

    tensor: Tensor
    where: Where
    turned: bool = False


def upstream(picked: PickedElements, start: Sequence) -> Iterator[tuple[Sequence, bool]]:
    """The start and all that it is made of step by step, with whether it goes on from there."""
    pending, seen = [start], {start}
    while pending:
        here = pending.pop()
        before = list(_before(picked, here))
        yield here, bool(before)
        for sequence in before:
            if sequence not in seen:
                seen.add(sequence)
                pending.append(sequence)


def _before(picked: PickedElements, here: Sequence) -> Iterator[Sequence]:
    values = picked.values
    graph = values.graph
    node, port = here.tensor
    if graph.op(node) == "Pack" and here.where == Where(graph.number(node, "axis")):
        packed = picked.in_order(graph.inputs(node))
        if packed is not None:
            for sequence, dimension in sorted(packed[0]):
                yield Sequence(sequence, Where(dimension), here.turned != packed[1])
            return
    for slot, where, turns in _operands(values, node, port, here.where):
        tensor = graph.input(node, slot)
        if tensor is not None and graph.op(tensor[0]) not in NEXT:
            yield Sequence(tensor, where, here.turned != turns)


def _operands(values: Values, node: int, port: int, where: Where) -> Iterator[Operand]:
    """The inputs of which the result is made step by step, and where time is in them."""
    graph = values.graph
    op = graph.op(node)
    if op in MOVES:
        yield from MOVES[op](values, node, where)
    elif op in _BROADCAST:
        yield from _elementwise(values, node, port, where)
    elif op in _FIRST_OPERAND or (op.startswith("FusedBatchNorm") and port == 0):
        yield 0, where, False
    elif op == "Select":
        yield 1, where, False
        yield 2, where, False
    elif op in MERGE:
        if node not in graph.loop_merges:
            for slot in range(len(graph.sources(node))):
                yield slot, where, False
    elif op in ("MatMul", "SparseMatMul"):
        if (where.dimension == 0 or where.merged) and not graph.flag(node, "transpose_a"):
            yield 0, where, False
    elif op.startswith("BatchMatMul"):
        rank = values.rank((node, 0))
        if rank is not None and not where.merged and where.dimension < rank - 1:
            yield 0, where, False
    elif op == "Einsum":
        yield from _einsum(graph, node, where)
    elif op in _WINDOWED and _keeps_length(graph, node, where):
        yield 0, where, False


def _einsum(graph: Graph, node: int, where: Where) -> Iterator[Operand]:
    """The operands in which the dimension's letter stands, once."""
    equation = graph.attr(node, "equation")
    text = equation.s.decode(errors="replace").replace(" ", "") if equation is not None else ""
    left, arrow, result = text.partition("->")
    if not arrow or "." in text or where.merged or where.dimension >= len(result):
        return
    letter = result[where.dimension]
    for slot, letters in enumerate(left.split(",")):
        if letters.count(letter) == 1:
            yield slot, Where(letters.index(letter)), False


def _elementwise(values: Values, node: int, port: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
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


def _keeps_length(graph: Graph, node: int, where: Where) -> bool:
    if where.merged:
        return False
    d = where.dimension
    if d == 0:
        return True
    strides, padding = graph.attr(node, "strides").list.i, graph.attr(node, "padding").s
    return d < len(strides) and strides[d] == 1 and padding == b"SAME"
