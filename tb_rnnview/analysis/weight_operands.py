"""Which inputs of operations take weights: in a frozen graph, they tell its constants apart.

A weight may be made of several constants: normalised, masked, put together of parts. What is made
of constants alone and goes where weights go is a weight, and so are they.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.states import is_zero
from tb_rnnview.analysis.without_data import is_without_data
from tb_rnnview.graph.control_flow import SWITCH
from tb_rnnview.graph.copied_constants import is_telling
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

_GATED_SUM = frozenset({"Identity", *SWITCH, "Add", "AddV2", "Mul", "Minimum", "Maximum"})

Slot = tuple[int, int]
"""A node, and one of its inputs."""


class WeightOperands:
    """The inputs of a graph's live operations that take weights."""

    def __init__(self, graph: Graph, live: bytearray) -> None:
        self._graph = graph
        self._live = live
        self._without_data: dict[int, bool] = {}
        self._told: dict[int, bool | None] = {}
        self._is_fed = bool(graph.nodes_of(*ops.INPUTS))

    def are_weights(self, constant: int, uses: Iterable[Slot]) -> bool:
        """Whether all uses of a constant are those of a weight, and some not only for a shape."""
        trained = is_telling(self._graph.attr(constant, "value").tensor)
        found: set[bool | None] = set()
        for node, slot in uses:
            if (told := self._at_once(node, slot, trained)) == "goes on":
                told = self._goes_on(node)
            found.add(told)
        return False not in found and True in found

    def _goes_on(self, node: int) -> bool | None:
        """Whether all uses of what a node makes of weights are those of a weight.

        None = those that there are only serve a shape.
        """
        pending = [node]
        while pending:
            here = pending[-1]
            uses = [
                (to, self._at_once(to, slot, trained=True))
                for _, to, slot in self._graph.consumers(here)
                if self._live[to] and self._graph.op(to) not in ops.SHAPE_READERS
            ]
            waiting = [to for to, told in uses if told == "goes on" and to not in self._told]
            if here in self._told or not waiting:
                found = {self._told[to] if told == "goes on" else told for to, told in uses}
                self._told[here] = False if False in found else True if True in found else None
                pending.pop()
            else:
                pending.extend(waiting)
        return self._told[node]

    def _at_once(self, node: int, slot: int, trained: bool) -> bool | Literal["goes on"] | None:
        """Whether one use is that of a weight; None = it only serves a shape."""
        if _takes_weights(self._graph, node, slot) or (trained and self._stands_left(node, slot)):
            return None if _multiplies_zeros(self._graph, node) else True
        return "goes on" if self._hands_on(node, slot) else False

    def _stands_left(self, node: int, slot: int) -> bool:
        """Whether a matrix product multiplies a constant by data: W x.

        What stands left of a weight is data, a first state for example. Constants that nobody
        trained (ones that add up, a pattern of zeros and ones) are none.
        """
        graph = self._graph
        if graph.op(node) not in ops.MATRIX or slot != 0:
            return False
        other = graph.inputs(node)[1][0]
        return not is_without_data(graph, other, self._without_data)

    def _hands_on(self, node: int, slot: int) -> bool:
        """Whether what an operation makes of a weight is still one."""
        graph = self._graph
        if graph.op(node) in ops.PASS_ON and slot == ops.handed_on_slot(graph.op(node)):
            return not any(to in graph.loop_merges for _, to, _ in graph.consumers(node))
        # Where nothing is fed, constants are the data, too.
        return self._is_fed and is_without_data(graph, node, self._without_data)


def _takes_weights(graph: Graph, node: int, slot: int) -> bool:
    op = graph.op(node)
    if op in ops.MATRIX:
        return slot in ops.MATRIX[op] and not (slot == 0 and op != "Einsum")
    if op in ops.FUSED_CELLS:
        return slot in ops.FUSED_CELLS[op]
    if op in ops.GATHERS:
        return slot == ops.GATHERS[op]
    if op in ops.BIAS_ADDS:
        return slot == 1
    other = graph.input(node, 1 - slot) if slot < 2 else None
    if other is None:
        return False
    if op in ("Add", "AddV2") and _sums_products(graph, other[0]):
        return True  # a bias, spelled as a sum
    return op == "Mul" and _is_state(graph, other[0])


def _multiplies_zeros(graph: Graph, node: int) -> bool:
    """Whether zeros are multiplied by zeros, for the shape: so Keras 2 makes a first state."""
    if graph.op(node) not in ops.MATRIX:
        return False
    return all(is_zero(graph, tensor) for tensor in graph.inputs(node)[:2])


def _sums_products(graph: Graph, node: int) -> bool:
    """Whether a value is a sum in which a matrix product is."""

    def before(here: int) -> list[int]:
        follows = graph.op(here) in ("Add", "AddV2", "AddN", "Identity", "Reshape")
        return list(graph.sources(here)) if follows else []

    return any(graph.op(here) in ops.MATRIX for here in walk([node], before))


def _is_state(graph: Graph, node: int) -> bool:
    """Whether a value is a carried one, or its successor: a peephole multiplies such a one.

    The successor is reached through sums and products only (c_t = f * c_{t-1} + i * g).
    """

    def before(here: int) -> list[int]:
        return list(graph.sources(here)) if graph.op(here) in _GATED_SUM else []

    return any(here in graph.loop_merges for here in walk([node], before))
