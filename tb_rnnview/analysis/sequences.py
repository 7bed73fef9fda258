"""Follows a sequence upstream through the operations that keep its time dimension.

Kept means: element t of the result is made of element t of the operand, for every t; or, where
an operation reverses time, of element T-1-t, which is counted as a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.time_in_layout import MOVES as LAYOUT_MOVES
from tb_rnnview.analysis.time_in_products import MOVES as PRODUCT_MOVES
from tb_rnnview.analysis.time_in_windows import MOVES as WINDOW_MOVES
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.where import Operand, Where
from tb_rnnview.graph.control_flow import ENTER, MERGE, NEXT, SWITCH
from tb_rnnview.graph.form import Tensor

MOVES = {**LAYOUT_MOVES, **PRODUCT_MOVES, **WINDOW_MOVES}
_FIRST_OPERAND = (
    (ops.ELEMENTWISE_UNARY - ops.SHAPE_READERS)
    | ops.BIAS_ADDS
    | {"ClipByValue", "Cumprod", "Cumsum", "LRN", *SWITCH, *ENTER}
)


@dataclass(frozen=True)
class Sequence:
    """A tensor with a time dimension, and whether its order is turned against the start's."""

    tensor: Tensor
    where: Where
    turned: bool = False


def upstream(picked: PickedElements, start: Sequence) -> Iterator[tuple[Sequence, bool]]:
    """The start and all that it is made of, with whether its timesteps go on from there."""
    pending, seen = [start], {start}
    while pending:
        here = pending.pop()
        before = list(made_of(picked, here))
        yield here, any(sequence.where.cut == here.where.cut for sequence in before)
        for sequence in before:
            if sequence not in seen:
                seen.add(sequence)
                pending.append(sequence)


def made_of(picked: PickedElements, here: Sequence) -> Iterator[Sequence]:
    """The sequences that one is made of directly, position by position or by windows."""
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
    elif op in _FIRST_OPERAND or (op.startswith("FusedBatchNorm") and port == 0):
        yield 0, where, False
    elif op == "Select":
        yield 1, where, False
        yield 2, where, False
    elif op in MERGE and node not in graph.loop_merges:
        for slot in range(len(graph.sources(node))):
            yield slot, where, False
