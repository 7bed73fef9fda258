"""Values that are made of one element of a sequence, picked at a constant place.

A layer that is applied to every timestep need not be a loop: Keras' TimeDistributed picks element
0, 1, 2 ... of a sequence of known length, computes with each, and packs the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Listing
from dataclasses import dataclass, field
from functools import cached_property

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import ENTER, EXIT
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.frames import Frames

Origin = tuple[Tensor, int]
"""A sequence, and which of its dimensions is picked from."""

_SEVERAL = -1
"""In the place of an index: more than one element."""
_MOST_ORIGINS = 8
"""Values that are made of elements of more sequences than these are not followed."""


@dataclass(frozen=True)
class _Made:
    """What a value is made of."""

    picked: Mapping[Origin, int] = field(default_factory=dict)
    """Of each sequence that elements are picked from: the index."""
    whole: frozenset[int] = frozenset()
    """The sources (what is fed) that come in other than through such an element."""


class PickedElements:
    """Tells what a value outside loops is made of, each worked out once.

    What leaves a loop is made of all that enters it.
    """

    def __init__(self, values: Values, frames: Frames) -> None:
        """Takes what is known of shapes and small values, and which loop each node runs in."""
        self.values = values
        self._frames = frames
        self._known: dict[Tensor, _Made] = {}

    def of(self, tensor: Tensor) -> Mapping[Origin, int]:
        """Of which sequences a tensor is made of one element only, and of which one."""
        made = self._of(tensor)
        return {
            origin: index
            for origin, index in made.picked.items()
            if index != _SEVERAL and not made.whole & self._of(origin[0]).whole
        }

    def in_order(self, tensors: Listing[Tensor]) -> tuple[frozenset[Origin], bool] | None:
        """The sequences all of whose elements tensors are made of, one each, in order.

        Returns:
            The sequences, and whether the last element comes first; None = there are none.
        """
        if len(tensors) < 2:
            return None
        found = [self.of(tensor) for tensor in tensors]
        rising = list(range(len(tensors)))
        for turned in (False, True):
            places = rising[::-1] if turned else rising
            origins = frozenset(
                origin
                for origin in found[0]
                if self._size(origin) == len(tensors) and [of.get(origin) for of in found] == places
            )
            if origins:
                return origins, turned
        return None

    def _of(self, tensor: Tensor) -> _Made:
        pending = [self._key(tensor)]
        opened: set[Tensor] = set()
        while pending:
            here = pending[-1]
            if here in self._known:
                pending.pop()
                continue
            operands = self._operands(here)
            waiting = [key for key in operands if key not in self._known]
            if waiting and here not in opened:
                opened.add(here)
                pending.extend(waiting)
            else:
                # What still waits is made of this very value: a loop that enters itself.
                known = [self._known[key] for key in operands if key in self._known]
                self._known[here] = self._made(here, known)
        return self._known[self._key(tensor)]

    def _key(self, tensor: Tensor) -> Tensor:
        """All outputs of an operation are made of the same, those of Unpack apart."""
        return tensor if self.values.graph.op(tensor[0]) == "Unpack" else (tensor[0], 0)

    def _operands(self, tensor: Tensor) -> list[Tensor]:
        """What a value is made of."""
        graph, frames = self.values.graph, self._frames
        node = tensor[0]
        op = graph.op(node)
        if op in EXIT and frames.parent[frames.of[node]] == 0:
            return [self._key(t) for t in self._entering[frames.of[node]]]
        if op in ops.SHAPE_READERS or frames.of[node]:
            return []
        return [self._key(t) for t in graph.inputs(node)]

    def _made(self, tensor: Tensor, operands: list[_Made]) -> _Made:
        graph = self.values.graph
        op = graph.op(tensor[0])
        if op in ops.INPUTS or (self._frames.of[tensor[0]] and op not in EXIT):
            return _Made(whole=frozenset({tensor[0]}))
        made = _together(operands)
        picked = self.element(tensor)
        if picked is None:
            return made
        origin, index = picked
        return _Made({**made.picked, origin: index})

    @cached_property
    def _entering(self) -> dict[int, list[Tensor]]:
        """What enters each outermost loop, from outside all loops."""
        graph, frames = self.values.graph, self._frames
        found: dict[int, list[Tensor]] = {}
        for node in graph.nodes_of(*ENTER):
            if frames.parent[frames.of[node]] == 0:
                found.setdefault(frames.of[node], []).append(graph.inputs(node)[0])
        return found

    def element(self, tensor: Tensor) -> tuple[Origin, int] | None:
        """What is picked by an operation that takes one element of one dimension, and all else."""
        picked = self.place(tensor)
        if picked is None or picked[1] >= 0:
            return picked
        origin, index = picked
        size = self._size(origin)
        return None if size is None else (origin, index + size)

    def place(self, tensor: Tensor) -> tuple[Origin, int] | None:
        """The same; an index below 0 counts from the end."""
        graph, values = self.values.graph, self.values
        node, port = tensor
        if graph.op(node) == "Unpack":
            source = graph.inputs(node)[0]
            at = graph.number(node, "axis")
            rank = values.rank(source) if at < 0 else 0
            return None if rank is None else ((source, at + rank), port)
        if graph.op(node) != "StridedSlice":
            return None
        if graph.number(node, "ellipsis_mask") or graph.number(node, "new_axis_mask"):
            return None
        shrunk = graph.number(node, "shrink_axis_mask")
        source, begin, _, _ = graph.inputs(node)
        if shrunk.bit_count() != 1:
            return None
        at = shrunk.bit_length() - 1
        starts = values.value(begin)
        if starts is None or at >= len(starts.items):
            return None
        everything = graph.number(node, "begin_mask") & graph.number(node, "end_mask")
        if any(not everything >> i & 1 for i in range(len(starts.items)) if i != at):
            return None
        index = starts.items[at]
        return ((source, at), index) if isinstance(index, int) else None

    def _size(self, origin: Origin) -> int | None:
        shape = self.values.shape(origin[0])
        size = shape[origin[1]] if shape is not None and origin[1] < len(shape) else None
        return size if isinstance(size, int) else None


def _together(parts: list[_Made]) -> _Made:
    telling = [part for part in parts if part.picked or part.whole]
    if len(telling) <= 1:
        return telling[0] if telling else _Made()
    picked: dict[Origin, int] = {}
    for part in telling:
        for origin, index in part.picked.items():
            picked[origin] = index if picked.get(origin, index) == index else _SEVERAL
    whole = frozenset().union(*(part.whole for part in telling))
    return _Made(picked if len(picked) <= _MOST_ORIGINS else {}, whole)
