"""States that a loop carries in one piece, one beside the other, are states of their own.

``state_is_tuple=False`` makes one tensor of all that a stack of cells carries: each timestep cuts
it up, and puts the new ones together. Where what it is cut into is what it is put together of,
each part is carried by itself: so the state of one layer is told from that of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried, carried_at
from tb_rnnview.analysis.cuts import cut_of, cut_source
from tb_rnnview.analysis.known import dimension, whole
from tb_rnnview.analysis.liveness import needed_by
from tb_rnnview.analysis.rolled.remade import Remade
from tb_rnnview.analysis.rolled.roll import Rolled
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import EXIT, SWITCH, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import Frames, find_frames

_HANDS_ON = frozenset({"Identity", "Snapshot"})
_DEEPEST = 4
"""Pieces in pieces in pieces."""
_CONCATS = frozenset({"Concat", "ConcatV2"})


@dataclass(frozen=True)
class _Packed:
    """A carried value that several states make up."""

    carried: Carried
    condition: Tensor
    """Whether the loop goes on."""
    dimension: int
    rank: int
    parts: list[Tensor]
    """The new states, in their order."""
    starts: list[int]
    """Where each begins; the last number is where the last one ends."""
    cuts: dict[Tensor, int]
    """What is cut out of the old one, and which state that is."""
    select: int
    """What keeps the old states of a sequence that has ended; -1 = there is none."""
    keeps_first: bool
    """Whether it takes the old states first, and then the new ones."""


def take_states_apart(
    graph: Graph, live: bytearray, frames: Frames, roots: Sequence[int], derivative: bytearray
) -> Rolled | None:
    """The graph in which each of such states is carried by itself; None = there are none.

    What is cut out may be cut up again: the states of cells that keep several in one piece.

    Args:
        graph: the graph, which stays as it is.
        live: what the network's results need.
        frames: the while frames; loops over batches are none.
        roots: the results.
        derivative: what differentiation made.
    """
    found: Rolled | None = None
    for _ in range(_DEEPEST):
        apart = _taken_apart_once(graph, live, frames, roots, derivative)
        if apart is None:
            break
        found = apart
        graph, roots, derivative = found.graph, found.roots, found.derivative
        frames, live = found.frames, needed_by(graph, roots, derivative)
    return found


def _taken_apart_once(
    graph: Graph, live: bytearray, frames: Frames, roots: Sequence[int], derivative: bytearray
) -> Rolled | None:
    values = Values(graph)
    merges = [n for n in sorted(graph.loop_merges) if live[n] and frames.of[n]]
    found = [_packed(graph, live, values, merge) for merge in merges]
    packed = [one for one in found if one is not None]
    if not packed:
        return None
    frame = np.array(find_frames(graph).of, dtype=np.int64)
    gone = np.zeros(len(graph), dtype=bool)
    gone[[end for one in packed for end in one.carried.exits]] = True
    remade = Remade(graph, frame, gone)
    instead: dict[Tensor, Tensor] = {}
    parts: set[int] = set()
    left: dict[tuple[int, ...], list[Tensor]] = {}
    entered: dict[int, tuple[int, tuple[int, ...]]] = {}
    for one in packed:
        outside = _outside(graph, one.carried.enter)
        parts |= _carry_apart(remade, one, instead, outside, left, entered)
    for node, (k, start) in entered.items():
        if start in left:  # each from its own, where another loop had the same ones
            remade.inputs[node] = [left[start][k]]
    # A state may start from that of another loop, or be what another one was.
    for tensors in remade.inputs.values():
        tensors[:] = [_by_now(instead, tensor) for tensor in tensors]
    taken = np.zeros(len(graph), dtype=bool)
    taken[[node for node, _ in instead]] = True
    results = [instead.get((node, 0), (node, 0))[0] for node in roots]
    changed, place = remade.finished(taken, instead.__getitem__)
    flags = bytearray(len(changed))
    for node in np.flatnonzero(place[: len(derivative)] >= 0).tolist():
        flags[place[node]] = derivative[node]
    changed.parts |= frozenset(int(place[node]) for node in parts)
    return Rolled(changed, [int(place[n]) for n in results], flags, find_frames(changed))


def _packed(graph: Graph, live: bytearray, values: Values, merge: int) -> _Packed | None:
    """What a carried value consists of; None = it is one state, as far as is known."""
    carried = carried_at(graph, merge)
    if carried is None or not carried.is_state:
        return None
    switches = [to for _, to, slot in graph.consumers(merge) if slot == 0 and live[to]]
    if len(switches) != 1 or graph.op(switches[0]) not in SWITCH:
        return None
    joined = origin(graph, graph.inputs(carried.next)[0], _HANDS_ON)[0]
    select, keeps_first = -1, False
    if graph.op(joined) in ops.SELECTS:
        select = joined
        made = [origin(graph, tensor, _HANDS_ON) for tensor in graph.inputs(select)[1:]]
        if (switches[0], 1) not in made:
            return None
        keeps_first = made[0] == (switches[0], 1)
        joined = made[int(keeps_first)][0]
    if graph.op(joined) not in _CONCATS:
        return None
    parts = graph.inputs(joined)
    axis = whole(values.value(parts.pop(0 if graph.op(joined) == "Concat" else -1)))
    shapes = [values.shape(part) for part in parts]
    rank = len(shapes[0] or ())
    along = dimension(axis, rank) if axis is not None else None
    if along is None or any(shape is None or len(shape) != rank for shape in shapes):
        return None
    sizes = [shape[along] for shape in shapes if shape is not None]
    known = [size for size in sizes if isinstance(size, int)]
    if len(known) < len(sizes) or len(sizes) < 2:
        return None
    starts = list(accumulate(known, initial=0))
    if select >= 0 and not _is_of_rows(graph, values, select, along, rank):
        return None
    cuts = _cuts(graph, live, values, switches[0], along, starts, select)
    if cuts is None or len(set(cuts.values())) < 2:
        return None
    condition = graph.inputs(switches[0])[1]
    return _Packed(carried, condition, along, rank, parts, starts, cuts, select, keeps_first)


def _is_of_rows(graph: Graph, values: Values, select: int, along: int, rank: int) -> bool:
    """Whether one choice is made for all that lies along a dimension."""
    shape = values.shape(graph.inputs(select)[0])
    if shape is None:
        return False
    if graph.op(select) == "Select" and len(shape) < 2:
        return not shape or along > 0  # for each element of the first dimension
    before = along - (rank - len(shape))
    return before < 0 or shape[before] == 1


def _cuts(
    graph: Graph,
    live: bytearray,
    values: Values,
    switch: int,
    along: int,
    starts: list[int],
    select: int,
) -> dict[Tensor, int] | None:
    """What is cut out of an old state, and which part that is; None = it is read in another way."""
    places = {ends: k for k, ends in enumerate(pairwise(starts))}
    found: dict[Tensor, int] = {}
    pending = [(switch, 1)]
    while pending:
        node, port = pending.pop()
        for out, to, slot in graph.consumers(node):
            if out != port or not live[to] or (to == select and slot):
                continue
            if graph.op(to) in _HANDS_ON:
                pending.append((to, 0))
            elif cut_source(graph, to) != (node, port) or graph.inputs(to)[slot] != (node, port):
                return None
            else:
                for end in {out for out, reader, _ in graph.consumers(to) if live[reader]}:
                    cut = cut_of(graph, values, (to, end))
                    if cut is None or cut[0] != along or cut[1:] not in places:
                        return None
                    found[to, end] = places[cut[1:]]
    return found


def _by_now(instead: dict[Tensor, Tensor], tensor: Tensor) -> Tensor:
    seen = set()
    while tensor in instead and tensor not in seen:
        seen.add(tensor)
        tensor = instead[tensor]
    return tensor


def _outside(graph: Graph, enter: int) -> int:
    """A node that runs where a value enters a loop: not what leaves another loop there."""
    node, seen = graph.inputs(enter)[0][0], set[int]()
    while node not in seen:
        seen.add(node)
        leaves = origin(graph, (node, 0), _HANDS_ON)[0]
        merges = [n for n in graph.loop_merges if _leaves(graph, n, leaves)]
        if merges and (carried := carried_at(graph, merges[0])) is not None:
            node = graph.inputs(carried.enter)[0][0]
    return node


def _leaves(graph: Graph, merge: int, node: int) -> bool:
    """Whether a node hands what comes round at a Merge out of its loop."""
    if graph.op(node) not in EXIT:
        return False
    switch = graph.sources(node)[0]
    return graph.op(switch) in SWITCH and graph.sources(switch)[0] == merge


def _carry_apart(
    remade: Remade,
    one: _Packed,
    instead: dict[Tensor, Tensor],
    outside: int,
    ended: dict[tuple[int, ...], list[Tensor]],
    entered_from: dict[int, tuple[int, tuple[int, ...]]],
) -> set[int]:
    """Carries each state by itself; the operations that cut them out of what they start from.

    Args:
        remade: the graph that is made.
        one: the value.
        instead: takes what stands for the old cuts, and for the value where it has left the loop.
        outside: a node that runs where the value enters.
        ended: takes the states where they have left, by that node, the dimension and the places.
        entered_from: takes, for what enters a state, its place among the states and that key.

    Returns:
        What was added to cut them out of what they start from, and where they leave.
    """
    graph, carried = remade.graph, one.carried
    first = graph.inputs(carried.enter)[0]
    name = graph.names[carried.merge]
    enter = {key: value for key, value in graph.nodes[carried.enter].attr.items() if key[:1] != "_"}
    ends: list[list[Tensor]] = [[] for _ in carried.exits]
    states: list[int] = []
    cuts: set[int] = set()
    for part, (start, stop) in zip(one.parts, pairwise(one.starts), strict=True):
        begin, size = [0] * one.rank, [-1] * one.rank
        begin[one.dimension], size[one.dimension] = start, stop - start
        numbers = [remade.numbers(outside, f"{name}/number", x) for x in (begin, size)]
        cut = remade.add(outside, f"{name}/start", "Slice", [first, *numbers])
        cuts.add(cut)
        entered = remade.add(carried.enter, f"{name}/Enter", "Enter", [(cut, 0)], **enter)
        entered_from[entered] = len(states), (first[0], one.dimension, *one.starts)
        merge = remade.add(carried.merge, name, "Merge", [(entered, 0)])
        switch = remade.add(carried.merge, f"{name}/Switch", "Switch", [(merge, 0), one.condition])
        states.append(switch)
        if one.select >= 0:
            chosen = [(switch, 1), part] if one.keeps_first else [part, (switch, 1)]
            inputs = [graph.inputs(one.select)[0], *chosen]
            part = remade.add(one.select, name, graph.op(one.select), inputs), 0
        comes_round = remade.add(carried.next, f"{name}/NextIteration", "NextIteration", [part])
        remade.inputs[merge].append((comes_round, 0))
        for k, end in enumerate(carried.exits):
            left = remade.add(end, f"{graph.names[end]}/part", "Exit", [(switch, 0)])
            ends[k].append((left, 0))
            cuts.add(left)
    instead.update((tensor, (states[k], 1)) for tensor, k in one.cuts.items())
    for end, lefts in zip(carried.exits, ends, strict=True):
        axis = remade.numbers(outside, f"{graph.names[end]}/axis", one.dimension)
        count = AttrValue(i=len(lefts))
        together = remade.add(outside, graph.names[end], "ConcatV2", [*lefts, axis], N=count)
        instead[end, 0] = together, 0
        if end in graph.parts:
            cuts.add(together)
        key = (end, one.dimension, *one.starts)
        ended[key] = lefts
    return cuts
