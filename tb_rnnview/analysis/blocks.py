"""Which of a variable's parts does what: rows of the input and of the state, columns of gates."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance, is_turned
from tb_rnnview.analysis.norms import is_normed
from tb_rnnview.analysis.pieces import Cell, handed_on, joined, operand_of
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.variables import UseSite
from tb_rnnview.graph.form import Graph
from tb_rnnview.timeline import Block


def blocks_of(
    graph: Graph,
    site: UseSite,
    instance: Instance,
    cell: Cell,
    columns: dict[int, list[tuple[str, int, int]]],
    shape: tuple[int | None, ...] | None,
    units: int | None,
    values: Values,
) -> list[Block]:
    """The named parts of a variable that one use of it shows."""
    core = instance.core
    if site.branch is not None:
        return []  # where in the variable it lies is not known
    if core is None or shape is None or any(d is None for d in shape):
        return []
    sizes = [d for d in shape if d is not None]
    op = graph.op(site.node)
    if op in ops.FUSED_CELLS:
        return _fused_blocks(op, site.slot, sizes, units, cell)
    gates = columns.get(site.node, [])
    if op in ops.ADDITIVE and is_normed(graph, site.node, site.slot):
        return []
    if site.dims is None:
        return _of_one_gate(site, gates, cell)
    dims = site.dims or tuple(range(len(sizes)))
    own = [d for d in dims if d >= 0]
    if op in ops.ADDITIVE and len(own) == 1:  # a bias may have been given dimensions of size 1
        return _columns(site, gates, own[0], sizes[own[0]], cell)
    if min(dims[-2:], default=-1) < 0:
        return []  # a single number, or of size 1 and none of the variable's
    if op in ops.MATRIX and len(dims) >= 2:
        rows, cols = dims[-2:]
        if _is_flipped(graph, site):
            rows, cols = cols, rows
        return _rows(graph, site, core, rows, sizes[rows], units, values) + _columns(
            site, gates, cols, sizes[cols], cell
        )
    return []


def _of_one_gate(site: UseSite, gates: list[tuple[str, int, int]], cell: Cell) -> list[Block]:
    """The part of a variable of which nothing is known but that it makes one gate."""
    if len(site.region) != 1 or len(gates) != 1 or gates[0][1] >= 0 or not cell.name:
        return []
    return [Block(gates[0][0], *site.region[0])]


def _is_flipped(graph: Graph, site: UseSite) -> bool:
    """Whether the last dimension of a matrix meets the operand: in W x, and in x W^T."""
    return is_turned(graph, site) != (site.slot == 0 and graph.op(site.node) != "Einsum")


def _fused_blocks(
    op: str, slot: int, sizes: list[int], units: int | None, cell: Cell
) -> list[Block]:
    kind = ops.FUSED_CELL_SLOTS[op].get(slot)
    blocks: list[Block] = []
    if units is None or not sizes:
        return blocks
    if kind == "kernel" and len(sizes) == 2:
        blocks = [
            Block("input", 0, 0, sizes[0] - units),
            Block("hidden", 0, sizes[0] - units, sizes[0]),
        ]
    order = cell.gate_order
    if op.startswith("GRU"):
        order = ("r", "z") if slot in (2, 4) else ("h",)
    if kind in ("kernel", "bias") and order:
        at = len(sizes) - 1
        blocks += [Block(g, at, i * units, (i + 1) * units) for i, g in enumerate(order)]
    return [b for b in blocks if 0 <= b.start < b.stop <= sizes[b.dimension]]


def _rows(
    graph: Graph,
    site: UseSite,
    core: Core,
    dimension: int,
    size: int,
    units: int | None,
    values: Values,
) -> list[Block]:
    """Which rows of a kernel see the input, and which the state of the timestep before."""
    operand = operand_of(graph, site.node, site.slot)
    if graph.op(operand[0]) != "ConcatV2":
        if any(d == dimension for d, _, _ in site.region):
            return []
        name = "hidden" if operand[0] in core.nodes else "input"
        return [Block(name, dimension, 0, size)]
    parts = joined(graph, operand)
    widths = [values.last_dimension(part) for part in parts]
    names = []
    for i, part in enumerate(parts):
        source = handed_on(graph, part)[0]
        own = part[0] in core.nodes or source in core.nodes
        names.append("hidden" if own else "input")
        if own and widths[i] is None:
            widths[i] = units
    open_ones = [i for i, w in enumerate(widths) if w is None]
    if len(open_ones) == 1:
        widths[open_ones[0]] = size - sum(w for w in widths if w is not None)
    if any(w is None or w < 0 for w in widths) or sum(w for w in widths if w is not None) != size:
        return []
    blocks: list[Block] = []
    stop = 0
    for name, width in zip(names, widths, strict=True):
        assert width is not None
        start, stop = stop, stop + width
        if blocks and blocks[-1].name == name:
            start = blocks.pop().start  # side by side: one block
        blocks.append(Block(name, dimension, start, stop))
    return blocks


def _columns(
    site: UseSite, columns: list[tuple[str, int, int]], dimension: int, size: int, cell: Cell
) -> list[Block]:
    """Which columns make which gate; of a cell that has no name, all gates or none."""
    cut = next(((a, b) for d, a, b in site.region if d == dimension), None)
    blocks = []
    for name, start, stop in columns:
        if start < 0:
            start, stop = cut or (0, size)
        elif cut is not None:
            start, stop = start + cut[0], stop + cut[0]
        if 0 <= start < stop <= size:
            blocks.append(Block(name, dimension, start, stop))
    if not cell.name and sum(b.stop - b.start for b in blocks) < size:
        return []
    return sorted(blocks, key=lambda b: (b.start, b.name))
