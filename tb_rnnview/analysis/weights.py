"""Which values are weights: a variable's own value, or one computed from variables alone.

A kernel may be normalised, masked or scaled before it is used, inside a loop or hoisted out of it.
What is computed from variables, constants and random numbers only is still a weight to the
operation that multiplies by it; the variable's own use is where its value is consumed first.
"""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.variables import Storage
from tb_rnnview.analysis.without_data import is_without_data
from tb_rnnview.graph.control_flow import EXIT, MERGE, NEXT
from tb_rnnview.graph.form import Graph


def find_weighted(
    graph: Graph, live: bytearray, storages: list[Storage]
) -> tuple[dict[int, frozenset[int]], dict[int, frozenset[int]]]:
    """Where weights go.

    Returns:
        The variables that each weight-valued node is computed from; and the variables that each
        live operation takes, directly or through such values (weight-valued nodes themselves
        left out).
    """
    valued: dict[int, set[int]] = {}
    pending: list[int] = []
    for i, storage in enumerate(storages):
        valued[storage.node] = {i}
        pending.append(storage.node)
    free: dict[int, bool] = {storage.node: False for storage in storages}
    while pending:
        node = pending.pop()
        for _, to, _ in graph.consumers(node):
            op = graph.op(to)
            if not live[to] or op in ops.SHAPE_READERS:
                continue
            if ops.is_write(op) and op not in ops.GIVES_BACK:
                continue
            if not _is_weight_valued(graph, to, valued, free):
                continue
            mine = valued.setdefault(to, set())
            if not valued[node] <= mine or not mine:
                mine |= valued[node]
                pending.append(to)
    takes: dict[int, set[int]] = {}
    for node, variables in valued.items():
        for _, to, _ in graph.consumers(node):
            if live[to] and to not in valued and graph.op(to) not in ops.SHAPE_READERS:
                takes.setdefault(to, set()).update(variables)
    return (
        {n: frozenset(v) for n, v in valued.items()},
        {n: frozenset(v) for n, v in takes.items()},
    )


def _is_weight_valued(
    graph: Graph, node: int, valued: dict[int, set[int]], free: dict[int, bool]
) -> bool:
    op = graph.op(node)
    if op in NEXT or op in EXIT or node in graph.loop_merges:
        return False  # it is carried, and from here on a state
    if op in ops.GATHERS or op in ops.INPUTS:
        return False
    if op in ops.GIVES_BACK:
        return graph.sources(node)[0] in valued
    if op in ops.PASS_ON and op not in MERGE:
        # How it is handed on may depend on anything; what is handed on does not.
        return graph.sources(node)[ops.handed_on_slot(op)] in valued
    if op in ops.MATRIX or op in ops.FUSED_CELLS:
        return all(s in valued for s in graph.sources(node))  # weights times weights
    return all(s in valued or is_without_data(graph, s, free) for s in graph.sources(node))
