"""Puts what the passes found into the words of the timeline."""

from __future__ import annotations

from collections.abc import Mapping

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.axes import TimeAxis
from tb_rnnview.analysis.both_ends import direction_of
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.cells import recognise
from tb_rnnview.analysis.cuts import cut_of, cut_source
from tb_rnnview.analysis.describe_axes import describe_axes
from tb_rnnview.analysis.describe_variables import describe_variables
from tb_rnnview.analysis.findings import find_findings
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.layer_names import Known, name_layers
from tb_rnnview.analysis.layers import FoundLayer, same_timestep
from tb_rnnview.analysis.naming import common_scope, frame_label
from tb_rnnview.analysis.pieces import Cell
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.states import initial_value
from tb_rnnview.analysis.units import shape_of_piece, units_of
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Tensor
from tb_rnnview.timeline import (
    Application,
    Connection,
    Direction,
    Evidence,
    Kind,
    Layer,
    State,
    Timeline,
)


def describe(found: Analysis, lengths: Mapping[str, int]) -> Timeline:
    """The timeline.

    Args:
        found: what the passes found.
        lengths: timesteps given by the user, by axis id or label.

    Raises:
        SourceError: a length is given for an axis that is not there, or contradicts the graph.
    """
    _name_layers(found)
    axes = describe_axes(found, lengths)
    cells = {
        id(instance): recognise(found.graph, instance.core, found.values)
        for instance in found.instances.all
        if instance.core is not None
    }
    layers = [_describe_layer(found, layer, cells) for layer in found.layers]
    ends = _last_states(found)
    return Timeline(
        name=found.source.name,
        source=found.source.source,
        axes=tuple(axes),
        layers=tuple(layers),
        variables=describe_variables(found, cells, {a.id: a for a in axes}, layers),
        states=tuple(
            s for layer in found.layers for s in _describe_states(found, layer, cells, ends)
        ),
        connections=_describe_connections(found),
        findings=(*found.source.findings, *find_findings(found, layers)),
    )


def _name_layers(found: Analysis) -> None:
    known = [_known(found, layer) for layer in found.layers]
    names = name_layers(known, found.source.program)
    for i, (layer, name, about) in enumerate(zip(found.layers, names, known, strict=True)):
        layer.id = f"layer{i}"
        layer.name = name
        layer.held = bool(about.held)


def _known(found: Analysis, layer: FoundLayer) -> Known:
    """What the name of a layer can be made of."""
    nodes = found.variables_of(layer)
    declared = [found.declared[n] for n in nodes if n in found.declared]
    return Known(
        variables=[found.variable_name(n) for n in nodes],
        held=[(d.layers, *d.also) for d in declared if d.layers],
        place=_place(found, layer.instances[0]),
        is_recurrent=layer.kind is Kind.RECURRENT,
    )


def _describe_layer(found: Analysis, layer: FoundLayer, cells: Mapping[int, Cell]) -> Layer:
    cell = cells.get(id(layer.instances[0]))
    recurrent = layer.kind is Kind.RECURRENT
    return Layer(
        id=layer.id,
        name=layer.name,
        cell=cell.name if cell is not None and recurrent else "",
        units=units_of(found, layer.instances[0], cell, layer.kind),
        kind=layer.kind,
        depth=layer.depth,
        applications=tuple(
            Application(
                axis=axis.id if axis is not None else "",
                direction=direction_in_time(found, instance, layer.kind, axis),
                name=_place(found, instance),
            )
            for instance, axis in zip(layer.instances, layer.axes, strict=True)
        ),
        evidence=Evidence.UNKNOWN if layer.kind is Kind.UNKNOWN else Evidence.GRAPH,
        reason=layer.reason
        or (
            "the equations of its step are none that this version knows"
            if recurrent and not cell_name(cell)
            else ""
        ),
    )


def cell_name(cell: Cell | None) -> str:
    """The name of a recognised cell; "" = not recognised."""
    return cell.name if cell is not None else ""


