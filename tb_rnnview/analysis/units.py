"""How large a layer is: the size of its state, or of what it puts out."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.pieces import Cell, Piece
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.states import state_shape
from tb_rnnview.graph.control_flow import origin, through
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Kind, Shape

_PRODUCTS = ("MatMul", "MatMulV2", "MatMulV3")


def units_of(found: Analysis, instance: Instance, cell: Cell | None, kind: Kind) -> int | None:
    """The size of the state, or of what the layer puts out; None = not known."""
    if kind is Kind.UNKNOWN:
        return None
    if cell is not None:
        # A projection makes the output narrower than the cell: the cell's own width counts.
        channels = 1 if _has_channels_first(found.graph, instance) else -1
        if _are_columns(found.graph, instance):
            channels = -2
        for _, piece in sorted(cell.states, key=lambda s: s[0] != "c"):
            shape = shape_of_piece(found, piece)
            if shape and -len(shape) <= channels < len(shape) and shape[channels] is not None:
                return shape[channels]
        return None
    products = [
        n
        for n in sorted(instance.steps[0] if instance.steps else instance.nodes)
        if found.graph.op(n) in ops.MATRIX or found.graph.op(n) in ops.GATHERS
    ]
    if len(products) > 1 and any(_is_cut_up(found.graph, n) for n in products):
        return None  # the gates of a cell side by side
    # What a product hands to the next one is not what the layer puts out.
    handed = {_operand(found.graph, n) for n in products}
    widths = {found.values.last_dimension((n, 0)) for n in products if n not in handed}
    return widths.pop() if len(widths) == 1 else None


def _has_channels_first(graph: Graph, instance: Instance) -> bool:
    """Whether a cell works on images whose channels come before their rows."""
    formats = (graph.attr(node, "data_format") for node in instance.nodes)
    return any(found is not None and found.s.startswith(b"NC") for found in formats)


def _are_columns(graph: Graph, instance: Instance) -> bool:
    """Whether the states of a batch stand side by side, as columns: U h."""
    core = instance.core
    if core is None:
        return False
    states = {state.merge for state in core.all_states}
    for node in sorted(core.matrices):
        if not graph.op(node).endswith(_PRODUCTS):
            continue
        for slot, (source, _) in enumerate(graph.inputs(node)[:2]):
            if through(graph, source) in states:
                # What meets the weight: the rows of the second operand, the columns of the first.
                turned = any(graph.flag(node, name) for name in ops.TURNS[slot])
                return (slot == 0) == turned
    return False


def _operand(graph: Graph, product: int) -> int:
    """What made the first operand of a product."""
    return origin(graph, graph.inputs(product)[0], ("Identity", *ops.LAYOUT))[0]


def _is_cut_up(graph: Graph, product: int) -> bool:
    """Whether a product, and what is added to it, is cut into parts."""

    def after(node: int) -> list[int]:
        consumers = [to for _, to, _ in graph.consumers(node)]
        return [to for to in consumers if graph.op(to) in (*ops.ADDITIVE, *ops.SPLITS)]

    return any(graph.op(node) in ops.SPLITS for node in walk([product], after))


def shape_of_piece(found: Analysis, piece: Piece) -> Shape:
    """The shape of a state: of a carried value, or of the part of one that it is."""
    shape = state_shape(found.graph, piece.carried, found.values)
    if not shape or piece.cut is None:
        return shape
    if piece.packed is not None:
        at = piece.packed % len(shape)
        return (*shape[:at], *shape[at + 1 :])
    return (*shape[:-1], piece.cut[1] - piece.cut[0])
