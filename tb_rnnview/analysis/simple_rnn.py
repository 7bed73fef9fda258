"""The equation of a simple recurrence: h_t = act(W [x_t, h_{t-1}] + b) (Elman 1990)."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.pieces import (
    ACTIVATIONS,
    HANDED_ON,
    Cell,
    Piece,
    handed_on,
    joined,
    operand_of,
    peeled,
)
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk


def recognise_simple(graph: Graph, core: Core, h: Piece, values: Values) -> Cell | None:
    """One state, one product on its way round, and no other product of states."""
    if len(core.matrices) != 1:
        return None
    (product,) = core.matrices
    if graph.op(product) not in ("MatMul", "BatchMatMul", "BatchMatMulV2"):
        return None

    def before(node: int) -> list[int]:
        return [s for s in graph.sources(node) if s in core.nodes and s != product]

    squashed = 0
    end = peeled(graph, h.end, core)[0]
    for node in walk([end] if end in core.nodes and end != product else [], before):
        op = graph.op(node)
        if op in ACTIVATIONS:
            squashed += 1
        elif op not in ops.ADDITIVE and op not in HANDED_ON and op not in ops.LAYOUT:
            return None
    if squashed > 1:
        return None
    operands = [operand_of(graph, product, slot) for slot in (0, 1)]
    if not any(_is_state(graph, t, h, values) for o in operands for t in joined(graph, o)):
        return None
    return Cell("SimpleRNN", [("h", h)])


def _is_state(graph: Graph, tensor: Tensor, h: Piece, values: Values) -> bool:
    """Whether a tensor is the state itself, or the state with a dropout mask on it."""

    def before(node: int) -> list[int]:
        masks = graph.op(node) in ops.MULTIPLICATIVE or graph.op(node) in ops.SELECTS
        return [handed_on(graph, t)[0] for t in graph.inputs(node)] if masks else []

    start = handed_on(graph, tensor)
    return h.is_input(graph, start, values) or any(
        h.is_input(graph, operand, values)
        for node in walk([start[0]], before)
        if graph.op(node) in ops.MULTIPLICATIVE or graph.op(node) in ops.SELECTS
        for operand in graph.inputs(node)
    )
