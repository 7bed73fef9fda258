"""The equations of a GRU: h_t = z * h_{t-1} + (1 - z) * g, a reset gate r on h_{t-1} inside g.

Cho et al. 2014. Others, Sonnet among them, let z take g in: h_t = (1 - z) * h_{t-1} + z * g.
"""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.cuts import cut_source
from tb_rnnview.analysis.pieces import (
    ACTIVATIONS,
    CLIPS,
    HANDED_ON,
    SUMS,
    Cell,
    Piece,
    both_ways,
    complements,
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


def recognise_gru(graph: Graph, core: Core, h: Piece, values: Values) -> Cell | None:
    """The GRU whose state this is, or its gates in a nameless cell; None = it is neither."""
    end = peeled(graph, h.end, core)
    if graph.op(end[0]) not in SUMS:
        return None
    found = _mixed(graph, graph.inputs(end[0]), h, values)
    if found is None:
        return None
    gate, candidate = found
    cell = Cell("", [("h", h)], [("z", gate), ("h", candidate)])
    reset = _reset_gate(graph, core, h, candidate, gate, values)
    if reset is not None:  # gated, but without a reset gate, it is no GRU
        cell.name = "GRU"
        cell.gates.append(("r", reset))
    return cell


def _mixed(
    graph: Graph, terms: list[Tensor], h: Piece, values: Values
) -> tuple[Tensor, Tensor] | None:
    """The gate and the candidate of z * h_{t-1} + (1 - z) * g, or of (1 - z) * h_{t-1} + z * g."""
    for term, other in both_ways(terms):
        for mine, keeps in both_ways(factors(graph, term)):
            if not h.is_input(graph, mine, values):
                continue
            for takes, new in both_ways(factors(graph, other)):
                for z, one_minus in both_ways([keeps, takes]):
                    if holds_product(graph, z) and complements(graph, one_minus, z):
                        return z, new
    return None


def _reset_gate(
    graph: Graph, core: Core, h: Piece, candidate: Tensor, update: Tensor, values: Values
) -> Tensor | None:
    """The gate that scales the old state, or its product with the kernel, in the candidate."""

    def before(node: int) -> list[int]:
        ends = graph.op(node) in MERGE
        return [] if ends else [s for s in graph.sources(node) if s in core.nodes]

    for node in walk([candidate[0]], before):
        if graph.op(node) != "Mul":
            continue
        for mine, gate in both_ways(graph.inputs(node)):
            squashed = handed_on(graph, gate)
            own = handed_on(graph, mine)
            if (
                squashed != handed_on(graph, update)
                and _is_gate(graph, squashed)
                and (h.is_input(graph, own, values) or _holds_product(graph, own, core))
            ):
                return squashed
    return None


def _is_gate(graph: Graph, tensor: Tensor) -> bool:
    """Whether a value went through a squashing function, before or after it was split off."""
    node = tensor[0]
    source = cut_source(graph, node)
    if source is not None:
        node = handed_on(graph, source)[0]
    return graph.op(node) in ACTIVATIONS or graph.op(node) in CLIPS


def _holds_product(graph: Graph, tensor: Tensor, core: Core) -> bool:
    def before(node: int) -> list[int]:
        op = graph.op(node)
        follows = op in ops.ADDITIVE or op in ops.SPLITS or op in HANDED_ON
        return list(graph.sources(node)) if follows else []

    return any(node in core.matrices for node in walk([tensor[0]], before))
