"""What nodes are used for: by the network itself, by training, or only to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.analysis import ops
from tb_rnnview.graph.edges import Flags, flags
from tb_rnnview.graph.form import Graph

_SUMS = frozenset({"Add", "AddV2", "AddN"})


@dataclass(frozen=True)
class Uses:
    """For each node, what it is used for. Reading its shape is no use."""

    forward: NDArray[np.int64]
    """How many uses by the forward computation it has."""
    training: Flags
    """Whether it is stored, or is a gradient that goes on to be one."""
    watched: Flags
    """Whether a summary shows it, or it is kept for differentiation."""


def find_uses(graph: Graph, derivative: bytearray, fed: Callable[[], bytearray]) -> Uses:
    """What all nodes are used for.

    Args:
        graph: the graph.
        derivative: one flag per node: it descends from what only differentiation makes.
        fed: tells one flag per node: it is made of the data.
    """
    edges = graph.edges
    is_derivative = flags(derivative)
    left = ~(is_derivative[edges.source] | edges.of_targets(ops.SHAPE_READERS))

    def taken(mask: Flags) -> Flags:
        """Of the edges that are left, those of a mask; they are left no more."""
        found: Flags = left & mask
        left[found] = False
        return found

    shown = taken(edges.of_targets(ops.is_summary))
    stored = taken(edges.of_targets(ops.is_write))
    differentiated = taken(edges.of_targets(ops.is_derivative))
    forward = taken(~is_derivative[edges.target])
    goes_on = _by_slot(graph, differentiated, ops.takes_gradient)
    joins = _by_slot(graph, left, lambda op, slot, _: ops.joins_gradients(op, slot))
    summed = joins & edges.of_targets(_SUMS)
    if summed.any():
        # A gradient is summed up with other gradients, never with what was made of the data: that
        # sum is a loss with a penalty on a gradient, say.
        joins &= ~(summed & flags(fed())[edges.source])
    return Uses(
        forward=np.bincount(edges.source[forward], minlength=len(graph)),
        training=_sources(graph, stored | goes_on | joins),
        watched=_sources(graph, shown | (differentiated & ~goes_on) | (left & ~joins)),
    )


def _sources(graph: Graph, edges: Flags) -> Flags:
    """For each node, whether one of some edges leaves it."""
    found = np.zeros(len(graph), bool)
    found[graph.edges.source[edges]] = True
    return found


def _by_slot(graph: Graph, asked: Flags, is_one: Callable[[str, int, int], bool]) -> Flags:
    """Those of some edges that a rule picks, by operation type, input slot and number of slots."""
    edges = graph.edges
    found = np.zeros(len(asked), bool)
    which = np.flatnonzero(asked)
    target = edges.target[which]
    slots = edges.slot[which].astype(np.int64) << 32 | edges.count[target]
    _, place = np.unique(slots, return_inverse=True)
    # Few are different, and the rule is asked of one of each.
    _, first, kind = np.unique(
        place * len(graph.op_names) + edges.op[target], return_index=True, return_inverse=True
    )
    picked = [
        is_one(graph.op(int(target[at])), int(edges.slot[which[at]]), int(edges.count[target[at]]))
        for at in first
    ]
    found[which] = np.array(picked, bool)[kind]
    return found
