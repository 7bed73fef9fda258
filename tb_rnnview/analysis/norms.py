"""Whether an operation is part of a norm: it scales or shifts a value by its own statistics."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph

_HANDED_ON = ("Identity", "Reshape", "Neg", "Cast")
_ROOTS = ("Rsqrt", "Sqrt")
# A norm is short: reciprocal, factor, mean, shift.
_MOST_STEPS = 12
_Known = dict[tuple[int, int], frozenset[int]]
"""What has been found out of a value, within so many steps."""


def is_normed(graph: Graph, node: int, slot: int) -> bool:
    """Whether a variable that enters an operation scales or shifts a norm, or is what it subtracts.

    Args:
        graph: the graph.
        node: a sum or a product.
        slot: where the variable enters.
    """
    op = graph.op(node)
    if op in ops.FUSED_NORMS:
        return True
    if op not in ops.MULTIPLICATIVE and op not in ops.ADDITIVE:
        return False
    others = [s for i, s in enumerate(graph.sources(node)) if i != slot]
    known: _Known = {}
    if any(_statistics(graph, source, _MOST_STEPS, known) for source in others):
        return True
    after = [to for _, to, _ in graph.consumers(node)]
    if any(graph.op(to) in _ROOTS for to in after):
        return True  # a variance, made safe to divide by
    # x - mean, and x times a factor, are scaled next; what is added to x is part of x
    passes = op in ops.MULTIPLICATIVE or (op == "Sub" and slot == 1)
    return passes and any(
        graph.op(to) in ops.MULTIPLICATIVE
        and any(_statistics(graph, s, _MOST_STEPS, known) for s in graph.sources(to) if s != node)
        for to in after
    )


def _statistics(graph: Graph, node: int, left: int, known: _Known) -> frozenset[int]:
    """The reciprocals of standard deviations that a value is scaled by; {} = it is no norm's.

    A sum is a norm's only if all that is added up is scaled by the same: x s - mean s. Else it is a
    sum of norms, or of a norm and something else, and what is added to it is a bias.
    """
    if (node, left) in known:
        return known[node, left]
    op = graph.op(node)
    found: frozenset[int] = frozenset()
    if op in _ROOTS or _is_bare(graph, node):
        found = frozenset({node})
    elif left and op in (*_HANDED_ON, *ops.MULTIPLICATIVE, *ops.ADDITIVE):
        sources = list(graph.sources(node))[: 1 if op in _HANDED_ON else None]
        parts = [_statistics(graph, source, left - 1, known) for source in sources]
        if op not in ops.ADDITIVE or len(set(parts)) == 1:
            found = frozenset().union(*parts)
    known[node, left] = found
    return found


def _is_bare(graph: Graph, node: int) -> bool:
    """Whether a fused norm scales by ones: what comes after it is its scale and shift."""
    if graph.op(node) not in ops.FUSED_NORMS:
        return False
    scale = origin(graph, graph.inputs(node)[1], ("Identity",))[0]
    return graph.op(scale) in ("Const", "Fill", "OnesLike")
