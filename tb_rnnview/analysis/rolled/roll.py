"""Timesteps that stand in the graph one by one become a loop, as if they had been one.

A program may write its timesteps out: ``static_rnn``, ``unroll=True``, a loop of Python's. Where
the same operations follow each other with the same weights, one timestep is kept, in a while frame
that runs it as often as it was written. All later passes so see one form of time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from tb_rnnview.analysis.rolled.arrays import Arrays, Ints
from tb_rnnview.analysis.rolled.colours import Colours
from tb_rnnview.analysis.rolled.evidence import is_time, uses_weights
from tb_rnnview.analysis.rolled.filled_in import FilledIn, fill_in
from tb_rnnview.analysis.rolled.left_out import find_left_out
from tb_rnnview.analysis.rolled.lockstep import Family, Lockstep, Role
from tb_rnnview.analysis.rolled.loops import WrittenLoop, find_written_loops
from tb_rnnview.analysis.rolled.operand_order import in_one_order
from tb_rnnview.analysis.rolled.operands import Operand, find_operands
from tb_rnnview.analysis.rolled.rewriting import CannotRunError, Rewriting
from tb_rnnview.analysis.rolled.rows import rows_of
from tb_rnnview.analysis.rolled.seeds import (
    Seed,
    in_turn,
    sequences_taken_apart,
    weights_used_again,
)
from tb_rnnview.analysis.values import Values
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.edges import places
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames, find_frames
from tb_rnnview.graph.soundness import check_sound


@dataclass(frozen=True)
class Rolled:
    """A graph whose timesteps were rolled up."""

    graph: Graph
    roots: list[int]
    derivative: bytearray
    frames: Frames
    left: int = 0
    """How many uses of weights that are used again stand in no loop."""


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
    graph = in_one_order(graph)
    arrays = Arrays(graph, live, frames.of)
    again = weights_used_again(arrays, Colours(arrays))
    if not again:
        return None
    rolled = _rolled_up(arrays, again, roots, derivative)
    if rolled is not None and not rolled.left:
        return rolled
    left_out = find_left_out(arrays, again, places(graph))
    filled = None
    if left_out is not None:
        filled = fill_in(arrays, frames.of, roots, derivative, left_out)
    if filled is None:
        return rolled
    arrays = Arrays(in_one_order(filled.graph), filled.live, filled.frame)
    again = weights_used_again(arrays, Colours(arrays))
    whole = _rolled_up(arrays, again, filled.roots, filled.derivative, filled)
    return whole if whole is not None and (rolled is None or whole.left < rolled.left) else rolled


def _rolled_up(
    arrays: Arrays,
    again: list[Seed],
    roots: Sequence[int],
    derivative: bytearray,
    filled: FilledIn | None = None,
) -> Rolled | None:
    """The graph with loops in the place of timesteps.

    Args:
        arrays: the graph.
        again: uses of one weight.
        roots: the results.
        derivative: what differentiation made.
        filled: what was added, which a loop has to have in its first timestep.
    """
    graph, live = arrays.graph, arrays.needed
    walk = Lockstep(arrays)
    values = Values(graph)
    written: list[_Written] = []
    place: Ints | None = None
    results = set(roots)
    for seed in in_turn(sequences_taken_apart(arrays), again):
        if seed.nodes is None:
            if walk.role_of[seed.node] >= 0:
                continue
            family = walk.from_outputs(seed.node, seed.first, seed.length)
        elif seed.is_ordered:
            if (walk.role_of[seed.nodes] >= 0).any():
                continue
            family = walk.from_nodes(seed.nodes)
        else:
            free = seed.nodes[walk.role_of[seed.nodes] < 0]
            if len(free) > 1:
                place = places(graph) if place is None else place
                row = free[np.argsort(place[free])]
                if not _keep(walk, _forward(walk, row), values, results, written):
                    # They may be several rows: applications, or layers that share the weight.
                    for row in rows_of(arrays, free, place):
                        if len(row) > 1 and (walk.role_of[row] < 0).all():
                            _keep(walk, _forward(walk, row), values, results, written)
            continue
        _keep(walk, family, values, results, written)
    if not written:
        return None

    def with_loops(of: list[_Written]) -> Rolled | None:
        rewriting = Rewriting(graph, walk, values, filled)
        for one in of:
            rewriting.take(one.loops, one.operands)
        try:
            found = rewriting.finished(live, roots, derivative)
            check_sound(found[0])
            return Rolled(*found, find_frames(found[0]), _left(again, of, len(graph)))
        except (CannotRunError, SourceError):
            return None

    rolled = with_loops(written)
    if rolled is None:
        # One of them cannot run as a loop; the others may.
        good: list[_Written] = []
        for one in written:
            if (tried := with_loops([*good, one])) is not None:
                good, rolled = [*good, one], tried
    return rolled


def _left(again: list[Seed], written: list[_Written], count: int) -> int:
    """How many uses of weights that are used again no loop has taken."""
    taken = np.zeros(count, dtype=bool)
    for one in written:
        for loop in one.loops:
            for role in loop.roles:
                nodes = role.nodes[loop.start : loop.stop]
                taken[nodes[nodes >= 0]] = True
    return sum(int((~taken[seed.nodes]).sum()) for seed in again if seed.nodes is not None)


def _forward(walk: Lockstep, row: Ints) -> Family:
    """The family of a row that has no order of its own: its timesteps are in that of its states."""
    family = walk.from_nodes(row)
    loops = find_written_loops(find_operands(walk, family))
    if loops and all(loop.backward for loop in loops):
        walk.give_up(family)
        family = walk.from_nodes(row[::-1])
    return family


def _keep(
    walk: Lockstep,
    family: Family,
    values: Values,
    roots: Collection[int],
    written: list[_Written],
) -> bool:
    """Adds the loops of a family, if there is evidence that they are time; else frees its nodes."""
    operands = find_operands(walk, family)
    loops = find_written_loops(operands)
    while loops:
        wrong = [loop for loop in loops if not is_time(walk, values, loop, loops, operands, roots)]
        if not wrong:
            break
        for role in [r for loop in wrong for r in loop.carried]:
            walk.give_up_role(role)
            family.roles.remove(role)
        operands = find_operands(walk, family)
        loops = find_written_loops(operands)
    placed = {role for loop in loops for role in loop.roles}
    if not uses_weights(walk.arrays, values, placed, operands):
        walk.give_up(family)
        return False
    for role in family.roles:
        if role not in placed:
            walk.give_up_role(role)
    written.append(_Written(loops, operands))
    return True
