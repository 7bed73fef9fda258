"""The variables of a graph, and every place where a live operation uses the value of one.

A variable is a storage: a resource handle, a ref variable or, in a graph without either, a
constant all of whose uses are weight operands (freezing put it in the variable's place).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.loops import is_unchanged
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import ENTER, EXIT, MERGE, NEXT

# float32, float64, complex64, the quantised and the short floats: TensorFlow's DataType numbers
_FLOATS = frozenset({1, 2, 8, 11, 12, 13, 14, 15, 16, 18, 19})

Region = tuple[tuple[int, int, int], ...]
"""Part of a variable: (dimension, start, stop) for each dimension that a split has cut."""


@dataclass(frozen=True)
class UseSite:
    """One operation that consumes a variable's value."""

    variable: int
    """Position in the list of variables."""
    node: int
    slot: int
    region: Region = ()
    """The part of the variable that arrives here; () = all of it, or not known."""
    branch: Tensor | None = None
    """The output that cut the part out, where its place is not known."""
    carried: bool = False
    """The value starts a carried value of a loop: an initial state."""


@dataclass(eq=False)
class Storage:
    """One variable."""

    node: int
    frozen: bool = False
    sites: list[UseSite] = field(default_factory=list)


def find_variables(graph: Graph, live: bytearray, values: Values) -> list[Storage]:
    """All variables in graph order, each with its live uses."""
    all_storages = graph.nodes_of(*ops.VARIABLES)
    if all_storages:
        # Whole numbers are counters and tables, no weights.
        storages = [Storage(n) for n in all_storages if _dtype(graph, n) in _FLOATS]
        for i, storage in enumerate(storages):
            storage.sites = list(_sites(graph, live, values, i, storage.node))
        return storages
    return _frozen(graph, live, values)


def _dtype(graph: Graph, node: int) -> int:
    attr = graph.attr(node, "dtype")
    return attr.type % 100 if attr is not None else 0  # a ref type is 100 above its type


def _frozen(graph: Graph, live: bytearray, values: Values) -> list[Storage]:
    found: list[Storage] = []
    for node in graph.nodes_of("Const"):
        if not live[node] or _dtype(graph, node) not in _FLOATS:
            continue
        if not graph.attr(node, "value").tensor.tensor_shape.dim:
            continue
        sites = list(_sites(graph, live, values, len(found), node))
        if sites and all(is_weight_operand(graph, site) for site in sites):
            found.append(Storage(node, frozen=True, sites=sites))
    return found


def is_weight_operand(graph: Graph, site: UseSite) -> bool:
    """Whether an operation takes weights at this input."""
    op = graph.op(site.node)
    if op in ops.MATRIX:
        return site.slot in ops.MATRIX[op] and not (site.slot == 0 and op != "Einsum")
    if op in ops.FUSED_CELLS:
        return site.slot in ops.FUSED_CELLS[op]
    if op in ops.GATHERS:
        return site.slot == ops.GATHERS[op]
    if op in ("BiasAdd", "BiasAddV1"):
        return site.slot == 1
    other = graph.input(site.node, 1 - site.slot) if site.slot < 2 else None
    if other is None:
        return False
    if op in ("Add", "AddV2"):
        return _handed_from(graph, other[0]) in ops.MATRIX  # a bias, spelled as a sum
    return op == "Mul" and _is_state(graph, other[0])


def _handed_from(graph: Graph, node: int) -> str:
    while graph.op(node) in ("Identity", "Reshape"):
        node = graph.sources(node)[0]
    return graph.op(node)


def _is_state(graph: Graph, node: int) -> bool:
    """Whether a value is a carried one, or its successor: a peephole multiplies such a one.

    The successor is reached through sums and products only (c_t = f * c_{t-1} + i * g).
    """
    pending, seen = [node], {node}
    while pending:
        here = pending.pop()
        op = graph.op(here)
        if op in MERGE and any(graph.op(s) in NEXT for s in graph.sources(here)):
            return True
        if op in ("Identity", "Switch", "RefSwitch", "Add", "AddV2", "Mul", "Minimum", "Maximum"):
            for source in graph.sources(here):
                if source not in seen:
                    seen.add(source)
                    pending.append(source)
    return False


def _sites(
    graph: Graph, live: bytearray, values: Values, variable: int, storage: int
) -> Iterator[UseSite]:
    pending: list[tuple[int, int, Region, Tensor | None]] = [(storage, 0, (), None)]
    seen = set(pending)
    while pending:
        node, port, region, branch = pending.pop()
        for out, to, slot in sorted(graph.consumers(node), key=lambda c: (c[1], c[2])):
            if out != port or not live[to]:
                continue
            op = graph.op(to)
            if op in ops.SHAPE_READERS or ops.is_write(op) or op.startswith(("IsVar", "VarIs")):
                continue
            if op in NEXT or op in EXIT:
                continue  # an unchanged loop variable comes round again, or comes out again
            if op in ENTER and _starts_carried(graph, to):
                yield UseSite(variable, to, slot, region, branch, carried=True)
                continue
            if op not in ops.PASS_ON or not _is_passed(graph, op, to, slot):
                yield UseSite(variable, to, slot, region, branch)
                continue
            for follow in _passed(graph, values, (to, slot), region, branch):
                if follow not in seen:
                    seen.add(follow)
                    pending.append(follow)


def _starts_carried(graph: Graph, enter: int) -> bool:
    """Whether the value is the first of a carried one that the steps then change."""
    return any(
        graph.op(to) in MERGE
        and any(graph.op(s) in NEXT for s in graph.sources(to))
        and not is_unchanged(graph, to)
        for _, to, _ in graph.consumers(enter)
    )


