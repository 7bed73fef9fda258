"""What the first timestep leaves out, because it would be made of zeros.

A program may begin with ``h = tanh(x[0] w)`` and go on with ``h = tanh(x[t] w + h u)``; what
optimises a graph folds a first product with zeros away. The two are one timestep where the state
before is zero, as then ``h u`` adds nothing. So the state that a weight multiplies first is
compared with the one that it multiplies next: operation by operation they have to be made alike,
but for sums of which the first timestep has one part only, the other being zero.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.cuts import cut_of
from tb_rnnview.analysis.rolled.arrays import Arrays, Ints
from tb_rnnview.analysis.rolled.made_of_zeros import ZERO, Row, added, is_row, row_of
from tb_rnnview.analysis.rolled.operand_order import EITHER_WAY
from tb_rnnview.analysis.rolled.seeds import Seed
from tb_rnnview.analysis.states import is_zero
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.same_operation import does_the_same, is_same_constant

_MOST_PAIRS = 100_000
"""Pairs of tensors that are compared."""
_DEEPEST = 150
"""Operations, one after the other, that are compared in one timestep."""

_NEAR = 1000
"""Operations that are looked at between a use of a weight and the next one."""

_SUMS = frozenset({"Add", "AddV2"})
_CONCATS = frozenset({"Concat", "ConcatV2"})
# A sum with zeros may have made it larger.
_AS_LARGE = frozenset({"BroadcastTo", "Identity"})
_PLACED = frozenset({"StridedSlice", "Slice", "Gather", "GatherV2"})
_STARTS = (
    ops.VARIABLES
    | ops.INPUTS
    | frozenset("Const Fill ZerosLike ReadVariableOp Identity Tile BroadcastTo ExpandDims".split())
)
_TAKES_APART = frozenset({"Unpack", "Split", "SplitV"})
# Zero if what enters first is; a Split has its dimension there.
_KEEPS_ZERO = (
    ops.LAYOUT
    | ops.SPLITS
    | frozenset("Identity Cast StopGradient Snapshot Neg Relu Tanh Square Sqrt Sum Mean".split())
) - ops.HIDDEN_SPLITS


@dataclass(frozen=True)
class LeftOut:
    """How a first timestep is made, beside the one after it."""

    first: dict[Tensor, Tensor]
    """What the first timestep has for a tensor of the next one."""
    starts: dict[Tensor, Tensor]
    """What the first timestep has for a state that the next one reads."""
    zero: frozenset[Tensor]
    """States of the first timestep before which there is nothing: they start from zeros."""
    sums: dict[int, int]
    """Sums of the next timestep of which the first has one part, and the slot of that part."""
    folded: frozenset[Tensor]
    """What the first timestep has as a constant, which is what it is made of zeros."""
    turned: frozenset[int]
    """Operations of the next timestep that have their operands the other way round."""


def find_left_out(arrays: Arrays, uses: list[Seed], place: Ints) -> LeftOut | None:
    """What first timesteps leave out; None = nothing.

    Args:
        arrays: the graph.
        uses: groups of uses of one weight.
        place: a number for each node that is larger than those of all that it reads.
    """
    found = _Comparison(arrays)
    for later, first in _states(arrays, uses, place):
        found.compare(later, first)
    if not found.sums and not found.folded:
        return None
    return LeftOut(
        found.first,
        found.starts,
        frozenset(found.zero),
        found.sums,
        frozenset(found.folded),
        frozenset(found.turned),
    )


def _states(arrays: Arrays, uses: list[Seed], place: Ints) -> list[tuple[Tensor, Tensor]]:
    """What a weight multiplies at one use, and at the use before, in the order of data flow."""
    products = arrays.kinds(frozenset(ops.MATRIX))
    graph = arrays.graph
    found: list[tuple[int, Tensor, Tensor]] = []
    for seed in uses:
        if seed.nodes is None or not products[arrays.op[seed.node]]:
            continue
        nodes = seed.nodes[np.argsort(place[seed.nodes])][:3].tolist()
        for before, after in pairwise(nodes):
            one, other = graph.inputs(after)[0], graph.inputs(before)[0]
            pairs = [(one, other)]
            if graph.op(one[0]) in _CONCATS and graph.op(one[0]) == graph.op(other[0]):
                pairs += zip(graph.inputs(one[0]), graph.inputs(other[0]), strict=False)
            pairs = [(a, b) for a, b in pairs if a != b and _is_made_of(arrays, a, before, place)]
            found += [(int(place[after]), a, b) for a, b in pairs]
    return [(one, other) for _, one, other in sorted(found)]


def _is_made_of(arrays: Arrays, tensor: Tensor, use: int, place: Ints) -> bool:
    """Whether a tensor is made of the result of a use, by few operations."""
    pending = deque([tensor[0]])
    seen = {tensor[0]}
    for _ in range(_NEAR):
        if not pending:
            return False
        node = pending.popleft()
        if node == use:
            return True
        sources = {s for s in arrays.graph.sources(node) if place[s] >= place[use]} - seen
        seen |= sources
        pending.extend(sources)
    return False


class _Comparison:
    """A timestep compared with the first one. What is found so far holds for all that follows."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._graph: Graph = arrays.graph
        self._values = Values(arrays.graph)
        self._left = _MOST_PAIRS
        self._frame = 0
        self.first: dict[Tensor, Tensor] = {}
        self.starts: dict[Tensor, Tensor] = {}
        self.zero: dict[Tensor, bool] = {}
        self.sums: dict[int, int] = {}
        self.folded: dict[Tensor, Tensor] = {}
        self.turned: dict[int, bool] = {}
        self._states: dict[Tensor, bool] = {}
        self._noted: list[tuple[dict[Any, Any], Any]] = []

    def compare(self, later: Tensor, first: Tensor) -> None:
        """Notes what follows of two tensors being the same of two timesteps, if they can be."""
        self._frame = int(self._arrays.frame[later[0]])
        self._are_one(later, first, 0)

    def _note(self, found: dict[Any, Any], key: Any, value: Any) -> None:
        if key not in found:
            found[key] = value
            self._noted.append((found, key))

    def _forget(self, since: int) -> None:
        while len(self._noted) > since:
            found, key = self._noted.pop()
            del found[key]

    def _are_one(self, later: Tensor, first: Tensor, depth: int) -> bool:
        """Whether two tensors are the same of two timesteps."""
        if later == first:
            return True
        if later in self.first:
            return self.first[later] == first
        if later in self._states:
            return self._starts_from(later, first)
        if self._graph.op(first[0]) == "Const" != self._graph.op(later[0]):
            return self._is_folded(later, first)
        graph, arrays = self._graph, self._arrays
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST or arrays.frame[later[0]] != self._frame:
            return False
        if arrays.frame[first[0]] != self._frame or not arrays.live[first[0]]:
            return False
        since = len(self._noted)
        if later[0] == first[0]:
            found = graph.op(later[0]) in _TAKES_APART  # two elements of one sequence
        else:
            self._note(self.first, later, first)
            self._note(self._states, first, True)
            found = self._are_made_alike(later, first, depth) or self._is_rest(later, first, depth)
        if found:
            self._note(self.first, later, first)
        else:
            self._forget(since)
        return found

    def _starts_from(self, state: Tensor, first: Tensor) -> bool:
        """Whether a state may be said to start from something."""
        if state in self.starts:
            return self.starts[state] == first
        if self._graph.op(first[0]) not in _STARTS:
            return False  # it is made in the timestep, or somewhere that has such states
        if state in self.zero and not is_zero(self._graph, first):
            return False
        self._note(self.starts, state, first)
        return True

    def _are_made_alike(self, later: Tensor, first: Tensor, depth: int) -> bool:
        """Whether two operations do the same with what is the same of the two timesteps."""
        graph = self._graph
        node, other = later[0], first[0]
        op = graph.op(node)
        if op != graph.op(other) or later[1] != first[1] or op in ops.VARIABLES:
            return False
        if op in ops.INPUTS:
            return True
        operands, others = graph.inputs(node), graph.inputs(other)
        if op == "Const":
            return is_same_constant(graph, node, other)
        if not operands or len(operands) != len(others):
            return False
        if not does_the_same(graph.nodes[node], graph.nodes[other]):
            return False
        if op in _PLACED and operands[0] == others[0]:  # two elements of one sequence
            places = zip(operands[1:], others[1:], strict=True)
            return all(graph.op(a[0]) == graph.op(b[0]) == "Const" for a, b in places)
        if self._have_one_origin(operands, others, depth):
            return True
        if op in EITHER_WAY and self._have_one_origin(operands, others[::-1], depth):
            self._note(self.turned, node, True)
            return True
        return False

    def _have_one_origin(self, operands: list[Tensor], others: list[Tensor], depth: int) -> bool:
        since = len(self._noted)
        for one, another in zip(operands, others, strict=True):
            if not self._are_one(one, another, depth + 1):
                self._forget(since)
                return False
        return True

    def _is_folded(self, later: Tensor, first: Tensor) -> bool:
        """Whether a constant is what a tensor is if the states before it are zero."""
        since = len(self._noted)
        value = self._if_zero(later, 0)
        if value is None or not is_row(self._graph, first[0], value):
            self._forget(since)
            return False
        self._note(self.folded, later, first)
        return True

    def _is_rest(self, later: Tensor, first: Tensor, depth: int) -> bool:
        """Whether one part of a sum is made like what the first timestep has, the other zero."""
        node = later[0]
        if self._graph.op(node) not in _SUMS:
            return False
        parts = self._graph.inputs(node)
        since = len(self._noted)
        for slot, part in enumerate(parts):
            if self._is_zero(parts[1 - slot], 0):
                rest = origin(self._graph, first, _AS_LARGE)
                if any(self._are_one(part, one, depth + 1) for one in {first, rest}):
                    self._note(self.sums, node, slot)
                    return True
            self._forget(since)
        return False

    def _is_zero(self, tensor: Tensor, depth: int) -> bool:
        """Whether a tensor of the later timestep is zero if the states before it are."""
        value = self._if_zero(tensor, depth)
        return value is not None and not value.any()

    def _if_zero(self, tensor: Tensor, depth: int) -> Row | None:
        """What each row of a tensor of the later timestep is if the states before it are zero.

        One zero stands for as many as there are. None = that is not known.
        """
        graph = self._graph
        if tensor in self._states:
            start = self.starts.get(tensor)
            if start is not None and not is_zero(graph, start):
                return None
            self._note(self.zero, tensor, True)
            return ZERO
        node = tensor[0]
        op = graph.op(node)
        if op == "Const":
            return row_of(graph, node)
        operands = graph.inputs(node)
        if depth > _DEEPEST or not operands or self._arrays.frame[node] != self._frame:
            return None
        if op == "Mul":
            return ZERO if any(self._is_zero(operand, depth + 1) for operand in operands) else None
        if op in _KEEPS_ZERO or op in ops.MATRIX:
            value = self._if_zero(operands[ops.handed_on_slot(op)], depth + 1)
            if value is None or not value.any():
                return None if value is None else ZERO
            cut = cut_of(graph, self._values, tensor) if op in ops.SPLITS else None
            last = (self._values.rank(operands[ops.handed_on_slot(op)]) or 0) - 1
            return None if cut is None or cut[0] != last else value[cut[1] : cut[2]]
        if op in _SUMS or op in ops.BIAS_ADDS:
            parts = [self._if_zero(operand, depth + 1) for operand in operands]
            return None if parts[0] is None or parts[1] is None else added(parts[0], parts[1])
        return None
