"""The variables of a graph, and every place where a live operation uses the value of one.

A variable is a storage: a resource handle, a ref variable or, in a graph without either, a
constant all of whose uses are weight operands (freezing put it in the variable's place).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.cuts import Cut, Dimensions, cut_of, dimensions_after
from tb_rnnview.analysis.regions import Region, most_overlaps
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.weight_operands import WeightOperands
from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH, steered_from
from tb_rnnview.graph.form import Graph, Tensor

# float32, float64, complex64, the quantised and the short floats: TensorFlow's DataType numbers
_FLOATS = frozenset({1, 2, 8, 11, 12, 13, 14, 15, 16, 18, 19})


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
    when: frozenset[tuple[Tensor, int]] = frozenset()
    """The conditions on which it runs: a predicate, and the branch (0 or 1)."""
    dims: Dimensions = ()
    """Which of the variable's dimensions those are of what arrives here."""


_Way = tuple[int, int, Region, Tensor | None, frozenset[tuple[Tensor, int]], Dimensions]
"""Node and output port that a value has come to, what `UseSite` keeps of the way, and which of the
variable's dimensions those of the value are."""


@dataclass(eq=False)
class Storage:
    """One variable."""

    node: int
    sites: list[UseSite] = field(default_factory=list)


def find_variables(graph: Graph, live: bytearray, values: Values) -> list[Storage]:
    """All variables in graph order, each with its live uses."""
    all_storages = graph.nodes_of(*ops.VARIABLES)
    if all_storages:
        # Whole numbers are counters and tables, no weights.
        storages = [Storage(n) for n in all_storages if holds_weights(graph, n)]
        for i, storage in enumerate(storages):
            storage.sites = list(_sites(graph, live, values, i, storage.node))
        return storages
    return _frozen(graph, live, values)


def holds_weights(graph: Graph, node: int) -> bool:
    """Whether what a node stores can be weights: numbers that are not whole."""
    attr = graph.attr(node, "dtype")
    return attr is not None and attr.type % 100 in _FLOATS  # a ref type is 100 above its type


def _frozen(graph: Graph, live: bytearray, values: Values) -> list[Storage]:
    found: list[Storage] = []
    operands = WeightOperands(graph, live)
    for node in graph.nodes_of("Const"):
        if not live[node] or not holds_weights(graph, node):
            continue
        if not graph.attr(node, "value").tensor.tensor_shape.dim:
            continue
        sites = list(_sites(graph, live, values, len(found), node))
        if sites and operands.are_weights(node, ((s.node, s.slot) for s in sites)):
            found.append(Storage(node, sites))
    return found


def _sites(
    graph: Graph, live: bytearray, values: Values, variable: int, storage: int
) -> Iterator[UseSite]:
    pending: list[_Way] = [(storage, 0, (), None, frozenset(), ())]
    seen = set(pending)
    while pending:
        way = pending.pop()
        node, port, region, branch, when, dims = way
        for out, to, slot in sorted(graph.consumers(node), key=lambda c: (c[1], c[2])):
            if out != port or not live[to]:
                continue
            op = graph.op(to)
            follows: Iterable[_Way] = ()
            if op in ops.GIVES_BACK and slot == 0:
                follows = [(to, 0, region, branch, when, dims)]
            elif _is_no_use(op) or _is_ignored(graph, to, slot):
                continue
            elif op in ENTER and _starts_carried(graph, to):
                yield UseSite(variable, to, slot, region, branch, True, when, dims)
            elif op not in ops.PASS_ON or not _is_passed(op, slot):
                yield UseSite(variable, to, slot, region, branch, False, when, dims)
            else:
                follows = _passed(graph, values, (to, slot), way)
            for follow in follows:
                if follow not in seen:
                    seen.add(follow)
                    pending.append(follow)


def _is_no_use(op: str) -> bool:
    """Whether an operation does without the value, or sees it again.

    An unchanged loop variable comes round again, or comes out again.
    """
    return (
        op in ops.SHAPE_READERS
        or ops.is_write(op)
        or op.startswith(("IsVar", "VarIs"))
        or op in NEXT
        or op in EXIT
    )


