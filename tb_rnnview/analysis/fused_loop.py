"""A while frame along a sequence, put in the place of an operation that runs all timesteps.

What such an operation does at each timestep is written into the frame's body, so that every later
pass sees a loop like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_INT32

from tb_rnnview.analysis.loops import Loop
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.growing import Growing

_FUSED = "_fused"
"""The attribute of a LoopCond that says: the loop took the place of a fused operation."""


def is_fused(graph: Graph, loop: Loop) -> bool:
    """Whether a loop took the place of a fused operation."""
    return loop.condition >= 0 and graph.attr(loop.condition, _FUSED) is not None


@dataclass(frozen=True)
class Picked:
    """One of several tensors that may have been packed together."""

    node: int
    """What picks it."""
    packed: Tensor
    place: int
    dimension: int


class Around:
    """Adds operations beside one that is to be replaced, in the frame that it runs in."""

    def __init__(self, graph: Growing, node: int) -> None:
        """Takes the graph, and the operation that is to be replaced."""
        self.graph = graph
        self.node = node
        self.picked: list[Picked] = []

    def op(self, op: str, inputs: Sequence[Tensor], **attributes: AttrValue) -> Tensor:
        """The first output of a new operation."""
        return self.graph.add(self.node, op, op, inputs, **attributes), 0

    def numbers(self, *numbers: int) -> Tensor:
        """A vector of whole numbers."""
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=len(numbers))])
        return self._constant(TensorProto(dtype=DT_INT32, int_val=numbers, tensor_shape=shape))

    def number(self, number: int) -> Tensor:
        """A whole number."""
        return self._constant(TensorProto(dtype=DT_INT32, int_val=[number]))

    def _constant(self, value: TensorProto) -> Tensor:
        constant = self.op(
            "Const", [], dtype=AttrValue(type=DT_INT32), value=AttrValue(tensor=value)
        )
        self.graph.controls[constant[0]].append(self.node)  # it runs in the same frame
        return constant

    def size(self, tensor: Tensor, dimension: int) -> Tensor:
        """The size of one dimension."""
        return self.element(self.op("Shape", [tensor]), dimension)

    def element(self, tensor: Tensor, place: int) -> Tensor:
        """What stands at one place of the first dimension."""
        bounds = (self.numbers(place), self.numbers(place + 1), self.numbers(1))
        return self.op("StridedSlice", [tensor, *bounds], shrink_axis_mask=AttrValue(i=1))

    def picked_from(self, packed: Tensor, place: int, dimension: int) -> Tensor:
        """What stands at one place of the first or the second of three dimensions."""
        turned = self.transposed(packed, 1, 0, 2) if dimension else packed
        picked = self.element(turned, place)
        self.picked.append(Picked(picked[0], packed, place, dimension))
        return picked

    def part(self, tensor: Tensor, dimension: int, start: int, size: int, rank: int) -> Tensor:
        """A part of one dimension; of the others, everything."""
        begins, sizes = [0] * rank, [-1] * rank
        begins[dimension], sizes[dimension] = start, size
        return self.op("Slice", [tensor, self.numbers(*begins), self.numbers(*sizes)])

    def reshaped(self, tensor: Tensor, *shape: int) -> Tensor:
        """The elements in another shape."""
        return self.op("Reshape", [tensor, self.numbers(*shape)])

    def transposed(self, tensor: Tensor, *order: int) -> Tensor:
        """The dimensions in another order."""
        return self.op("Transpose", [tensor, self.numbers(*order)])

    def joined(self, tensors: Sequence[Tensor], dimension: int) -> Tensor:
        """Several tensors side by side."""
        return self.op("ConcatV2", [*tensors, self.number(dimension)])


class SequenceLoop:
    """One loop along a sequence whose first dimension is time."""

    def __init__(self, around: Around, name: str, steps: Tensor) -> None:
        """Opens the frame.

        Args:
            around: the operation whose place it takes.
            name: what tells it from other loops in the same place; "" = it is the only one.
            steps: how many steps it runs.
        """
        self.around = around
        self._graph, self._node = around.graph, around.node
        self._steps = steps
        path = (self._graph.names[self._node], name)
        self._frame = AttrValue(s="/".join(filter(None, path)).encode())
        self._merges: dict[Tensor, int] = {}
        self._switches: dict[Tensor, int] = {}
        whole = AttrValue(type=DT_INT32)
        enter = self._enter(around.number(0), constant=False)
        merge = self.op("Merge", [enter], T=whole)
        goes_on = self.op("Less", [merge, self.given(steps)])
        replaced = AttrValue(s=self._graph.ops[self._node].encode())
        self._goes_on = self.op("LoopCond", [goes_on], **{_FUSED: replaced})
        self._place = self._inside(merge)
        self.becomes(self._place, self.op("AddV2", [self._place, self.given(around.number(1))]))

    def op(self, op: str, inputs: Sequence[Tensor], **attributes: AttrValue) -> Tensor:
        """The first output of an operation in the body."""
        return self.around.op(op, inputs, **attributes)

    def given(self, tensor: Tensor) -> Tensor:
        """A tensor from outside that is the same at each step."""
        return self._enter(tensor, constant=True)

    def carried(self, start: Tensor) -> Tensor:
        """A value that each step takes from the one before; the first takes ``start``."""
        return self._inside(self.op("Merge", [self._enter(start, constant=False)]))

    def becomes(self, carried: Tensor, new: Tensor) -> None:
        """What a carried value is at the end of a step."""
        back, _ = self.op("NextIteration", [new])
        self._graph.inputs[self._merges[carried]].append((back, 0))

    def final(self, carried: Tensor) -> Tensor:
        """What a carried value is after the last step."""
        return self.op("Exit", [(self._switches[carried], 0)])

    def element(self, sequence: Tensor) -> Tensor:
        """The element of a sequence at this step."""
        any_shape = self.around.number(-1)
        elements = self.given(self.around.op("TensorListFromTensor", [sequence, any_shape]))
        return self.op("TensorListGetItem", [elements, self._place, self.given(any_shape)])

    def collected(self, value: Tensor, like: Tensor) -> Tensor:
        """The values of all steps, as a sequence.

        Args:
            value: the value of this step.
            like: a tensor outside the loop that has its shape.
        """
        shape = self.around.op("Shape", [like])
        elements = self.carried(self.around.op("TensorListReserve", [shape, self._steps]))
        self.becomes(elements, self.op("TensorListSetItem", [elements, self._place, value]))
        return self.around.op("TensorListStack", [self.final(elements), shape])

    def _enter(self, tensor: Tensor, *, constant: bool) -> Tensor:
        is_constant = AttrValue(b=constant)
        return self.op("Enter", [tensor], frame_name=self._frame, is_constant=is_constant)

    def _inside(self, merge: Tensor) -> Tensor:
        """The value that a Merge gives to the body."""
        switch, _ = self.op("Switch", [merge, self._goes_on])
        self._merges[switch, 1], self._switches[switch, 1] = merge[0], switch
        return switch, 1


def unpack(graph: Growing, picked: Iterable[Picked]) -> Iterator[int]:
    """Lets what was packed together be what is picked; gives what nothing may read any more."""
    for one in picked:
        packed = graph.resolved(one.packed)[0]
        axis = graph.nodes[packed].attr.get("axis")
        axis = axis.i if axis is not None else 0
        if graph.ops[packed] == "Pack" and axis == one.dimension:
            yield from (source for source, _ in graph.inputs[one.node])
            yield packed
            graph.replace(one.node, graph.inputs[packed][one.place : one.place + 1])


def drop_unread(graph: Growing, candidates: Iterable[int]) -> None:
    """Empties the operations whose results nothing reads any more, and those before them.

    What nothing reads would pass for a result of the program.
    """
    _, source, _ = graph.reads()
    readers: list[int] = np.bincount(source, minlength=len(graph)).tolist()
    pending = list(candidates)
    while pending:
        node = pending.pop()
        if readers[node] or not graph.inputs[node]:
            continue
        sources = [graph.resolved(tensor)[0] for tensor in graph.inputs[node]]
        graph.replace(node, [])
        for before in sources:
            readers[before] -= 1
        pending.extend(sources)
