"""The values that a while frame hands from one step to the next, and which of them only count."""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import constant
from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH, through
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

_WHOLE_NUMBERS = (3, 9, 103, 109)
"""int32 and int64 as TensorFlow's DataType numbers; a ref type is 100 above its type."""


@dataclass(eq=False)
class Carried:
    """A value that a loop hands from one step to the next."""

    merge: int
    enter: int
    next: int
    """The NextIteration node."""
    exits: tuple[int, ...] = ()
    step: int | None = None
    """For a counter: what one step adds."""
    is_flow: bool = False
    """Orders the accesses to an array; it carries no data of its own."""
    in_array: bool = False
    """The data lie in an array that the loop both reads and writes; this is the array's flow."""

    @property
    def is_state(self) -> bool:
        """Whether it carries data: it neither only counts nor only orders accesses."""
        return self.step is None and (self.in_array or not self.is_flow)


def carried_at(graph: Graph, merge: int) -> Carried | None:
    """The value that comes round at a Merge; None = it joins branches."""
    if merge not in graph.loop_merges:
        return None
    enter = next_ = -1
    for source in graph.sources(merge):
        if graph.op(source) in NEXT:
            next_ = source
        elif graph.op(source) in ENTER:
            enter = source
    if enter < 0 or next_ < 0:
        return None
    exits: list[int] = []
    for _, switch, slot in graph.consumers(merge):
        if slot == 0 and graph.op(switch) in SWITCH and _is_loop_switch(graph, switch):
            exits.extend(
                to for port, to, _ in graph.consumers(switch) if port == 0 and graph.op(to) in EXIT
            )
    carried = Carried(merge, enter, next_, tuple(exits))
    carried.step = _counter_step(graph, carried)
    carried.is_flow = _is_flow(graph, carried)
    return carried


def constant_number(graph: Graph, node: int) -> int | None:
    """The whole number that a node stands for, in whatever frame; None = it is no constant."""
    node = through(graph, node)
    value = constant(graph, node) if graph.op(node) == "Const" else None
    if value is None or len(value.items) != 1 or not isinstance(value.items[0], int):
        return None
    return value.items[0]


def _is_loop_switch(graph: Graph, switch: int) -> bool:
    predicate = graph.input(switch, 1)
    return predicate is not None and graph.op(predicate[0]) == "LoopCond"


def _counter_step(graph: Graph, carried: Carried) -> int | None:
    """What each step adds, if the value is an integer that only counts."""
    dtype = graph.attr(carried.merge, "T")
    if dtype is None or dtype.type not in _WHOLE_NUMBERS:
        return None
    add = through(graph, graph.sources(carried.next)[0])
    if graph.op(add) not in ("Add", "AddV2", "Sub"):
        return None
    operands = list(graph.sources(add))
    for own, other in (operands, operands[::-1]):
        if through(graph, own) == carried.merge:
            step = constant_number(graph, other)
            if step is None or (graph.op(add) == "Sub" and own != operands[0]):
                return None
            return -step if graph.op(add) == "Sub" else step
    return None


def _is_flow(graph: Graph, carried: Carried) -> bool:
    """Whether the value is the flow of an array, which only orders its accesses."""

    def before(node: int) -> list[int]:
        hands_on = graph.op(node) in ("Identity", *MERGE, *SWITCH, *EXIT)
        return list(graph.sources(node)) if hands_on and node != carried.merge else []

    for node in walk(graph.sources(carried.next), before):
        op = graph.op(node)
        if op in ops.ARRAY_WRITES or op in ops.ARRAY_FILLS or op in ops.LIST_CHANGES:
            return True
    enter = graph.input(carried.enter, 0)
    if enter is None:
        return False
    made_by = through(graph, enter[0])
    return graph.op(made_by) in ops.TENSOR_ARRAYS and enter[1] == 1
