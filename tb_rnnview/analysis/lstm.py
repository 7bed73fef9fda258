"""The equations of an LSTM: c_t = f * c_{t-1} + i * g and h_t = o * act(c_t).

Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
"""

from __future__ import annotations

from collections import deque

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.pieces import (
    ACTIVATIONS,
    CLIPS,
    HANDED_ON,
    SUMS,
    Cell,
    Piece,
    both_ways,
    factors,
    handed_on,
    holds_product,
    peeled,
)
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import MERGE
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk

# What a norm is made of, besides what works element by element.
_KEEPS = frozenset({"Mean"}) | ops.LAYOUT | ops.FUSED_NORMS


def recognise_lstm(graph: Graph, core: Core, h: Piece, c: Piece, values: Values) -> Cell | None:
    """The LSTM whose output and cell are these states; None = it is none."""
    update = _update(graph, core, c, values)
    if update is None:
        return None
    new_c, forget, kept = update
    written = factors(graph, kept)
    out = _output_gate(graph, core, h, new_c)
    if out is None:
        return None
    output, squashed = out
    cell = Cell("LSTM", [("c", c), ("h", h)], [("f", forget), ("o", output)])
    # The candidate is squashed as the cell is on its way out; the input gate is a gate like f.
    kinds = [_activation(graph, t) for t in written]
    like_cell = _activation(graph, squashed)
    gate_kind = _activation(graph, forget)
    if kinds[0] != kinds[1] and like_cell != gate_kind:
        for i in (0, 1):
            if kinds[i] == like_cell and kinds[1 - i] == gate_kind:
                cell.gates += [("c", written[i]), ("i", written[1 - i])]
    cell.peephole_barrier = frozenset({new_c})
    return cell


def _update(
    graph: Graph, core: Core, c: Piece, values: Values
) -> tuple[int, Tensor, Tensor] | None:
    """The sum f * c_{t-1} + i * g, with f and the second term; a norm may follow it."""
    pending = deque([c.end[0]])  # the nearest sum first
    seen = set()
    while pending:
        node = pending.popleft()
        if node in seen or node not in core.nodes:
            continue
        seen.add(node)
        op = graph.op(node)
        if op in SUMS:
            for term, other in both_ways(graph.inputs(node)):
                for mine, gate in both_ways(factors(graph, term)):
                    if (
                        c.is_input(graph, mine, values)
                        and holds_product(graph, gate)
                        and len(factors(graph, other)) == 2
                    ):
                        return node, gate, other
        if op in ops.ELEMENTWISE or op in HANDED_ON or op in _KEEPS:
            pending.extend(graph.sources(node))
    return None


def _output_gate(graph: Graph, core: Core, h: Piece, new_c: int) -> tuple[Tensor, Tensor] | None:
    """The output gate and the squashed cell, whose product is the output (before projection)."""
    end = peeled(graph, h.end, core)
    if graph.op(end[0]) in ops.MATRIX:
        end = peeled(graph, graph.inputs(end[0])[0], core)
    for squashed, gate in both_ways(factors(graph, end)):
        if _made_of(graph, squashed, new_c):
            return gate, squashed
    return None


def _made_of(graph: Graph, tensor: Tensor, goal: int) -> bool:
    """Whether a value is an elementwise function of ``goal`` and of nothing else that varies."""

    def before(node: int) -> list[int]:
        op = graph.op(node)
        follows = op in ops.ELEMENTWISE or op in HANDED_ON or op in _KEEPS
        return list(graph.sources(node)) if follows and node != goal else []

    reached = False
    for node in walk([tensor[0]], before):
        op = graph.op(node)
        if node == goal:
            reached = True
        elif op in ops.MATRIX or op in ops.SPLITS or op in MERGE:
            return False
    return reached


def _activation(graph: Graph, tensor: Tensor) -> str:
    """The function that squashes a value: its operation, or the chain of a piecewise one."""
    op = graph.op(handed_on(graph, tensor)[0])
    if op in CLIPS or op == "Mul" or op in SUMS:
        return "piecewise"  # hard_sigmoid: clip(0.2 * x + 0.5, 0, 1)
    return op if op in ACTIVATIONS else ""
