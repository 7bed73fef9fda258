"""Puts what the passes found into the words of the timeline."""

from __future__ import annotations

from collections.abc import Mapping

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.axes import TimeAxis
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
from tb_rnnview.analysis.pieces import Cell, Piece
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.states import initial_value, state_shape
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import (
    Application,
    Connection,
    Direction,
    Evidence,
    Kind,
    Layer,
    Shape,
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
                direction=_direction(found, instance, layer.kind, axis),
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


def _direction(found: Analysis, instance: Instance, kind: Kind, axis: TimeAxis | None) -> Direction:
    if axis is None or kind is Kind.UNKNOWN:
        return Direction.UNKNOWN  # outside time there is none
    if kind is not Kind.RECURRENT or instance.loop is None:
        return Direction.FORWARD
    return found.axes.direction.get(instance.loop.frame, Direction.UNKNOWN)


def _place(found: Analysis, instance: Instance) -> str:
    """Where in the program an instance stands."""
    if instance.loop is not None:
        return frame_label(found.frames.name[instance.loop.frame])
    return common_scope([found.graph.names[n] for n in sorted(instance.nodes)])


def units_of(found: Analysis, instance: Instance, cell: Cell | None, kind: Kind) -> int | None:
    """The size of the state, or of what the layer puts out; None = not known."""
    if kind is Kind.UNKNOWN:
        return None
    if cell is not None:
        # A projection makes the output narrower than the cell: the cell's own width counts.
        channels = 1 if _has_channels_first(found.graph, instance) else -1
        for _, piece in sorted(cell.states, key=lambda s: s[0] != "c"):
            shape = _piece_shape(found, piece)
            if shape and len(shape) > channels and shape[channels] is not None:
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


def _operand(graph: Graph, product: int) -> int:
    """What made the first operand of a product."""
    return origin(graph, graph.inputs(product)[0], ("Identity", *ops.LAYOUT))[0]


def _is_cut_up(graph: Graph, product: int) -> bool:
    """Whether a product, and what is added to it, is cut into parts."""

    def after(node: int) -> list[int]:
        consumers = [to for _, to, _ in graph.consumers(node)]
        return [to for to in consumers if graph.op(to) in (*ops.ADDITIVE, *ops.SPLITS)]

    return any(graph.op(node) in ops.SPLITS for node in walk([product], after))


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
                shape=_piece_shape(found, piece),
                initial=initial_value(found.graph, piece.carried, found.variable_name),
                initial_layer=ends.get(_start(found, piece.carried), ""),
            )
            if state not in states:
                states.append(state)
    return states


def _piece_shape(found: Analysis, piece: Piece) -> Shape:
    shape = state_shape(found.graph, piece.carried, found.values)
    if not shape or piece.cut is None:
        return shape
    if piece.packed is not None:
        at = piece.packed % len(shape)
        return (*shape[:at], *shape[at + 1 :])
    return (*shape[:-1], piece.cut[1] - piece.cut[0])


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
