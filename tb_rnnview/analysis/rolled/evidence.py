"""Whether steps that are written out are timesteps, or a stack of layers with tied weights."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.rolled.arrays import Arrays
from tb_rnnview.analysis.rolled.elements_read import Element, Listed, Same, what_is_read
from tb_rnnview.analysis.rolled.lockstep import Lockstep, Role
from tb_rnnview.analysis.rolled.loops import WrittenLoop
from tb_rnnview.analysis.rolled.operands import Inside, Operand, Outside
from tb_rnnview.analysis.schedules import is_schedule
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import MERGE, NEXT, SWITCH, origin
from tb_rnnview.graph.form import Tensor

_HANDING_ON = ops.PASS_ON - {"Split", *MERGE}
_ADDS = frozenset({"Add", "AddV2", "AddN", "Identity"})
_CUTS = ("StridedSlice", "Slice", "Gather", "GatherV2")


def is_time(
    walk: Lockstep,
    values: Values,
    loop: WrittenLoop,
    loops: list[WrittenLoop],
    operands: dict[Role, list[Operand]],
    roots: Collection[int],
) -> bool:
    """Whether the steps take consecutive elements of a sequence, or the results of several count.

    Steps with weights of their own, which take none, are layers. So are those that take what an
    outer loop carries: the states of these layers.
    """
    others = {
        role
        for other in loops
        if other is not loop and not _only_sums(values, other, operands)
        for role in other.roles
    }
    for role in loop.roles:
        for operand in operands[role]:
            if isinstance(operand, Inside) and operand.role in others:
                return True
        if _takes_an_element(values, role, operands):
            return True
    if not uses_weights(walk.arrays, values, loop.carried, operands):
        return False
    if any(_takes_carried(values, role, operands[role]) for role in loop.roles):
        return False
    return _is_collected(walk, loop, others, roots)


def _only_sums(values: Values, loop: WrittenLoop, operands: dict[Role, list[Operand]]) -> bool:
    """Whether a loop only adds up what the steps made, and takes no element of a sequence.

    So do layers with tied weights that all have a say in the result, and the four slopes of a
    Runge-Kutta step: a sum does not tell whether they are timesteps.
    """
    graph = values.graph
    if not all(graph.op(int(role.nodes[role.start])) in _ADDS for role in loop.carried):
        return False
    return not any(_takes_an_element(values, role, operands) for role in loop.roles)


def _takes_an_element(values: Values, role: Role, operands: dict[Role, list[Operand]]) -> bool:
    """Whether each timestep of an operation takes an element of its own of a sequence."""
    read = (o for o in operands[role] if isinstance(o, Outside))
    return any(_is_sequence(values, o) for o in read) or _cuts_a_sequence(
        values, role, operands[role]
    )


def _is_collected(
    walk: Lockstep, loop: WrittenLoop, others: set[Role], roots: Collection[int]
) -> bool:
    """Whether what several steps made goes into one thing, or is given back."""
    arrays = walk.arrays
    comes_round = arrays.kinds(NEXT)
    own = set(loop.roles)
    results = 0
    for role in loop.roles:
        nodes = role.nodes[loop.start : loop.stop]
        nodes = nodes[nodes >= 0]
        results += sum(node in roots for node in nodes.tolist())
        edges, place = arrays.consumers(nodes)
        readers = arrays.target[edges]
        outside = ~comes_round[arrays.op[readers]]
        pairs = np.unique(np.stack([readers[outside], place[outside]]), axis=1)
        known = walk.role_of[pairs[0]]
        by_reader: dict[object, int] = {}
        for reader, number in zip(pairs[0].tolist(), known.tolist(), strict=True):
            one = walk.roles[number] if number >= 0 else None
            if one not in own:
                key: object = one if one in others else reader
                by_reader[key] = by_reader.get(key, 0) + 1
        if max(by_reader.values(), default=0) > 1:
            return True
    return results > 1


def _is_sequence(values: Values, operand: Outside) -> bool:
    """Whether each timestep reads an element of its own of a sequence that is no weight."""
    graph = values.graph
    read = what_is_read(values, operand)
    if isinstance(read, Element):
        return _may_be_sequence(values, read.tensor)
    if isinstance(read, Listed):
        kinds = {graph.op(node) for node, _ in read.tensors}
        return len(set(read.tensors)) == len(read.tensors) and kinds <= ops.INPUTS
    return False


def _cuts_a_sequence(values: Values, role: Role, operands: list[Operand]) -> bool:
    """Whether an operation cuts an element out of a tensor, at a place that is counted."""
    whole = _whole_of_cut(values, role, operands)
    return whole is not None and _may_be_sequence(values, whole)


def _whole_of_cut(values: Values, role: Role, operands: list[Operand]) -> Tensor | None:
    """The tensor of which each step cuts out another part; None = the operation cuts none."""
    if values.graph.op(int(role.nodes[role.start])) not in _CUTS:
        return None
    whole, place = operands[:2]
    if not isinstance(whole, Outside) or not isinstance(place, Outside) or not whole.is_same:
        return None
    return None if place.is_same else (int(whole.nodes[0]), int(whole.ports[0]))


def _takes_carried(values: Values, role: Role, operands: list[Operand]) -> bool:
    """Whether each step takes another part of what an outer loop carries, or another such value."""
    taken = [_whole_of_cut(values, role, operands)]
    for operand in operands:
        read = what_is_read(values, operand) if isinstance(operand, Outside) else None
        if isinstance(read, Element):
            taken.append(read.tensor)
        elif isinstance(read, Listed):
            taken += read.tensors[:2]
    return any(tensor is not None and _is_carried(values, tensor) for tensor in taken)


def _is_carried(values: Values, tensor: Tensor) -> bool:
    graph = values.graph
    return origin(graph, tensor, _HANDING_ON)[0] in graph.loop_merges


def _may_be_sequence(values: Values, tensor: Tensor) -> bool:
    """Whether a tensor is neither a weight, nor what an outer loop carries, nor a schedule."""
    graph = values.graph
    node = origin(graph, tensor, _HANDING_ON)[0]
    if graph.op(node) in ops.VARIABLES or node in graph.loop_merges:
        return False
    return not is_schedule(values, tensor, {})


def uses_weights(
    arrays: Arrays, values: Values, roles: Iterable[Role], operands: dict[Role, list[Operand]]
) -> bool:
    """Whether an operation uses the same part of the same variable at each timestep."""
    whole = _handing_on(values, operands)
    return any(_uses(arrays, role, operands[role], whole) for role in roles)


def _handing_on(values: Values, operands: dict[Role, list[Operand]]) -> set[Role]:
    """The roles that only hand on, at each timestep, the same of one thing."""
    graph = values.graph
    found: set[Role] = set()

    def hands_on(role: Role) -> bool:
        op = graph.op(int(role.nodes[role.start]))
        # Whether a condition lets it through does not change what it is.
        read = operands[role][:1] if op in SWITCH else operands[role]
        return op in ops.PASS_ON and all(
            o.role in found if isinstance(o, Inside) else isinstance(what_is_read(values, o), Same)
            for o in read
        )

    more = True
    while more:
        new = [role for role in operands if role not in found and hands_on(role)]
        found.update(new)
        more = bool(new)
    return found


def _uses(arrays: Arrays, role: Role, operands: list[Operand], whole: set[Role]) -> bool:
    """Whether an operation uses the same part of the same variable at each timestep."""
    if arrays.graph.op(int(role.nodes[role.start])) in ops.PASS_ON:
        return False
    for operand in operands:
        if isinstance(operand, Inside):
            node = operand.role.nodes[operand.role.start] if operand.role in whole else -1
        else:
            node = operand.nodes[0] if operand.is_same else -1
        if node >= 0 and arrays.holder[node] >= 0:
            return True
    return False
