"""What kind of cell a recurrence is, and which of its tensors are its gates.

Read off the equations, never off names.
"""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.gru import recognise_gru
from tb_rnnview.analysis.lstm import recognise_lstm
from tb_rnnview.analysis.pieces import Cell, Piece, pieces_of
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.simple_rnn import recognise_simple
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Graph


def recognise(graph: Graph, core: Core, values: Values) -> Cell:
    """The kind of cell of a recurrence; a nameless one where its equations are not known."""
    pieces = pieces_of(graph, core, values)
    fused = {graph.op(n) for n in core.matrices if graph.op(n) in ops.FUSED_CELLS}
    if fused:
        return _fused(graph, core, fused, pieces)
    found: Cell | None = None
    if len(pieces) == 2:
        one, other = pieces
        found = recognise_lstm(graph, core, one, other, values) or recognise_lstm(
            graph, core, other, one, values
        )
    elif len(pieces) == 1:
        found = recognise_gru(graph, core, pieces[0], values) or recognise_simple(
            graph, core, pieces[0], values
        )
    return found or _nameless(pieces)


def _nameless(pieces: list[Piece]) -> Cell:
    return Cell("", [("h" if i == 0 else f"s{i}", piece) for i, piece in enumerate(pieces)])


def _fused(graph: Graph, core: Core, fused: set[str], pieces: list[Piece]) -> Cell:
    cell = _nameless(pieces)
    if len(fused) != 1:
        return cell
    op = next(iter(fused))
    if op == "LSTMBlockCell":
        cell.name = "LSTM"
        cell.gate_order = ("i", "c", "f", "o")
        node = next(n for n in core.matrices if graph.op(n) == op)
        # outputs: i, cs, f, o, ci, co, h
        cell.states = [("c" if p.end == (node, 1) else "h", p) for p in pieces]
    else:
        cell.name = "GRU"
    return cell
