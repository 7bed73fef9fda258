"""Reads off the graph what the rules of findings need to know beside the timeline."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.same_weights import overlap_in
from tb_rnnview.analysis.states import is_zero
from tb_rnnview.analysis.variables import holds_weights
from tb_rnnview.findings.facts import Facts, Taken, UnreadInput
from tb_rnnview.graph.control_flow import MERGE, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.timeline import Kind

# Not through a Merge: what comes round a loop is not what it starts from.
_HANDED_ON = ops.PASS_ON - ops.SPLITS - frozenset(MERGE)
_WHOLE_NUMBERS = (3, 9)
"""int32 and int64 as TensorFlow's DataType numbers."""
_CONCATS = ("ConcatV2", "Concat")
_MOST_OPERANDS = 64
"""So many operations are followed from a product back to what it is made of."""


def facts_of(found: Analysis) -> Facts:
    """The facts of a graph."""
    return Facts(
        unread_inputs=tuple(_unread_inputs(found)),
        taken=tuple(_taken(found)),
        same_elements=dict(_same_elements(found)),
        from_zeros=frozenset(_from_zeros(found)),
        written_out=_written_out(found),
    )


def _unread_inputs(found: Analysis) -> Iterator[UnreadInput]:
    graph = found.graph
    if not graph.nodes_of(*ops.VARIABLES):
        return  # frozen: what freezing left over is nobody's input
    for node in graph.nodes_of("Placeholder", "PlaceholderV2"):
        if any(True for _ in graph.consumers(node)) or len(graph.control_consumers(node)):
            continue
        shape = found.values.shape((node, 0))
        known = None if shape is None else tuple(d if isinstance(d, int) else None for d in shape)
        yield UnreadInput(graph.names[node], known, holds_weights(graph, node))


def _taken(found: Analysis) -> Iterator[Taken]:
    for layer in found.layers:
        if layer.kind is not Kind.ONCE or len(layer.instances) != 1:
            continue
        elements = (
            found.picked.element(tensor)
            for operand in _multiplied(found.graph, layer.instances[0])
            for tensor in _joined_of(found.graph, operand)
        )
        for (sequence, dimension), index in dict.fromkeys(e for e in elements if e is not None):
            node, port = sequence
            name = f"{found.graph.names[node]}{f':{port}' if port else ''}"
            yield Taken(layer.id, f"{name}, dimension {dimension}", index)


def _same_elements(found: Analysis) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By variable, the recurrent layers that read elements which the first of them reads, too."""
    reading: dict[int, dict[str, Instance]] = {}
    for layer in found.layers:
        for instance in layer.instances if layer.kind is Kind.RECURRENT else ():
            for variable in instance.variables:
                reading.setdefault(variable, {}).setdefault(layer.id, instance)
    for variable, layers in reading.items():
        first = next(iter(layers.values()))
        same = tuple(i for i, other in layers.items() if overlap_in(variable, first, other))
        if len(same) > 1:
            yield found.variable_name(found.storages[variable].node), same


def _from_zeros(found: Analysis) -> Iterator[str]:
    graph = found.graph
    for layer in found.layers:
        if layer.kind in (Kind.RECURRENT, Kind.UNKNOWN):
            continue
        operands = (t for x in layer.instances for t in _multiplied(graph, x))
        if any(is_zero(graph, part) for t in operands for part in _joined_of(graph, t)):
            yield layer.id


def _written_out(found: Analysis) -> dict[str, int]:
    """By axis, the operations of one timestep in all the loops that were written out along it."""
    operations: dict[str, int] = {}
    for loop in found.loops:
        axis = found.axes.of.get(loop.frame)
        if axis is not None and found.frames.name[loop.frame] in found.graph.rolled:
            computing = sum(_computes(found.graph, n) for n in loop.body)
            operations[axis.id] = operations.get(axis.id, 0) + computing
    return operations


def _computes(graph: Graph, node: int) -> bool:
    """Whether an operation computes with data; what counts timesteps is no part of their cell.

    Nor are operations that were put in for the loop: those have no type of numbers.
    """
    kind = graph.attr(node, "T")
    is_data = kind is not None and kind.type not in _WHOLE_NUMBERS
    return is_data and graph.op(node) not in ops.PLUMBING


def _multiplied(graph: Graph, instance: Instance) -> Iterator[Tensor]:
    """What an instance multiplies its weights by."""
    for site in instance.sites:
        slots = ops.MATRIX.get(graph.op(site.node))
        if slots is not None and site.slot in slots:
            yield from (t for at, t in enumerate(graph.inputs(site.node)[:2]) if at != site.slot)


def _joined_of(graph: Graph, operand: Tensor) -> Iterator[Tensor]:
    """What an operand is joined of, in a concatenation of it or as it is."""
    pending, left = [operand], _MOST_OPERANDS
    while pending and left:
        left -= 1
        tensor = origin(graph, pending.pop(), _HANDED_ON)
        if graph.op(tensor[0]) in _CONCATS:
            pending.extend(graph.inputs(tensor[0]))
        else:
            yield tensor