def direction_in_time(
    found: Analysis, instance: Instance, kind: Kind, axis: TimeAxis | None
) -> Direction:
    """From which end of the sequence an application goes."""
    if axis is None or kind is Kind.UNKNOWN:
        return Direction.UNKNOWN  # outside time there is none
    if kind is not Kind.RECURRENT or instance.loop is None:
        return Direction.FORWARD
    known = found.axes.direction.get(instance.loop.frame, Direction.UNKNOWN)
    if known is Direction.UNKNOWN and instance.core is not None:
        return direction_of(found.graph, found.axes, instance.core)
    return known


def _place(found: Analysis, instance: Instance) -> str:
    """Where in the program an instance stands."""
    if instance.loop is not None:
        return frame_label(found.frames.name[instance.loop.frame])
    return common_scope([found.graph.names[n] for n in sorted(instance.nodes)])


def _describe_states(
    found: Analysis, layer: FoundLayer, cells: Mapping[int, Cell], ends: Mapping[int, str]
) -> list[State]:
    states: list[State] = []
    for instance in layer.instances:
        if instance.core is None or layer.kind is not Kind.RECURRENT:
            continue
        for name, piece in sorted(cells[id(instance)].states, key=lambda s: s[0]):
            state = State(
                name=name,
                layer=layer.id,
                shape=shape_of_piece(found, piece),
                initial=initial_value(found.graph, piece.carried, found.variable_name),
                initial_layer=ends.get(_start(found, piece.carried), ""),
            )
            if state not in states:
                states.append(state)
    return states


def _describe_connections(found: Analysis) -> tuple[Connection, ...]:
    home = {i: k for k, layer in enumerate(found.layers) for i in layer.members}
    later = [f for f in found.flows if f.offset and f.source in home and f.target in home]
    on = [{axis.id for axis in layer.axes if axis is not None} for layer in found.layers]
    rows: set[tuple[int, int, int, bool]] = set()
    for flow in (*same_timestep(found.flows, home), *later):
        source, target = home[flow.source], home[flow.target]
        if source != target:
            # One timestep later has a meaning only on a common axis.
            offset = flow.offset if on[source] & on[target] else 0
            rows.add((source, target, offset, flow.starts_state))
    # Between layers whose timesteps are not told apart, back and forth is no order.
    unknown = {k for k, layer in enumerate(found.layers) if layer.kind is Kind.UNKNOWN}
    both = {r for r in rows if {r[0], r[1]} <= unknown and (r[1], r[0], *r[2:]) in rows}
    return tuple(
        Connection(found.layers[a].id, found.layers[b].id, offset, starts)
        for a, b, offset, starts in sorted(rows - both)
    )


def _start(found: Analysis, carried: Carried) -> int:
    """The node that makes what a state starts from."""
    return _passed_on(found, found.graph.inputs(carried.enter)[0])


def _passed_on(found: Analysis, tensor: Tensor) -> int:
    """The node that made what is passed on as a tensor, also as one of several packed together."""
    graph = found.graph
    while True:
        tensor = origin(graph, tensor, ops.PASS_ON - ops.SPLITS)
        source = cut_source(graph, tensor[0])
        if source is None:
            return tensor[0]
        cut = cut_of(graph, found.values, tensor)
        source = origin(graph, source, ("Identity",))
        axis = graph.number(source[0], "axis") if graph.op(source[0]) == "Pack" else None
        packed = graph.input(source[0], cut[1]) if cut is not None and cut[0] == axis else None
        tensor = packed or source


def _last_states(found: Analysis) -> dict[int, str]:
    """The layers whose final states leave their loops, by the nodes through which they do."""
    ends: dict[int, str] = {}
    for layer in found.layers:
        for instance in layer.instances:
            for carried in instance.core.all_states if instance.core is not None else ():
                for end in carried.exits:
                    ends.setdefault(end, layer.id)
    return ends
