"""Which columns of which matrix products make each gate of a cell."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.cuts import cut_of, cut_source
from tb_rnnview.analysis.pieces import HANDED_ON, Cell, handed_on
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import MERGE
from tb_rnnview.graph.form import Graph, Tensor

_Part = tuple[Tensor, tuple[int, int] | None, int]

_FOLLOWED = ops.ELEMENTWISE | HANDED_ON | ops.LAYOUT | ops.FUSED_NORMS | frozenset(MERGE)


def gate_columns(
    graph: Graph, core: Core, cell: Cell, values: Values
) -> dict[int, list[tuple[str, int, int]]]:
    """For each matrix product and sum, the columns that make each gate: (gate, start, stop)."""
    states = {c.merge for c in core.all_states}
    found: dict[int, list[tuple[str, int, int]]] = {}
    for name, tensor in cell.gates:
        for product, start, stop in _products(graph, tensor, states, cell, values):
            columns = found.setdefault(product, [])
            if (name, start, stop) not in columns:
                columns.append((name, start, stop))
    return found


def _products(
    graph: Graph, gate: Tensor, states: set[int], cell: Cell, values: Values
) -> list[tuple[int, int, int]]:
    """The products and sums that a gate is made of, with the columns of each; (-1, -1) = all."""
    gate = handed_on(graph, gate)
    others = {handed_on(graph, t) for _, t in cell.gates} - {gate}
    found: list[tuple[int, int, int]] = []
    # With the dimension that the columns were cut in, counted from the last; 0 = not known.
    first: _Part = (gate, None, 0)
    pending, seen = [first], set[_Part]()
    while pending:
        here = pending.pop()
        (node, port), columns, at = here
        op = graph.op(node)
        if here in seen or node in cell.peephole_barrier or node in states:
            continue
        if (node, port) in others:
            continue  # another gate inside this one: r inside the candidate of a GRU
        seen.add(here)
        if op in ops.MATRIX or op in ops.ADDITIVE:
            found.append((node, *(columns or (-1, -1))))
        if op in ops.MATRIX:
            continue
        if op in ops.SPLITS:
            cut = cut_of(graph, values, (node, port))
            source = cut_source(graph, node)
            rank = values.rank(source) if source is not None else None
            if source is None or cut is None or rank is None:
                continue
            dimension, start, stop = cut[0] - rank, *cut[1:]
            if columns is None:
                pending.append((source, (start, stop), dimension))
            elif at == dimension:  # a part of a part
                pending.append((source, (start + columns[0], start + columns[1]), at))
        elif node in graph.loop_merges:
            continue
        elif op in _FOLLOWED:
            moved = op in ops.LAYOUT and op not in HANDED_ON
            pending.extend((t, columns, 0 if moved else at) for t in graph.inputs(node))
    return sorted(found)
