"""Places where weights are applied: which operations and which uses of variables belong together.

A recurrence takes with it its input weights: from every edge that enters it other than at a
concatenation, back to the nearest matrix use, even where that was hoisted out of the loop. Every
other use becomes an instance of its own, with its bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.applications import Piece, join_pieces
from tb_rnnview.analysis.axes import TimeAxis
from tb_rnnview.analysis.grouping import grouped
from tb_rnnview.analysis.held_by_recurrences import held_by_recurrences
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.paths_in_step import step_sources
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.variables import Storage, UseSite
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames
from tb_rnnview.graph.walk import walk

_CONCATS = ("ConcatV2", "Concat", "Pack")
_CARRIES_WEIGHTED_INPUT = (
    ops.ELEMENTWISE
    | ops.PLUMBING
    | ops.LAYOUT
    | ops.SPLITS
    | ops.ARRAY_READS
    | ops.ARRAY_FILLS
    | ops.FUSED_NORMS
    | frozenset(
        {"ConcatV2", "Concat", "ReverseV2", "ReverseSequence", "Mean", "Sum", "Gather", "GatherV2"}
    )
)
_DECISIONS = frozenset(
    "Equal NotEqual Less LessEqual Greater GreaterEqual LogicalAnd LogicalOr LogicalNot".split()
)


@dataclass(eq=False)
class Instance:
    """One place where a set of variables is applied."""

    nodes: set[int]
    sites: list[UseSite] = field(default_factory=list)
    core: Core | None = None
    loop: Loop | None = None
    """The innermost time axis around it, else an iteration; None = it runs outside both, or in a
    loop that only repeats a network which has its time axes within."""
    steps: list[set[int]] = field(default_factory=list)
    """Where it is written out, timestep by timestep: the nodes of each; else empty."""
    axis: TimeAxis | None = None
    """The axis along which it is written out; a loop that is runs on an axis within that one."""
    taken_by: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Where a use only makes a weight of weights: the operation that takes that, and its slot."""

    @property
    def variables(self) -> frozenset[int]:
        """The variables it uses."""
        return frozenset(site.variable for site in self.sites)

    def signature(self, graph: Graph) -> frozenset[tuple[int, str]]:
        """The variables, each with the way in which it is used: looked up, multiplied by, added."""
        return frozenset((site.variable, _manner(graph, site)) for site in self.sites)

    @property
    def first(self) -> int:
        """A place in graph order, for a stable order of instances."""
        return min((site.node for site in self.sites), default=min(self.nodes, default=0))


def is_turned(graph: Graph, site: UseSite) -> bool:
    """Whether a matrix product turns a variable around."""
    return site.slot < 2 and any(graph.flag(site.node, name) for name in ops.TURNS[site.slot])


def _manner(graph: Graph, site: UseSite) -> str:
    op = graph.op(site.node)
    if op in ops.MATRIX and is_turned(graph, site):
        return "product, turned around"
    for manner, kinds in (
        ("product", ops.MATRIX),
        ("look-up", ops.GATHERS),
        ("cell", ops.FUSED_CELLS),
        ("sum", ops.ADDITIVE),
    ):
        if op in kinds:
            return manner
    return "other"


@dataclass
class Instances:
    """All instances of a graph."""

    all: list[Instance]
    owner: dict[int, Instance]
    """The instance of each node that belongs to one."""
    elsewhere: list[UseSite]
    """Uses by nothing that is a layer: a regulariser, for example."""
    initial: list[UseSite]
    """Uses that start a carried value."""


def find_instances(
    graph: Graph,
    live: bytearray,
    frames: Frames,
    loops: list[Loop],
    cores: list[Core],
    storages: list[Storage],
    weighted: tuple[dict[int, frozenset[int]], dict[int, frozenset[int]]],
    values: Values,
    held: Mapping[int, tuple[str, ...]],
) -> Instances:
    """Assigns every use of every variable to an instance.

    Args:
        graph: the graph.
        live: what the network's own result needs.
        frames: its frames.
        loops: its loops.
        cores: its recurrences.
        storages: its variables.
        weighted: where weights go.
        values: what is known of shapes.
        held: the program's own layers that hold a variable, by its node, where it is known.
    """
    valued, takes = weighted
    around = _loops_around(frames, loops, {core.loop.frame for core in cores})
    owner: dict[int, Instance] = {}
    found: list[Instance] = []
    for depth in sorted({frames.depth[core.loop.frame] for core in cores}, reverse=True):
        # The loops within a step take theirs before the loop around does.
        here = [core for core in cores if frames.depth[core.loop.frame] == depth]
        instances = [Instance(set(core.nodes), core=core, loop=core.loop) for core in here]
        for instance in instances:
            for node in instance.nodes:
                owner.setdefault(node, instance)
        for instance in instances:
            for node in _input_weights(graph, instance, owner, valued, takes):
                owner[node] = instance
                instance.nodes.add(node)
        found.extend(instances)
    elsewhere: list[UseSite] = []
    initial: list[UseSite] = []
    loose: dict[int, list[UseSite]] = {}
    taken_by: dict[int, tuple[int, int]] = {}
    for storage in storages:
        for site in storage.sites:
            if site.carried:
                initial.append(site)
            elif site.node in owner:
                owner[site.node].sites.append(site)
            elif _scales_a_number(site, storages, values):
                elsewhere.append(site)
            elif site.node not in valued:
                loose.setdefault(site.node, []).append(site)
            else:
                takers = _takers(graph, live, site, storages, valued, values)
                owners = {id(owner[t]): owner[t] for t in takers if t in owner}
                for taker in takers:
                    taken_by.setdefault(site.node, _taken_at(graph, taker, valued))
                for instance in owners.values():
                    instance.sites.append(site)
                if takers and not owners:
                    loose.setdefault(takers[0], []).append(site)
                elif not takers:
                    elsewhere.append(site)
    held = held_by_recurrences([x.sites for x in found], [s.node for s in storages], held)
    holders = {
        node: held.get(storages[sites[0].variable].node, ()) for node, sites in loose.items()
    }
    pieces = {
        Piece(x.nodes, x.sites, _holder(x.sites, storages, held), recurrent=True): x for x in found
    }
    for nodes in grouped(graph, set(loose), holders):
        nodes = {n for n in nodes if n in loose or n not in owner}
        sites = [site for node in sorted(nodes) for site in loose.get(node, ())]
        pieces[Piece(nodes, sites, _holder(sites, storages, held))] = Instance(nodes, sites)
    for piece in join_pieces(graph, live, list(pieces)):
        instance = pieces[piece]
        if not piece.recurrent:
            instance.loop = around[frames.of[instance.sites[0].node]]
            found.append(instance)
        for node in instance.nodes:
            owner[node] = instance
    found = [instance for instance in found if instance.sites]
    for instance in found:
        made = {site.node for site in instance.sites} & set(taken_by)
        instance.taken_by = {node: taken_by[node] for node in made}
    found.sort(key=lambda instance: instance.first)
    return Instances(found, owner, elsewhere, initial)


