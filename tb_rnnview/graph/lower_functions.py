"""Puts the bodies of functions in the place of the operations that name them.

TensorFlow 2 keeps calls, loops and conditions as operations that name functions. After this a
graph has TensorFlow 1's Enter, Merge, Switch, NextIteration and Exit instead, so that both
encodings are one; what stays are functions that the graph does not hold, or that call themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.growing import Growing
from tb_rnnview.graph.lower_call import CALLS, lower_call
from tb_rnnview.graph.lower_condition import CASES, CONDITIONS, lower_case, lower_condition
from tb_rnnview.graph.lower_dataset_loop import REDUCTIONS, lower_dataset_loop
from tb_rnnview.graph.lower_loop import LOOPS, lower_loop

_FUNCTIONAL: dict[str, tuple[tuple[str, ...], Callable[[Growing, int], None]]] = {
    **dict.fromkeys(CALLS, (("f",), lower_call)),
    **dict.fromkeys(LOOPS, (("cond", "body"), lower_loop)),
    **dict.fromkeys(CONDITIONS, (("then_branch", "else_branch"), lower_condition)),
    **dict.fromkeys(CASES, (("branches",), lower_case)),
    **dict.fromkeys(REDUCTIONS, (("f",), lower_dataset_loop)),
}
"""By operation type: the attributes that name its functions, and what takes its place."""


def lower_functions(graph: Graph) -> Graph:
    """The graph without functions.

    Raises:
        tb_rnnview.errors.SourceError: a function reads what is not there.
    """
    if not any(op in _FUNCTIONAL or op in graph.library for op in graph.op_names):
        return graph
    growing = Growing(graph)
    pending = deque(_functional(growing, 0))
    while pending:
        node = pending.popleft()
        first = len(growing)
        _, lower = _FUNCTIONAL.get(growing.ops[node], ((), lower_call))
        lower(growing, node)
        pending.extend(_functional(growing, first))
    return growing.finished()


def _functional(growing: Growing, first: int) -> list[int]:
    """The nodes from ``first`` on whose functions can stand in their place."""
    found = []
    for node in growing.of_types(lambda op: op in _FUNCTIONAL or op in growing.library, first):
        op = growing.ops[node]
        names = [op] if op in growing.library else _named(growing, node, _FUNCTIONAL[op][0])
        if growing.can_hold(node, names):
            found.append(node)
    return found


def _named(growing: Growing, node: int, attributes: tuple[str, ...]) -> list[str]:
    names: list[str] = []
    for attribute in attributes:
        attr = growing.nodes[node].attr.get(attribute)
        if attr is None:
            return [""]  # damaged: no function has this name
        listed = [function.name for function in attr.list.func]
        names.extend(listed or [attr.func.name])
    return names
