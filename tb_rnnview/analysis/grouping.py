"""Which loose uses of variables belong together: a product and its bias, the parts of a norm."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.paths_in_step import step_sources
from tb_rnnview.analysis.unions import Unions
from tb_rnnview.graph.control_flow import MERGE, origin
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


def grouped(
    graph: Graph, uses: Collection[int], held: Mapping[int, tuple[str, ...]]
) -> list[set[int]]:
    """The groups of operations, each of which uses variables, in graph order of their first.

    Args:
        graph: the graph.
        uses: the operations that use variables.
        held: for each use, the program's own layers that hold its variable, where it is known. Two
            norms in a row are as linear as one; that different layers hold them parts them. The
            same goes for the two convolutions of a separable one: each channel, then all of them.
    """
    joined = Unions(sorted(uses))
    biases = set()
    for node in sorted(uses):
        if graph.op(node) in ops.ADDITIVE:
            for before in _uses_before(graph, node, uses):
                if graph.op(before) in ops.MATRIX and _directly_after(graph, node, before):
                    joined.join(node, before)
                    biases.add(node)
        elif graph.op(node) in ops.MATRIX:
            depthwise = origin(graph, graph.inputs(node)[0], ("Identity", *ops.LAYOUT))[0]
            separable = graph.op(depthwise) == "DepthwiseConv2dNative" and depthwise in uses
            if separable and held.get(depthwise, ()) == held.get(node, ()):
                joined.join(node, depthwise)
    loose = {n for n in uses if graph.op(n) not in _STANDS_ALONE and n not in biases}
    for node in sorted(loose):
        for before in _uses_before(graph, node, uses):
            if before in loose and held.get(before, ()) == held.get(node, ()):
                joined.join(node, before)
    return [nodes | _applied(graph, nodes) for nodes in map(set, joined.groups())]


def _applied(graph: Graph, nodes: set[int]) -> set[int]:
    """What a norm does with what it computed: x times its factor, plus its shift.

    The factor is made of x itself, so that x reaches the product both ways.
    """
    found: set[int] = set()
    for node in sorted(nodes):
        if graph.op(node) not in ops.MULTIPLICATIVE or not _is_statistic(graph, node):
            continue
        for _, to, _ in graph.consumers(node):
            if to not in nodes and graph.op(to) in ops.MULTIPLICATIVE:
                found.add(to)
    whole = nodes | found
    sums = {
        to
        for node in found
        for _, to, _ in graph.consumers(node)
        if graph.op(to) in ops.ADDITIVE and all(s in whole for s in graph.sources(to))
    }
    return found | sums


def _is_statistic(graph: Graph, node: int) -> bool:
    """Whether a variable scales the reciprocal of a standard deviation."""
    made_by = (origin(graph, tensor, ("Identity", "Cast"))[0] for tensor in graph.inputs(node))
    return any(graph.op(n) in ("Rsqrt", "Sqrt") for n in made_by)


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