def _taken_at(graph: Graph, node: int, valued: dict[int, frozenset[int]]) -> tuple[int, int]:
    """An operation that takes a computed weight, and the first slot at which it does."""
    return node, next(i for i, source in enumerate(graph.sources(node)) if source in valued)


def _holder(
    sites: list[UseSite], storages: list[Storage], held: Mapping[int, tuple[str, ...]]
) -> tuple[str, ...]:
    """The program's own layer that holds all variables in use; () = not known."""
    holders = {held.get(storages[site.variable].node, ()) for site in sites}
    return holders.pop() if len(holders) == 1 else ()


def _loops_around(frames: Frames, loops: list[Loop], recurrent: set[int]) -> list[Loop | None]:
    """By frame, the loop that an instance in it belongs to (see `Instance.loop`)."""
    by_frame = {loop.frame: loop for loop in loops}
    has_axis = {0}
    for loop in loops:
        frame = frames.parent[loop.frame] if loop.is_axis else 0
        while frame:
            has_axis.add(frame)
            frame = frames.parent[frame]
    found: list[Loop | None] = [None] * len(frames)
    for frame in sorted(range(1, len(frames)), key=lambda f: frames.depth[f]):
        within, outer = by_frame.get(frame), found[frames.parent[frame]]
        only_repeats = frame in has_axis and frame not in recurrent
        if within is None or (outer is not None and not within.is_axis):
            found[frame] = outer
        elif within.is_axis or not only_repeats:
            found[frame] = within
    return found


def _input_weights(
    graph: Graph,
    instance: Instance,
    owner: dict[int, Instance],
    valued: dict[int, frozenset[int]],
    takes: dict[int, frozenset[int]],
) -> set[int]:
    """What lies between the core and the nearest matrix use before each edge into it."""
    core = instance.core
    assert core is not None
    entries = set()
    for node in core.nodes:
        op = graph.op(node)
        if op in ops.PLUMBING or op in _CONCATS or op in ops.MATRIX or op in ops.FUSED_CELLS:
            continue
        for slot, source in enumerate(graph.sources(node)):
            if source in core.nodes or (op in ops.SELECTS and slot == 0):
                continue
            entries.add(source)

    def before(node: int) -> list[int]:
        if graph.op(node) in ops.MATRIX and takes.get(node):
            return []
        return [s for s in _carries(graph, node) if s not in owner and s not in valued]

    visited = set(walk((n for n in entries if n not in owner and n not in valued), before))
    hits = [n for n in visited if graph.op(n) in ops.MATRIX and takes.get(n)]

    def after(node: int) -> list[int]:
        return [to for _, to, _ in graph.consumers(node) if to in visited]

    return set(walk(hits, after))


def _carries(graph: Graph, node: int) -> list[int]:
    """The operands that a weighted input may come through on its way to the recurrence."""
    op = graph.op(node)
    if op not in _CARRIES_WEIGHTED_INPUT or op in _DECISIONS or node in graph.loop_merges:
        return []
    sources = step_sources(graph, node)
    if op in ops.SELECTS:
        return sources[1:]
    if op in ops.LIST_STARTS or op == "TensorListGetItem":
        return sources[:1]
    if op in ops.ARRAY_READS:
        return list(graph.sources(node))[2:]  # the flow leads to what filled the array
    if op in ops.ARRAY_FILLS:
        return list(graph.sources(node))[1:3]
    if op in ("Gather", "GatherV2") or (op in ops.SPLITS and op != "Split"):
        return sources[:1]
    return sources


def _scales_a_number(site: UseSite, storages: list[Storage], values: Values) -> bool:
    """Whether a single number meets a single number: the scale of a loss, say, and no layer."""
    return values.rank((storages[site.variable].node, 0)) == 0 == values.rank((site.node, 0))


def _takers(
    graph: Graph,
    live: bytearray,
    site: UseSite,
    storages: list[Storage],
    valued: dict[int, frozenset[int]],
    values: Values,
) -> list[int]:
    """The operations that take a computed weight; a scalar made of a tensor is a penalty."""
    rank = values.rank((storages[site.variable].node, 0))

    def after(node: int) -> list[int]:
        if node not in valued or (rank and values.rank((node, 0)) == 0):
            return []
        return [to for _, to, _ in graph.consumers(node) if graph.op(to) not in ops.SHAPE_READERS]

    return sorted(n for n in walk([site.node], after) if n not in valued and live[n])
