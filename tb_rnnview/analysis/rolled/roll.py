"""Timesteps that stand in the graph one by one become a loop, as if they had been one.

A program may write its timesteps out: ``static_rnn``, ``unroll=True``, a loop of Python's. Where
the same operations follow each other with the same weights, one timestep is kept, in a while frame
that runs it as often as it was written. All later passes so see one form of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.rolled.arrays import Arrays, Ints
from tb_rnnview.analysis.rolled.colours import Colours
from tb_rnnview.analysis.rolled.elements_read import Same, is_sequence, what_is_read
from tb_rnnview.analysis.rolled.lockstep import Family, Lockstep, Role
from tb_rnnview.analysis.rolled.loops import WrittenLoop, find_written_loops
from tb_rnnview.analysis.rolled.operands import Inside, Operand, Outside, find_operands
from tb_rnnview.analysis.rolled.rewriting import CannotRunError, Rewriting
from tb_rnnview.analysis.rolled.seeds import in_turn, sequences_taken_apart, weights_used_again
from tb_rnnview.analysis.values import Values
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames
from tb_rnnview.graph.soundness import check_sound


@dataclass(frozen=True)
class Rolled:
    """A graph whose timesteps were rolled up."""

    graph: Graph
    roots: list[int]
    derivative: bytearray


@dataclass
class _Written:
    """The loops of a family, with what their operations read."""

    loops: list[WrittenLoop]
    operands: dict[Role, list[Operand]]


def roll_up(
    graph: Graph, live: bytearray, frames: Frames, roots: Sequence[int], derivative: bytearray
) -> Rolled | None:
    """The graph with loops in the place of timesteps that are written out; None = there are none.

    Args:
        graph: the graph, which stays as it is.
        live: what the network's results need.
        frames: the while frames.
        roots: the results.
        derivative: what differentiation made.
    """
    arrays = Arrays(graph, live, frames.of)
    again = weights_used_again(arrays, Colours(arrays))
    if not again:
        return None
    walk = Lockstep(arrays)
    values = Values(graph)
    written: list[_Written] = []
    order: Ints | None = None
    for seed in in_turn(sequences_taken_apart(arrays), again):
        if walk.role_of[seed.nodes[0]] >= 0 and seed.is_ordered:
            continue
        nodes = seed.nodes[walk.role_of[seed.nodes] < 0]
        if (seed.is_ordered and len(nodes) < len(seed.nodes)) or len(nodes) < 2:
            continue
        if seed.ports is not None:
            family = walk.from_outputs(int(nodes[0]), seed.ports)
        elif seed.is_ordered:
            family = walk.from_nodes(nodes)
        else:
            order = run_order(graph) if order is None else order
            family = walk.from_nodes(nodes[np.argsort(order[nodes])])
        _keep(walk, family, values, written)
    if not written:
        return None
    rewriting = Rewriting(graph, walk, values)
    for one in written:
        rewriting.take(one.loops, one.operands)
    try:
        found = rewriting.finished(live, roots, derivative)
        check_sound(found[0])
    except (CannotRunError, SourceError):
        return None
    return Rolled(*found)


def _keep(walk: Lockstep, family: Family, values: Values, written: list[_Written]) -> None:
    """Adds the loops of a family, if there is evidence that they are time; else frees its nodes."""
    operands = find_operands(walk, family)
    loops = find_written_loops(operands)
    while loops:
        wrong = [loop for loop in loops if not _is_time(walk, values, loop, loops, operands)]
        if not wrong:
            break
        for role in [r for loop in wrong for r in loop.carried]:
            walk.give_up_role(role)
            family.roles.remove(role)
        operands = find_operands(walk, family)
        loops = find_written_loops(operands)
    placed = {role for loop in loops for role in loop.roles}
    whole = _whole(values, operands)
    if not any(_uses_weights(walk.arrays, role, operands[role], whole) for role in placed):
        walk.give_up(family)
        return
    for role in family.roles:
        if role not in placed:
            walk.give_up_role(role)
    written.append(_Written(loops, operands))


def _whole(values: Values, operands: dict[Role, list[Operand]]) -> set[Role]:
    """The roles that only hand on, at each timestep, the same of one thing."""
    graph = values.graph
    found: set[Role] = set()

    def hands_on(role: Role) -> bool:
        return graph.op(int(role.nodes[role.start])) in ops.PASS_ON and all(
            o.role in found if isinstance(o, Inside) else isinstance(what_is_read(values, o), Same)
            for o in operands[role]
        )

    more = True
    while more:
        new = [role for role in operands if role not in found and hands_on(role)]
        found.update(new)
        more = bool(new)
    return found


def _uses_weights(arrays: Arrays, role: Role, operands: list[Operand], whole: set[Role]) -> bool:
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


def _is_time(
    walk: Lockstep,
    values: Values,
    loop: WrittenLoop,
    loops: list[WrittenLoop],
    operands: dict[Role, list[Operand]],
) -> bool:
    """Whether its steps take consecutive elements of a sequence, or several leave a result.

    Steps with weights of their own, which take none, are layers.
    """
    own = set(loop.roles)
    others = {role for other in loops if other is not loop for role in other.roles}
    for role in loop.roles:
        for operand in operands[role]:
            if isinstance(operand, Inside):
                if operand.role in others:
                    return True
            elif is_sequence(values, what_is_read(values, operand)):
                return True
        if _slices_a_sequence(walk, values, role, operands[role]):
            return True
    arrays = walk.arrays
    whole = _whole(values, operands)
    if not any(_uses_weights(arrays, role, operands[role], whole) for role in loop.carried):
        return False
    read_at: set[int] = set()
    for role in loop.roles:
        steps = np.arange(loop.start, loop.stop)
        nodes = role.nodes[steps]
        steps, nodes = steps[nodes >= 0], nodes[nodes >= 0]
        edges, place = arrays.consumers(nodes)
        readers = walk.role_of[arrays.target[edges]]
        outside = np.array([r < 0 or walk.roles[r] not in own for r in readers.tolist()], bool)
        read_at.update(steps[place[outside]].tolist())
    return len(read_at) > 1


def _slices_a_sequence(walk: Lockstep, values: Values, role: Role, operands: list[Operand]) -> bool:
    """Whether an operation cuts an element out of a tensor, at a place that is counted."""
    graph = values.graph
    if graph.op(int(role.nodes[role.start])) not in ("StridedSlice", "Slice", "Gather", "GatherV2"):
        return False
    whole, place = operands[:2]
    if not isinstance(whole, Outside) or not isinstance(place, Outside) or not whole.is_same:
        return False
    held = int(walk.arrays.holder[whole.nodes[0]])
    return (held < 0 or graph.op(held) not in ops.VARIABLES) and not place.is_same


def run_order(graph: Graph) -> Ints:
    """A place for each node, after those of what it reads."""
    source = np.frombuffer(graph.source, dtype=np.int32)
    counts = np.diff(np.frombuffer(graph.first_input, dtype=np.int32))
    target = np.repeat(np.arange(len(graph)), counts.astype(np.int64))
    back = np.isin(source, graph.nodes_of("NextIteration", "RefNextIteration"))
    if (source < target)[~back].all():
        return np.arange(len(graph))
    waiting = np.bincount(target[~back], minlength=len(graph)).tolist()
    ready = [n for n, count in enumerate(waiting) if not count]
    comes_round = set(np.unique(source[back]).tolist())
    place = np.zeros(len(graph), dtype=np.int64)
    done = 0
    while ready:
        node = ready.pop()
        place[node] = done
        done += 1
        if node in comes_round:
            continue
        for _, to, _ in graph.consumers(node):
            waiting[to] -= 1
            if not waiting[to]:
                ready.append(to)
    return place
