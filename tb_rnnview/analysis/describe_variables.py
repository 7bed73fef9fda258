"""The variables of the timeline: shape, role, blocks, and the intervals at which they are used."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.axes import TimeAxis
from tb_rnnview.analysis.blocks import blocks_of
from tb_rnnview.analysis.gates import gate_columns
from tb_rnnview.analysis.hidden import what_hides
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.pieces import Cell
from tb_rnnview.analysis.regions import Region
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.roles import role_of
from tb_rnnview.analysis.variables import (
    Storage,
    UseSite,
    only_under_a_condition,
    reads_per_element,
)
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph
from tb_rnnview.timeline import Axis, Block, Evidence, Kind, Layer, Shape, Use, Variable

# TensorFlow's DataType numbers that a variable can have.
_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    8: "complex64", 9: "int64", 10: "bool", 11: "qint8", 12: "quint8", 13: "qint32",
    14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16", 18: "complex128", 19: "float16",
    22: "uint32", 23: "uint64",
}  # fmt: skip
# Where a variable has several roles, the most telling one is named.
_ROLES = (
    "embedding", "kernel", "recurrent_kernel", "projection", "peephole", "norm", "bias",
    "initial_state", "other",
)  # fmt: skip


def describe_variables(
    found: Analysis,
    cells: Mapping[int, Cell],
    axes: Mapping[str, Axis],
    layers: list[Layer],
) -> tuple[Variable, ...]:
    """The variables that are used, or that the program trains, in the program's order."""
    trained = _trained(found)
    graph = found.graph
    columns = {
        id(i): gate_columns(graph, i.core, cells[id(i)], found.values)
        for i in found.instances.all
        if i.core is not None
    }
    units = {layer.id: layer.units for layer in layers}
    sites = _sites_by_variable(found)
    known = {layer.id for layer in found.layers if layer.kind is not Kind.UNKNOWN}
    place = {layer.id: i for i, layer in enumerate(found.layers)}
    variables = []
    order = sorted(range(len(found.storages)), key=lambda v: found.place_of(found.storages[v].node))
    for v in order:
        storage = found.storages[v]
        declared = found.declared.get(storage.node)
        trainable = trained.get(storage.node) if declared is None else declared.trainable
        is_part = declared is not None and declared.is_part
        if not sites[v] and not (trainable and (is_part or _is_idle(graph, storage.node))):
            continue  # an optimiser's own storage, or one of the program's counters
        shape = _shape(found, storage)
        uses, reason = _uses(found, sites[v], axes, place)
        variables.append(
            Variable(
                name=found.variable_name(storage.node),
                shape=shape,
                dtype=_dtype(found, storage),
                trainable=trainable,
                layers=tuple(dict.fromkeys(u.layer for u in uses if u.layer)),
                role=_role(found, sites[v], known),
                blocks=_blocks(found, sites[v], cells, columns, shape, units),
                evidence=Evidence.GRAPH,
                uses=tuple(uses),
                reason=reason,
            )
        )
    return tuple(variables)


_Placed = tuple[UseSite, Instance | None, str, "TimeAxis | None"]
"""A use, its instance, its layer's id and the axis of the instance's application."""


def _sites_by_variable(found: Analysis) -> list[list[_Placed]]:
    home = {
        id(i): (x, axis) for x in found.layers for i, axis in zip(x.instances, x.axes, strict=True)
    }
    placed: list[list[_Placed]] = [[] for _ in found.storages]
    for instance in found.instances.all:
        layer, axis = home[id(instance)]
        for site in instance.sites:
            placed[site.variable].append((site, instance, layer.id, axis))
    for site in found.instances.elsewhere:
        placed[site.variable].append((site, None, "", None))
    for site in found.instances.initial:
        merges = [to for _, to, _ in found.graph.consumers(site.node)]
        owner = next((found.instances.owner[m] for m in merges if m in found.instances.owner), None)
        if owner is not None and id(owner) in home:
            placed[site.variable].append((site, owner, home[id(owner)][0].id, None))
        else:
            placed[site.variable].append((site, None, "", None))
    position = {layer.id: i for i, layer in enumerate(found.layers)}
    for sites in placed:
        sites.sort(key=lambda p: (position.get(p[2], len(position)), p[0].node, p[0].slot))
    return placed


def _shape(found: Analysis, storage: Storage) -> Shape:
    declared = found.declared.get(storage.node)
    said = declared.shape if declared is not None else None
    shape = found.values.shape((storage.node, 0))
    if shape is None:
        return said
    sizes = [d if isinstance(d, int) else None for d in shape]
    if said is not None and len(said) == len(sizes):
        return tuple(a if a is not None else b for a, b in zip(sizes, said, strict=True))
    return tuple(sizes)


def _dtype(found: Analysis, storage: Storage) -> str:
    attr = found.graph.attr(storage.node, "dtype")
    return _DTYPES.get(attr.type % 100, "") if attr is not None else ""


def _trained(found: Analysis) -> dict[int, bool]:
    """Whether an optimiser updates a variable; empty where the graph trains nothing."""
    updated = set()
    graph = found.graph
    for node in range(len(graph)):
        op = graph.op(node)
        target = graph.input(node, 0) if ops.is_write(op) and "Apply" in op else None
        if target is not None:
            updated.add(origin(graph, target, ("Identity",))[0])
    if not updated:
        return {}
    return {s.node: s.node in updated for s in found.storages}


