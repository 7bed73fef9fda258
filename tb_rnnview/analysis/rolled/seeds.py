"""Where to begin: elements of a sequence in their order, and uses of one weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import constant
from tb_rnnview.analysis.rolled.arrays import Arrays, Ints, pairs
from tb_rnnview.analysis.rolled.colours import Colours

_TAKES_APART = ("Unpack", "Split", "SplitV")
_SLICES = ("StridedSlice", "Slice", "GatherV2", "Gather")


@dataclass(frozen=True)
class Seed:
    """One tensor for each timestep."""

    length: int
    node: int
    """The first node, or the only one, which takes a sequence apart."""
    first: int = -1
    """The first of its outputs; -1 = each timestep has a node of its own."""
    nodes: Ints | None = None
    """The nodes of all timesteps, where each has one of its own."""
    is_ordered: bool = True
    """Whether the timesteps are in their order."""
    readers: int = 0
    """How many operations read one of the elements: the fewer, the clearer what each is."""


def in_turn(elements: list[Seed], uses: list[Seed]) -> list[Seed]:
    """All seeds, in the order in which to try them: long ones first.

    Elements tell the order of time, and which of several layers a use belongs to. But a gate that
    is cut out of four is an element as well: among many uses, those of four elements come later.
    """
    return sorted(
        [*elements, *uses],
        key=lambda s: (-s.length * (4 if s.is_ordered else 1), s.readers),
    )


def weights_used_again(arrays: Arrays, colours: Colours) -> list[Seed]:
    """Groups of nodes that use the same weight alike, the largest groups first."""
    kinds = arrays.op[arrays.target]
    holder = arrays.holder[arrays.source]
    passed_on = arrays.kinds(ops.PASS_ON)
    edges = arrays.of_weights
    edges = edges[arrays.live[arrays.target[edges]] & ~passed_on[kinds[edges]]]
    if not len(edges):
        return []
    target = arrays.target[edges]
    slot = edges - arrays.first[target]
    key = np.stack([holder[edges], slot, arrays.frame[target], arrays.op[target]], axis=1)
    order = np.lexsort((*key.T, colours.reaching(0)[target]))
    sorted_key = np.column_stack([key[order], colours.reaching(0)[target][order].view(np.int64)])
    ends = np.flatnonzero((np.diff(sorted_key, axis=0) != 0).any(axis=1)) + 1
    groups = [np.unique(target[places]) for places in np.split(order, ends)]
    found = [
        Seed(len(nodes), int(nodes[0]), nodes=nodes, is_ordered=False)
        for nodes in groups
        if len(nodes) > 1
    ]
    return sorted(found, key=_by_length)


def sequences_taken_apart(arrays: Arrays) -> list[Seed]:
    """Sequences of which each element is read by itself, longest first."""
    _, edges = arrays.out
    edges = edges[arrays.kinds(_TAKES_APART)[arrays.op[arrays.source[edges]]]]
    node, port = pairs(arrays.source[edges], arrays.port[edges])
    starts = np.flatnonzero(np.diff(node, prepend=-1))
    counts = np.diff(starts, append=len(node))
    in_a_row = (counts > 1) & (port[starts + counts - 1] - port[starts] + 1 == counts)
    starts, counts = starts[in_a_row], counts[in_a_row]
    rows = zip(counts.tolist(), node[starts].tolist(), port[starts].tolist(), strict=True)
    leave = np.bincount(arrays.source[edges], minlength=len(arrays.graph))
    found = [
        Seed(count, node, first, readers=int(leave[node]) // count) for count, node, first in rows
    ]
    found += [
        Seed(len(nodes), int(nodes[0]), nodes=nodes, readers=len(arrays.consumers(nodes[:1])[0]))
        for nodes in _slices(arrays)
    ]
    return sorted(found, key=_by_length)


def _by_length(seed: Seed) -> tuple[int, int]:
    return -seed.length, seed.node


def _slices(arrays: Arrays) -> Iterator[Ints]:
    """Slices of one tensor at places that follow one another."""
    graph = arrays.graph
    alike: dict[tuple[object, ...], list[tuple[int, tuple[object, ...]]]] = {}
    for node in graph.nodes_of(*_SLICES):
        tensors = graph.inputs(node)
        if not arrays.live[node] or len(tensors) < 2 or graph.op(tensors[1][0]) != "Const":
            continue
        begin = constant(graph, tensors[1][0])
        made_by = graph.op(tensors[0][0])
        if begin is None or made_by in ops.SHAPE_READERS or begin.rank > 1:
            continue
        key = (graph.op(node), tensors[0], int(arrays.frame[node]), len(begin.items))
        alike.setdefault(key, []).append((node, begin.items))
    for group in alike.values():
        if len(group) > 1:
            yield from _in_order(group)


def _in_order(group: list[tuple[int, tuple[object, ...]]]) -> Iterator[Ints]:
    """Those of a group that differ in one place only, in the order of that place."""
    table = np.array([items for _, items in group])
    if table.dtype == object:
        return
    nodes = np.array([node for node, _ in group])
    varies = np.flatnonzero((table != table[0]).any(axis=0))
    if len(varies) != 1:
        return
    places = table[:, varies[0]]
    order = np.argsort(places, kind="stable")
    steps = np.diff(places[order])
    if (steps == steps[0]).all() and steps[0] > 0:
        yield nodes[order]
