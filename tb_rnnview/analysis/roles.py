"""What each variable is to its layer, and which of its parts does what."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.pieces import Cell, handed_on, joined, resolve
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.variables import UseSite
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Block


def role_of(graph: Graph, site: UseSite, core: Core | None) -> str:
    """The role that one use gives a variable in a recurrence; None = it is in none."""
    if site.carried:
        return "initial_state"
    op = graph.op(site.node)
    if core is not None and _starts_state(graph, site.node, core):
        return "initial_state"
    if op in ops.MATRIX:
        return _product_role(graph, site.node, core)
    if op in ops.FUSED_CELL_SLOTS:
        return ops.FUSED_CELL_SLOTS[op].get(site.slot, "other")
    if op in ops.GATHERS:
        return "embedding" if site.slot == ops.GATHERS[op] else "other"
    if op in ops.ADDITIVE and _follows_product(graph, site):
        return "bias"
    if op.startswith("FusedBatchNorm") or _is_normed(graph, site.node):
        return "norm"
    if op in ops.ADDITIVE:
        return "bias"
    if op in ops.MULTIPLICATIVE and core is not None and site.node in core.nodes:
        return "peephole" if core.matrices else "recurrent_kernel"
    return "other"


def _follows_product(graph: Graph, site: UseSite) -> bool:
    """Whether a sum adds the variable to a product as it is."""
    other = graph.input(site.node, 1 - site.slot) if site.slot < 2 else None
    return other is not None and (
        graph.op(origin(graph, other, ("Identity", *ops.LAYOUT))[0]) in ops.MATRIX
    )


def _starts_state(graph: Graph, node: int, core: Core) -> bool:
    """Whether a value made outside the loop goes nowhere but into the first state."""
    starts = {c.enter for c in core.all_states}
    pending, seen = [node], {node}
    reached = False
    while pending:
        here = pending.pop()
        if here in starts:
            reached = True
            continue
        if here in core.nodes:
            return False
        for _, to, _ in graph.consumers(here):
            if to not in seen and graph.op(to) not in ops.SHAPE_READERS:
                seen.add(to)
                pending.append(to)
                if len(seen) > 64:
                    return False
    return reached


def _product_role(graph: Graph, node: int, core: Core | None) -> str:
    if core is None or node not in core.nodes:
        return "kernel"
    if node not in core.matrices:
        return "kernel"
    if _is_projection(graph, node, core):
        return "projection"
    operand = handed_on(graph, graph.inputs(node)[0])[0]
    if graph.op(operand) in ("ConcatV2", "Concat", "Pack"):
        return "kernel"  # packed: some of its rows see the input, some the state
    return "recurrent_kernel" if operand in core.nodes else "kernel"


def _is_projection(graph: Graph, node: int, core: Core) -> bool:
    """Whether the product is the new state as it stands, made of a product before it."""
    if not any(resolve(graph, c)[0] == node for c in core.states):
        return False

    def before(here: int) -> list[int]:
        inside = here in core.nodes and here not in graph.loop_merges
        return list(graph.sources(here)) if inside else []

    return any(here in core.matrices for here in walk(graph.sources(node)[:1], before))


def _is_normed(graph: Graph, node: int) -> bool:
    """Whether the operation scales or shifts a value by its own statistics."""
    if graph.op(node) not in ops.MULTIPLICATIVE and graph.op(node) not in ops.ADDITIVE:
        return False
    pending = [node]
    seen: set[int] = set()
    for _, to, _ in graph.consumers(node):
        if graph.op(to) in ("Rsqrt", "Sqrt"):
            return True  # a variance, made safe to divide by
        if graph.op(to) in (*ops.MULTIPLICATIVE, "Sub"):
            pending.append(to)
    while pending and len(seen) < 64:
        here = pending.pop()
        if here in seen:
            continue
        seen.add(here)
        op = graph.op(here)
        if op in ("Rsqrt", "Sqrt") or _is_bare_norm(graph, here):
            return True
        if here == node or op in (
            *ops.MULTIPLICATIVE,
            "Add",
            "AddV2",
            "Sub",
            "Identity",
            "Reshape",
        ):
            pending.extend(graph.sources(here))
    return False


def _is_bare_norm(graph: Graph, node: int) -> bool:
    """Whether a fused norm scales by ones: what comes after it is its scale and shift."""
    if not graph.op(node).startswith("FusedBatchNorm"):
        return False
    scale = origin(graph, graph.inputs(node)[1], ("Identity",))[0]
    return graph.op(scale) in ("Const", "Fill", "OnesLike")


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
    if core is None or shape is None or any(d is None for d in shape):
        return []
    sizes = [d for d in shape if d is not None]
    op = graph.op(site.node)
    if op in ops.FUSED_CELLS:
        return _fused_blocks(op, site.slot, sizes, units, cell)
    if op in ops.MATRIX and site.slot != 0 and len(sizes) >= 2:
        flipped = graph.flag(site.node, "transpose_b") or graph.flag(site.node, "adj_y")
        rows, cols = (
            (len(sizes) - 1, len(sizes) - 2) if flipped else (len(sizes) - 2, len(sizes) - 1)
        )
        return _rows(graph, site, core, rows, sizes[rows], units, values) + _columns(
            site, columns.get(site.node, []), cols, sizes[cols]
        )
    if op in ops.ADDITIVE and len(sizes) == 1:
        product = _product_before(graph, site, instance)
        if product is not None:
            return _columns(site, columns.get(product, []), 0, sizes[0])
    return []


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
    operand = handed_on(graph, graph.inputs(site.node)[0])
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
    site: UseSite, columns: list[tuple[str, int, int]], dimension: int, size: int
) -> list[Block]:
    """Which columns make which gate."""
    cut = next(((a, b) for d, a, b in site.region if d == dimension), None)
    blocks = []
    for name, start, stop in columns:
        if start < 0:
            start, stop = cut or (0, size)
        elif cut is not None:
            start, stop = start + cut[0], stop + cut[0]
        if 0 <= start < stop <= size:
            blocks.append(Block(name, dimension, start, stop))
    return sorted(blocks, key=lambda b: (b.start, b.name))


def _product_before(graph: Graph, site: UseSite, instance: Instance) -> int | None:
    """The matrix product that a bias is added to."""

    def before(node: int) -> list[int]:
        op = graph.op(node)
        follows = op in ops.ADDITIVE or op in ops.LAYOUT or op == "Identity"
        return list(graph.sources(node)) if follows else []

    for node in walk([graph.inputs(site.node)[1 - site.slot][0]], before):
        if graph.op(node) in ops.MATRIX and node in instance.nodes:
            return node
    return None
