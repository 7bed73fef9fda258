"""Values that are made of one element of a sequence, picked at a constant place.

A layer that is applied to every timestep need not be a loop: Keras' TimeDistributed picks element
0, 1, 2 ... of a sequence of known length, computes with each, and packs the results.
"""

from __future__ import annotations

from collections.abc import Sequence as Listing
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import EXIT
from tb_rnnview.graph.form import Tensor

Origin = tuple[Tensor, int]
"""A sequence, and which of its dimensions is picked from."""


@dataclass(frozen=True)
class Picked:
    """The elements at one place of one sequence, or of several side by side."""

    index: int
    origins: frozenset[Origin]


_NOTHING = Picked(-1, frozenset())
"""Made of no sequence: of constants and variables."""
_OTHER = None
"""Made of more than one element, or of something that is no element."""


class PickedElements:
    """Tells what a value outside loops is made of, each worked out once."""

    def __init__(self, values: Values) -> None:
        """Takes what is known of shapes and small values."""
        self.values = values
        self._known: dict[Tensor, Picked | None] = {}

    def of(self, tensor: Tensor) -> Picked | None:
        """The one element that a tensor is made of; None = it is made of more, or of less."""
        found = self._of(tensor)
        return found if found is not None and found.origins else None

    def in_order(self, tensors: Listing[Tensor]) -> tuple[frozenset[Origin], bool] | None:
        """The sequences all of whose elements tensors are made of, one each, in order.

        Returns:
            The sequences, and whether the last element comes first; None = there are none.
        """
        found = [self.of(tensor) for tensor in tensors]
        picked = [p for p in found if p is not None]
        if len(picked) < len(found) or len(picked) < 2:
            return None
        origins = frozenset.intersection(*(p.origins for p in picked))
        places = [p.index for p in picked]
        turned = places[0] != 0
        if places != list(range(len(places)))[:: -1 if turned else 1]:
            return None
        whole_ones = frozenset(o for o in origins if self._size(o) == len(places))
        return (whole_ones, turned) if whole_ones else None

    def _of(self, tensor: Tensor) -> Picked | None:
        pending = [self._key(tensor)]
        while pending:
            here = pending[-1]
            if here in self._known:
                pending.pop()
                continue
            operands = self._operands(here)
            if operands is None:
                self._known[here] = self._start(here)
                continue
            waiting = [key for key in operands if key not in self._known]
            if waiting:
                pending.extend(waiting)
            else:
                self._known[here] = _together([self._known[key] for key in operands])
        return self._known[self._key(tensor)]

    def _key(self, tensor: Tensor) -> Tensor:
        """All outputs of an operation are made of the same, those of Unpack apart."""
        return tensor if self.values.graph.op(tensor[0]) == "Unpack" else (tensor[0], 0)

    def _operands(self, tensor: Tensor) -> list[Tensor] | None:
        """What a value is made of; None = that is known without asking."""
        graph = self.values.graph
        node = tensor[0]
        op = graph.op(node)
        ends = op in ops.VARIABLES or op in ops.SHAPE_READERS or op in ops.INPUTS or op in EXIT
        if ends or node in graph.loop_merges or op == "Unpack" or self._slice(node) is not None:
            return None
        operands = [self._key(t) for t in graph.inputs(node)]
        return operands or None

    def _start(self, tensor: Tensor) -> Picked | None:
        graph = self.values.graph
        node, port = tensor
        op = graph.op(node)
        if op == "Unpack":
            at = graph.number(node, "axis")
            return Picked(port, frozenset({(graph.inputs(node)[0], at)}))
        picked = self._slice(node)
        if picked is not None:
            return picked
        free = op == "Const" or op in ops.VARIABLES or op in ops.SHAPE_READERS
        return _NOTHING if free else _OTHER

    def _slice(self, node: int) -> Picked | None:
        """What a slice that takes one element of one dimension, and all of the others, picks."""
        graph, values = self.values.graph, self.values
        if graph.op(node) != "StridedSlice":
            return None
        if graph.number(node, "ellipsis_mask") or graph.number(node, "new_axis_mask"):
            return None
        shrunk = graph.number(node, "shrink_axis_mask")
        source, begin, end, _ = graph.inputs(node)
        if shrunk.bit_count() != 1:
            return None
        at = shrunk.bit_length() - 1
        starts, stops = values.value(begin), values.value(end)
        if starts is None or stops is None or at >= len(starts.items):
            return None
        everything = graph.number(node, "begin_mask") & graph.number(node, "end_mask")
        if any(not everything >> i & 1 for i in range(len(starts.items)) if i != at):
            return None
        index = starts.items[at]
        if not isinstance(index, int):
            return None
        if index < 0:
            size = self._size((source, at))
            if size is None:
                return None
            index += size
        return Picked(index, frozenset({(source, at)}))

    def _size(self, origin: Origin) -> int | None:
        shape = self.values.shape(origin[0])
        size = shape[origin[1]] if shape is not None and origin[1] < len(shape) else None
        return size if isinstance(size, int) else None


def _together(parts: list[Picked | None]) -> Picked | None:
    found = _NOTHING
    for part in parts:
        if part is None or (found.origins and part.origins and found.index != part.index):
            return _OTHER
        if part.origins:
            found = Picked(part.index, found.origins | part.origins)
    return found