def _is_ignored(graph: Graph, node: int, slot: int) -> bool:
    """Whether an attribute says that the operation does without what enters at this input."""
    role = ops.FUSED_CELL_SLOTS.get(graph.op(node), {}).get(slot)
    return role == "peephole" and not graph.flag(node, "use_peephole")


def _starts_carried(graph: Graph, enter: int) -> bool:
    """Whether the value is the first of a carried one."""
    return any(to in graph.loop_merges for _, to, _ in graph.consumers(enter))


def _is_passed(op: str, slot: int) -> bool:
    return op in MERGE or op == "IdentityN" or slot == ops.handed_on_slot(op)


def _passed(graph: Graph, values: Values, to: tuple[int, int], way: _Way) -> Iterator[_Way]:
    """The outputs on which a node hands the value on, with the part that leaves there."""
    node, slot = to
    _, _, region, branch, when, dims = way
    op = graph.op(node)
    left = dimensions_after(graph, values, node, dims)
    if op == "IdentityN":
        yield node, slot, region, branch, when, left
    elif op in ops.SPLITS:
        for port in sorted({out for out, _, _ in graph.consumers(node)}):
            part = _part(region, cut_of(graph, values, (node, port)), dims)
            if part is not None and branch is None:
                yield node, port, part, None, when, left
            else:
                yield node, port, region, (node, port), when, None
    elif op in SWITCH:
        predicate = steered_from(graph, graph.inputs(node)[1])
        for port in (0, 1):
            guards = graph.op(predicate[0]) != "LoopCond"
            path = when | {(predicate, port)} if guards else when
            yield node, port, region, branch, path, left
    else:
        yield node, 0, region, branch, when, left


def _part(region: Region, cut: Cut | None, dims: Dimensions) -> Region | None:
    """The part of a variable that is left of one when it is cut again; None = not known."""
    if cut is None or dims is None or (dims and cut[0] >= len(dims)):
        return None
    at = dims[cut[0]] if dims else cut[0]
    if at < 0:
        return None
    start = next((a for d, a, _ in region if d == at), 0)
    rest = tuple(c for c in region if c[0] != at)
    return (*rest, (at, start + cut[1], start + cut[2]))


# Beyond this many independent conditions on one variable, their combinations are not tried.
_MOST_CONDITIONS = 6


def reads_per_element(sites: list[UseSite]) -> int:
    """How often one and the same element is read by these uses: the most over all elements.

    Of the two branches of a condition only one runs.
    """
    return max(_reads_by_branches(sites))


def only_under_a_condition(sites: list[UseSite]) -> bool:
    """Whether a condition may leave out some of these uses, and its other branch has fewer.

    Of too many conditions nothing but this is known.
    """
    reads = _reads_by_branches(sites)
    return min(reads) < max(reads) or len(_predicates(sites)) > _MOST_CONDITIONS


def _reads_by_branches(sites: list[UseSite]) -> list[int]:
    """How often one and the same element is read, for each way through the conditions."""
    predicates = _predicates(sites)
    if not predicates or len(predicates) > _MOST_CONDITIONS:
        return [_reads(sites)]
    return [
        _reads([site for site in sites if not site.when & set(zip(predicates, off, strict=True))])
        for off in product((0, 1), repeat=len(predicates))
    ]


def _predicates(sites: list[UseSite]) -> list[Tensor]:
    return sorted({predicate for site in sites for predicate, _ in site.when})


def _reads(sites: list[UseSite]) -> int:
    # An operation that takes a variable at two inputs runs once all the same.
    distinct = {(site.node, site.region, site.branch) for site in sites}
    # Of parts whose place is not known, those that one output hands on are the same.
    unplaced = Counter(branch for _, _, branch in distinct if branch is not None)
    placed = [region for _, region, branch in distinct if branch is None]
    return most_overlaps(placed) + max(unplaced.values(), default=0)
