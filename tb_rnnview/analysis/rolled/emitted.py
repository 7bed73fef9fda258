"""A while frame in the place of a loop that is written out."""

from __future__ import annotations

from collections.abc import Sequence

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_INT32

from tb_rnnview.analysis.known import ShapeOf
from tb_rnnview.analysis.rolled.loops import WrittenLoop
from tb_rnnview.analysis.rolled.remade import Remade
from tb_rnnview.graph.form import Tensor


class Emitted:
    """The frame of one loop, to which carried values, constants and results may still be added.

    Attributes:
        loop: what it takes the place of.
        index: the number of the step that runs, from 0.
        name: the frame's name.
    """

    def __init__(self, remade: Remade, loop: WrittenLoop, of: int, name: str) -> None:
        """Adds what counts the steps.

        Args:
            remade: the graph.
            loop: the loop.
            of: a node of it.
            name: the name of its frame.
        """
        self.loop = loop
        self.name = name
        self._remade = remade
        self._of = of
        self._entered: dict[Tensor, Tensor] = {}
        self._numbers: dict[int | tuple[int, ...], Tensor] = {}
        self._places: dict[tuple[int, int], Tensor] = {}
        self._reshaped: dict[tuple[Tensor, tuple[int, ...]], Tensor] = {}
        start = remade.numbers(of, f"{name}/start", 0)
        enter = self._add("Enter", [start], frame_name=AttrValue(s=name.encode()))
        merge = self._add("Merge", [(enter, 0)], T=AttrValue(type=DT_INT32))
        less = self._add("Less", [(merge, 0), self.constant(loop.steps)])
        self._condition = self._add("LoopCond", [(less, 0)])
        switch = self._add("Switch", [(merge, 0), (self._condition, 0)])
        self.index: Tensor = (switch, 1)
        add = self._add("AddV2", [self.index, self.constant(1)])
        remade.inputs[merge].append((self._add("NextIteration", [(add, 0)]), 0))

    def _add(self, op: str, inputs: list[Tensor], **attributes: AttrValue) -> int:
        return self._remade.add(self._of, f"{self.name}/{op}", op, inputs, **attributes)

    def enter(self, tensor: Tensor) -> Tensor:
        """A value from outside, the same at each step."""
        if tensor not in self._entered:
            node = self._add(
                "Enter",
                [tensor],
                frame_name=AttrValue(s=self.name.encode()),
                is_constant=AttrValue(b=True),
            )
            self._entered[tensor] = node, 0
        return self._entered[tensor]

    def constant(self, values: int | tuple[int, ...]) -> Tensor:
        """A constant, inside."""
        if values not in self._numbers:
            made = self._remade.numbers(self._of, f"{self.name}/number", values)
            self._numbers[values] = self.enter(made)
        return self._numbers[values]

    def carry(self, starts: Tensor) -> tuple[int, int]:
        """Adds a value that is carried from step to step; the Merge and the Switch of it."""
        enter = self._add("Enter", [starts], frame_name=AttrValue(s=self.name.encode()))
        merge = self._add("Merge", [(enter, 0)])
        return merge, self._add("Switch", [(merge, 0), (self._condition, 0)])

    def comes_round(self, merge: int, value: Tensor) -> None:
        """Says what a carried value is at the next step."""
        self._remade.inputs[merge].append((self._add("NextIteration", [value]), 0))

    def leave(self, switch: int, name: str = "") -> Tensor:
        """A carried value after the last step."""
        name = name or f"{self.name}/Exit"
        return self._remade.add(self._of, name, "Exit", [(switch, 0)]), 0

    def place(self, start: int, stride: int = 1) -> Tensor:
        """A number that is ``start`` at the first timestep, and each time ``stride`` more.

        Timesteps are counted in the order of the sequence, whichever way the loop runs.
        """
        last = start + stride * (self.loop.steps - 1)
        first, step = (last, -stride) if self.loop.backward else (start, stride)
        key = first, step
        if key not in self._places:
            found = self.index
            if abs(step) != 1:
                found = self._add("Mul", [found, self.constant(abs(step))]), 0
            if step < 0:
                found = self._add("Sub", [self.constant(first), found]), 0
            elif first:
                found = self._add("AddV2", [found, self.constant(first)]), 0
            self._places[key] = found
        return self._places[key]

    def vector(self, starts: tuple[int, ...], strides: tuple[int, ...]) -> Tensor:
        """A vector of such numbers."""
        if not any(strides):
            return self.constant(starts)
        items = [
            self.place(start, stride) if stride else self.constant(start)
            for start, stride in zip(starts, strides, strict=True)
        ]
        return self._add("Pack", items), 0

    def element(self, tensor: Tensor, dimension: int, first: int = 0) -> Tensor:
        """At each timestep, the element of a sequence from outside.

        Cut out, not looked up: a sequence that is a constant is no table of weights.
        """
        return self._cut(tensor, dimension, first, 1, AttrValue(i=1 << dimension))

    def piece(self, tensor: Tensor, dimension: int, size: int, first: int = 0) -> Tensor:
        """At each timestep, some elements of a sequence from outside, side by side."""
        return self._cut(tensor, dimension, first, size, AttrValue(i=0))

    def _cut(
        self, tensor: Tensor, dimension: int, first: int, size: int, without: AttrValue
    ) -> Tensor:
        none, mask = (0,) * dimension, AttrValue(i=(1 << dimension) - 1)
        begin = self.vector((*none, first * size), (*none, size))
        end = self.vector((*none, (first + 1) * size), (*none, size))
        node = self._add(
            "StridedSlice",
            [self.enter(tensor), begin, end, self.constant((1,) * (dimension + 1))],
            begin_mask=mask,
            end_mask=mask,
            shrink_axis_mask=without,
        )
        return node, 0

    def collected(self, value: Tensor, shape: ShapeOf) -> Tensor:
        """Outside, all that a value was, stacked along a new first dimension in sequence order."""
        remade, of, count = self._remade, self._of, self.loop.steps
        size = remade.numbers(of, f"{self.name}/size", count)
        kind = AttrValue(type=DT_FLOAT)
        array = remade.add(of, f"{self.name}/TensorArrayV3", "TensorArrayV3", [size], dtype=kind)
        merge, switch = self.carry((array, 1))
        inside = self.enter((array, 0))
        written = self._add("TensorArrayWriteV3", [inside, self.place(0), value, (switch, 1)])
        self.comes_round(merge, (written, 0))
        bounds = [remade.numbers(of, f"{self.name}/bound", n) for n in (0, count, 1)]
        order = remade.add(of, f"{self.name}/range", "Range", bounds)
        stack = remade.add(
            of,
            f"{self.name}/TensorArrayGatherV3",
            "TensorArrayGatherV3",
            [(array, 0), (order, 0), self.leave(switch)],
            dtype=kind,
            element_shape=AttrValue(shape=_as_proto(shape)),
        )
        return stack, 0

    def one_by_one(self, stack: Tensor) -> int:
        """Outside, the node that takes apart what was stacked."""
        count = AttrValue(i=self.loop.steps)
        return self._remade.add(self._of, f"{self.name}/unstack", "Unpack", [stack], num=count)

    def turned(self, stack: Tensor, order: Sequence[int]) -> Tensor:
        """Outside, a stack whose dimensions are put into another order."""
        remade, of = self._remade, self._of
        places = remade.numbers(of, f"{self.name}/perm", order)
        return remade.add(of, f"{self.name}/transpose", "Transpose", [stack, places]), 0

    def last_first(self, stack: Tensor) -> Tensor:
        """Outside, a stack with its last element first."""
        remade, of = self._remade, self._of
        dimension = remade.numbers(of, f"{self.name}/dimension", [0])
        return remade.add(of, f"{self.name}/reverse", "ReverseV2", [stack, dimension]), 0

    def reshaped(self, tensor: Tensor, shape: Sequence[int]) -> Tensor:
        """Outside, a tensor in another shape."""
        if (tensor, tuple(shape)) not in self._reshaped:
            sizes = self._remade.numbers(self._of, f"{self.name}/shape", shape)
            node = self._remade.add(self._of, f"{self.name}/Reshape", "Reshape", [tensor, sizes])
            self._reshaped[tensor, tuple(shape)] = node, 0
        return self._reshaped[tensor, tuple(shape)]

    def listed(self, tensors: list[Tensor]) -> Tensor:
        """At each timestep, one tensor of a list from outside."""
        packed = self._remade.add(
            self._of, f"{self.name}/Pack", "Pack", tensors, N=AttrValue(i=len(tensors))
        )
        return self.element((packed, 0), 0)


def _as_proto(shape: ShapeOf) -> TensorShapeProto:
    if shape is None:
        return TensorShapeProto(unknown_rank=True)
    sizes = [size if isinstance(size, int) else -1 for size in shape]
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])
