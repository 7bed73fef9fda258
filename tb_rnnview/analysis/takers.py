"""The operations that take the value of a variable, whether or not anything needs them."""

from __future__ import annotations

from collections.abc import Container, Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk

AS_IT_IS = ops.PASS_ON - ops.SPLITS - ops.LAYOUT
"""They hand on all of a value, as it is laid out."""


def takers_of(graph: Graph, variable: int, through: Container[str] = ops.PASS_ON) -> list[Tensor]:
    """The operations that take a variable's value, each with the input slot.

    Args:
        graph: the graph.
        variable: the node that stores it.
        through: the types of the operations that only hand it on.
    """

    def hands_on(op: str, slot: int) -> bool:
        return op in through and slot == ops.handed_on_slot(op)

    def goes_on(node: int) -> Iterator[int]:
        for _, to, slot in graph.consumers(node):
            if hands_on(graph.op(to), slot):
                yield to

    return [
        (to, slot)
        for node in walk([variable], goes_on)
        for _, to, slot in graph.consumers(node)
        if not hands_on(op := graph.op(to), slot)
        and op not in ops.SHAPE_READERS
        and not ops.is_write(op)
    ]
