"""Which loose uses of variables belong together: a product with its bias, the parts of a norm."""

from __future__ import annotations

from collections.abc import Collection

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.recurrences import step_sources
from tb_rnnview.graph.control_flow import MERGE
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

# A norm is linear in what it scales and shifts; anything else between two uses parts them.
_LINEAR = (
    ops.ADDITIVE
    | ops.MULTIPLICATIVE
    | ops.LAYOUT
    | frozenset(
        {"Identity", "Rsqrt", "Sqrt", "Mean", "SquaredDifference", "Square", *MERGE, "Switch"}
    )
)
_STANDS_ALONE = frozenset(ops.MATRIX) | frozenset(ops.GATHERS) | frozenset(ops.FUSED_CELLS)


def grouped(graph: Graph, uses: Collection[int]) -> list[set[int]]:
    """The groups of operations, each of which uses variables, in graph order of their first."""
    head = {node: node for node in uses}

    def find(node: int) -> int:
        while head[node] != node:
            head[node] = head[head[node]]
            node = head[node]
        return node

    biases = set()
    for node in sorted(uses):
        if graph.op(node) in ops.ADDITIVE:
            for before in _uses_before(graph, node, uses):
                if graph.op(before) in ops.MATRIX and _directly_after(graph, node, before):
                    head[find(node)] = find(before)
                    biases.add(node)
    loose = {n for n in uses if graph.op(n) not in _STANDS_ALONE and n not in biases}
    for node in sorted(loose):
        for before in _uses_before(graph, node, uses):
            if before in loose:
                head[find(node)] = find(before)
    groups: dict[int, set[int]] = {}
    for node in sorted(uses):
        groups.setdefault(find(node), set()).add(node)
    return list(groups.values())


def _uses_before(graph: Graph, node: int, uses: Collection[int]) -> list[int]:
    """The nearest uses upstream, through linear operations and changes of layout."""

    def before(here: int) -> list[int]:
        if here in uses or here in graph.loop_merges or graph.op(here) not in _LINEAR:
            return []
        return step_sources(graph, here)

    found = walk(graph.sources(node), before)
    return sorted(n for n in found if n in uses and n != node)


def _directly_after(graph: Graph, node: int, product: int) -> bool:
    """Whether only changes of layout stand between a product and a sum."""

    def before(here: int) -> list[int]:
        moves = graph.op(here) in ops.LAYOUT or graph.op(here) == "Identity"
        return list(graph.sources(here))[:1] if moves else []

    return product in walk(graph.sources(node), before)