def _is_passed(graph: Graph, op: str, node: int, slot: int) -> bool:
    if op in MERGE or op == "IdentityN":
        return True
    if op == "Split":
        return slot == 1
    return slot == 0


def _passed(
    graph: Graph, values: Values, to: tuple[int, int], region: Region, branch: Tensor | None
) -> Iterator[tuple[int, int, Region, Tensor | None]]:
    """The outputs on which a node hands the value on, with the part that leaves there."""
    node, slot = to
    op = graph.op(node)
    if op == "IdentityN":
        yield node, slot, region, branch
    elif op in ops.SPLITS:
        for port in sorted({out for out, _, _ in graph.consumers(node)}):
            cut = cut_of(graph, values, (node, port))
            movable = not region or all(d != cut[0] for d, _, _ in region) if cut else False
            if cut and branch is None and movable:
                yield node, port, (*region, cut), None
            else:
                yield node, port, region, (node, port)
    elif op in ("Switch", "RefSwitch"):
        yield node, 0, region, branch
        yield node, 1, region, branch
    else:
        yield node, 0, region, branch


def cut_of(graph: Graph, values: Values, tensor: Tensor) -> tuple[int, int, int] | None:
    """(dimension, start, stop) that an output of a split, or a slice, holds of its input.

    None where more than one dimension is cut, or the place is not known.
    """
    node, port = tensor
    op = graph.op(node)
    if op == "Split":
        axis, shape = values.value((graph.input(node, 0) or (node, 0))), None
        source = graph.input(node, 1)
        shape = values.shape(source) if source else None
        count = graph.attr(node, "num_split").i
        if axis is None or not shape or not isinstance(axis.items[0], int):
            return None
        at = axis.items[0] % len(shape)
        size = shape[at]
        if not isinstance(size, int):
            return None
        return at, port * size // count, (port + 1) * size // count
    if op == "SplitV":
        source, sizes_in, axis_in = (graph.input(node, i) for i in range(3))
        shape = values.shape(source) if source else None
        sizes = values.value(sizes_in) if sizes_in else None
        axis = values.value(axis_in) if axis_in else None
        if not shape or sizes is None or axis is None or not isinstance(axis.items[0], int):
            return None
        at = axis.items[0] % len(shape)
        known = [s for s in sizes.items if isinstance(s, int)]
        whole = shape[at]
        if -1 in known and isinstance(whole, int):  # this part is what the others leave
            known[known.index(-1)] = whole - sum(s for s in known if s >= 0)
        if len(known) < len(sizes.items) or -1 in known:
            return None
        start = sum(known[:port])
        return at, start, start + known[port]
    if op == "Unpack":
        source = graph.input(node, 0)
        rank = values.rank(source) if source else None
        if rank is None:
            return None
        axis_attr = graph.attr(node, "axis")
        at = (axis_attr.i if axis_attr is not None else 0) % rank
        return at, port, port + 1
    return _slice_cut(graph, values, node)


def _slice_cut(graph: Graph, values: Values, node: int) -> tuple[int, int, int] | None:
    source, begin_in, end_in = (graph.input(node, i) for i in range(3))
    if source is None or begin_in is None or end_in is None:
        return None
    shape, begin, end = values.shape(source), values.value(begin_in), values.value(end_in)
    if shape is None or begin is None or end is None:
        return None
    strided = graph.op(node) == "StridedSlice"

    def mask(name: str, i: int) -> bool:
        attr = graph.attr(node, f"{name}_mask")
        return attr is not None and bool(attr.i >> i & 1)

    cuts = []
    for i, (first, last) in enumerate(zip(begin.items, end.items, strict=True)):
        if strided and (mask("ellipsis", i) or mask("new_axis", i)):
            return None
        if i >= len(shape) or not isinstance(first, int) or not isinstance(last, int):
            return None
        size = shape[i]
        if not isinstance(size, int):
            return None
        if strided:
            start = 0 if mask("begin", i) else first % size if size else 0
            stop = size if mask("end", i) else last if last >= 0 else last + size
            if mask("shrink_axis", i):
                stop = start + 1
        else:
            start, stop = first, size if last == -1 else first + last
        stop = min(stop, size)
        if (start, stop) != (0, size):
            cuts.append((i, start, stop))
    return cuts[0] if len(cuts) == 1 else None


def reads_per_element(sites: list[UseSite]) -> int:
    """How often one and the same element is read by these uses: the most over all elements."""
    unplaced: dict[Tensor, int] = {}
    placed: list[Region] = []
    for site in sites:
        if site.branch is not None:
            unplaced[site.branch] = unplaced.get(site.branch, 0) + 1
        else:
            placed.append(site.region)
    most = max((sum(_covers(r, point) for r in placed) for point in _corners(placed)), default=0)
    return most + max(unplaced.values(), default=0)


def _corners(regions: list[Region]) -> list[dict[int, int]]:
    """Enough points that every overlap of regions holds one: combinations of their starts."""
    starts: dict[int, set[int]] = {}
    for region in regions:
        for dimension, start, _ in region:
            starts.setdefault(dimension, {0}).add(start)
    points: list[dict[int, int]] = [{}] if regions else []
    for dimension, values in starts.items():
        points = [{**p, dimension: v} for p in points for v in values]
    return points


def _covers(region: Region, point: dict[int, int]) -> bool:
    return all(start <= point.get(d, 0) < stop for d, start, stop in region)
