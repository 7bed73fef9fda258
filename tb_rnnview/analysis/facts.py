"""Reads off the graph what the rules of findings need to know beside the timeline."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.results_used import find_one_used
from tb_rnnview.analysis.same_weights import overlap_in
from tb_rnnview.analysis.states import is_zero
from tb_rnnview.analysis.variables import holds_weights
from tb_rnnview.analysis.where import Where
from tb_rnnview.findings.facts import Facts, Fed, Taken, UnreadInput
from tb_rnnview.graph.control_flow import MERGE, origin, through
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.timeline import Kind

# Not through a Merge: what comes round a loop is not what it starts from.
_HANDED_ON = ops.PASS_ON - ops.SPLITS - frozenset(MERGE)
_WHOLE_NUMBERS = (3, 9)
"""int32 and int64 as TensorFlow's DataType numbers."""
_FED = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")
_SETS = ("Assign", "AssignVariableOp")
_CONCATS = ("ConcatV2", "Concat")
_MOST_INPUTS = 1_000
"""Of so many inputs that nothing reads it is asked what they are; the others are counted."""
_MOST_OPERANDS = 64
"""So many operations are followed from a product back to what it is made of."""


def facts_of(found: Analysis) -> Facts:
    """The facts of a graph."""
    unread = _unread_inputs(found)
    return Facts(
        unread_inputs=tuple(_unread_input(found, node) for node in unread[:_MOST_INPUTS]),
        other_unread_inputs=len(unread[_MOST_INPUTS:]),
        taken=tuple(_taken(found)),
        same_elements=dict(_same_elements(found)),
        from_zeros=frozenset(_from_zeros(found)),
        written_out=_written_out(found),
        fed=tuple(_fed(found)),
        updated=frozenset(_updated(found)),
        one_used=tuple(find_one_used(found)),
        without_cudnn=dict(_without_cudnn(found)),
    )


def _unread_inputs(found: Analysis) -> list[int]:
    """The placeholders that no operation reads, and that none waits for."""
    graph = found.graph
    if not graph.nodes_of(*ops.VARIABLES):
        return []  # frozen: what freezing left over is nobody's input
    is_read = np.zeros(len(graph), bool)
    is_read[graph.edges.source] = True
    is_read[np.array(graph.control_source, np.int64)] = True
    return [n for n in graph.nodes_of("Placeholder", "PlaceholderV2") if not is_read[n]]


def _unread_input(found: Analysis, node: int) -> UnreadInput:
    shape = found.values.shape((node, 0))
    known = None if shape is None else tuple(d if isinstance(d, int) else None for d in shape)
    return UnreadInput(found.graph.names[node], known, holds_weights(found.graph, node))


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


def _fed(found: Analysis) -> Iterator[Fed]:
    graph = found.graph
    for (node, port, where), loops in found.axes.tensors.items():
        shape = found.values.shape((node, port)) if graph.op(node) in _FED else None
        if shape is None or where != Where(where.dimension):
            continue
        known = tuple(d if isinstance(d, int) else None for d in shape)
        for axis in dict.fromkeys(found.axes.of[x.frame].id for x in loops):
            yield Fed(graph.names[node], known, axis, where.dimension)


def _updated(found: Analysis) -> Iterator[str]:
    """The variables that an optimiser changes, or anything else but setting and restoring them."""
    graph = found.graph
    writes = [op for op in graph.op_names if ops.is_write(op) and op not in _SETS]
    if not any("Apply" in op for op in writes):
        return  # counters and averages alone are no training
    stored = {storage.node for storage in found.storages}
    for node in graph.nodes_of(*writes):
        target = graph.input(node, 0)
        variable = through(graph, target[0]) if target is not None else -1
        if variable in stored:
            yield found.variable_name(variable)


def _without_cudnn(found: Analysis) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By layer, the arguments that all of its variables were made with."""
    told = found.source.without_cudnn
    for layer in found.layers if told else ():
        if layer.kind is Kind.RECURRENT:
            said = {told.get(found.variable_name(v)) for v in found.variables_of(layer)}
            if len(said) == 1 and (arguments := said.pop()):
                yield layer.id, arguments


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