def _is_idle(graph: Graph, storage: int) -> bool:
    """Whether nothing but initialising, saving and an optimiser touches a variable."""
    pending = [storage]
    while pending:
        for _, to, slot in graph.consumers(pending.pop()):
            op = graph.op(to)
            if op in ("Identity", "ReadVariableOp"):
                pending.append(to)
            elif not (
                (ops.is_write(op) and (slot == 0 or op.startswith("Save")))
                or op.startswith(("IsVar", "VarIs"))
            ):
                return False
    return True


def _role(found: Analysis, sites: list[_Placed], known: Set[str]) -> str:
    # What uses it without being a layer, a penalty for example, has no say.
    telling = [placed for placed in sites if placed[2]] or sites
    telling = [placed for placed in telling if placed[2] in known] or telling
    # What a recurrence does with a variable is told by its steps, not by a place outside of them.
    recurrent = {layer for _, instance, layer, _ in telling if instance and instance.core}
    telling = [p for p in telling if p[2] not in recurrent or (p[1] and p[1].core)]
    roles = {
        role_of(
            found.graph, site, instance, instance.core if instance is not None and axis else None
        )
        for site, instance, _, axis in telling
    }
    return next((role for role in _ROLES if role in roles), "other")


def _blocks(
    found: Analysis,
    sites: list[_Placed],
    cells: Mapping[int, Cell],
    columns: Mapping[int, dict[int, list[tuple[str, int, int]]]],
    shape: Shape,
    units: Mapping[str, int | None],
) -> tuple[Block, ...]:
    parts: dict[Block, set[Region]] = {}
    for site, instance, layer, _ in sites:
        if instance is None or instance.core is None or site.carried:
            continue
        for block in blocks_of(
            found.graph, site, instance, cells[id(instance)], columns[id(instance)],
            shape, units.get(layer), found.values,
        ):  # fmt: skip
            parts.setdefault(block, set()).add(site.region)
    blocks = [b for b in parts if not any(_differ(b, other, parts) for other in parts)]
    return tuple(sorted(blocks, key=lambda b: (b.dimension, b.start, b.stop, b.name)))


def _differ(block: Block, other: Block, parts: Mapping[Block, set[Region]]) -> bool:
    """Whether two blocks are one range of rows, of which different columns do different things."""
    same = replace(block, name=other.name) == other != block
    return same and () not in parts[block] | parts[other] and parts[block] != parts[other]


def _uses(
    found: Analysis, sites: list[_Placed], axes: Mapping[str, Axis], place: Mapping[str, int]
) -> tuple[list[Use], str]:
    groups: dict[tuple[str, str, int, int | None], list[tuple[UseSite, int]]] = {}
    reason = ""
    for site, instance, layer, _ in sites:
        axis_id, times = _place(found, site)
        if instance is not None and instance.axis is not None:
            axis_id = axis_id or instance.axis.id
        if times is None:
            times, reason = 0, "how often the loop around one of its uses runs is not known"
        elif what_hides(found.graph, found.graph.op(site.node)):
            times, reason = 0, f"what {found.graph.op(site.node)} does with it is not looked into"
        elif site.branch is not None and found.graph.op(site.branch[0]) in ops.HIDDEN_SPLITS:
            reason = "only cuDNN knows where in it each kernel and each bias lies"
        whole = 0, axes[axis_id].length if axis_id else 1
        start, stop = found.graph.written_at.get(site.node, whole)
        if found.axes.of.get(found.frames.of[site.node]) is None and (start, stop) != whole:
            # Steps of an iteration have no places: what counts is how many have it.
            steps = found.steps[found.frames.of[site.node]].steps
            times = times // steps * ((stop or 0) - start) if steps else times
            start, stop = whole
        groups.setdefault((layer, axis_id, start, stop), []).append((site, times))
    uses = []
    for (layer, axis_id, start, stop), members in groups.items():
        by_times: dict[int, list[UseSite]] = {}
        for site, times in members:
            by_times.setdefault(times, []).append(site)
        reads = sum(times * reads_per_element(found_) for times, found_ in by_times.items())
        if any(only_under_a_condition(found_) for found_ in by_times.values()):
            reason = reason or "a condition may leave out some of its uses: this is the most"
        uses.append(Use(layer, axis_id, start, stop, 1, reads))
    on = {axis_id: i for i, axis_id in enumerate(axes)}
    last = len(place), len(on)
    uses.sort(key=lambda u: (place.get(u.layer, last[0]), on.get(u.axis, last[1]), u.start))
    return uses, reason


def _place(found: Analysis, site: UseSite) -> tuple[str, int | None]:
    """The axis at whose every step a use runs ("" = outside time), and how often per step.

    A sequence layer's one operation over the whole axis runs once: outside the steps.
    """
    frame = found.frames.of[site.node]
    if site.carried:
        frame = found.frames.parent[frame]
    times: int | None = 1
    axis_id = ""
    while frame:
        axis = found.axes.of.get(frame)
        if axis is not None:
            axis_id = axis_id or axis.id
        else:
            steps = found.steps[frame].steps if frame in found.steps else None
            times = None if steps is None or times is None else times * steps
        frame = found.frames.parent[frame]
    return axis_id, times
