"""Steps that a program runs by itself before its loop goes on: they are steps of that loop.

A program may compute the first timestep outside its loop, to learn what it gives, and loop over
the rest; Sonnet's ``dynamic_unroll`` does. Where what enters a loop is what one step of the same
loop would have made, from values that are found on the way, the loop starts one step earlier, with
those.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried, carried_at, constant_number
from tb_rnnview.analysis.known import constant
from tb_rnnview.graph.control_flow import ENTER, SWITCH, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import Frames, find_frames
from tb_rnnview.graph.same_operation import does_the_same, is_same_constant

_MOST_STEPS = 16
"""Steps of one loop that are looked for: more of them are written out on purpose."""
_MOST_PAIRS = 100_000
"""Pairs of operations that are compared for one step."""
_DEEPEST = 8
"""Operations that a place in a sequence may be computed by, one after the other."""

_HANDS_ON = ("Identity", "Snapshot")
# What reads a variable, or is a number, may serve others, too: it uses nothing.
_SHARED = ops.SHAPE_READERS | ops.VARIABLES | frozenset({"Const", "ReadVariableOp"})
_SUMS = {"Add": 1, "AddV2": 1, "Sub": -1}
_SAME_NUMBERS = frozenset({"Cast", "ExpandDims", "Reshape", "Squeeze"})
_MIRRORED = {
    "Greater": "Less",
    "GreaterEqual": "LessEqual",
    "Less": "Greater",
    "LessEqual": "GreaterEqual",
}
_INT64 = 9


@dataclass(frozen=True)
class _Start:
    """What a carried value of a loop starts from, one step earlier."""

    tensor: Tensor
    """The value; or what has its shape, where no step reads it."""
    is_read: bool = True
    number: int | None = None
    """For a counter."""


def join_first_steps(
    graph: Graph, frames: Frames, derivative: bytearray
) -> tuple[Graph, Frames, bytearray]:
    """Starts loops as early as they can be.

    Returns:
        The graph, its frames, and one flag for each node that does not count: the derivatives, and
        the steps that have become steps of a loop.
    """
    loops: dict[int, list[int]] = {}
    for merge in sorted(graph.loop_merges):
        loops.setdefault(frames.of[merge], []).append(merge)
    for merges in loops.values():
        unread: frozenset[int] = frozenset()
        for _ in range(_MOST_STEPS):
            found = [carried_at(graph, merge) for merge in merges]
            carried = [c for c in found if c is not None]
            if len(carried) < len(merges):
                break  # damaged
            step = _Step(graph, frames, carried, derivative, unread)
            starts = step.starts()
            if starts is None:
                break
            before = dict(graph.run_before)
            for node, other in step.alike.items():
                before[node] = (graph.names[other], *before.get(node, ()))
            graph = replace(_started(graph, starts), run_before=before)
            frames = find_frames(graph)
            derivative = derivative + bytearray(len(graph) - len(derivative))
            for node in step.outside:
                derivative[node] = graph.op(node) not in _SHARED  # as little needed as those are
            unread = step.unread
    return graph, frames, derivative


class _Step:
    """One step of a loop, compared with what enters the loop."""

    def __init__(
        self,
        graph: Graph,
        frames: Frames,
        carried: list[Carried],
        derivative: bytearray,
        unread: frozenset[int],
    ) -> None:
        self._graph = graph
        self._derivative = derivative
        self._carried = carried
        self._frame = frames.of[carried[0].merge]
        self._frames = frames
        self._by_merge = {c.merge: c for c in carried}
        self._bound: dict[int, Tensor] = {}
        self.outside: set[int] = set()
        """What computes the step outside."""
        self.alike: dict[int, int] = {}
        """For operations of a step of the loop, the same ones of that step."""
        self._before: dict[int, int] = {}
        """The counters, one step before they enter."""
        self.unread = unread
        """The carried values that no step reads, by their merges: their beginning tells nothing."""

    def starts(self) -> Mapping[int, _Start] | None:
        """What each Enter is to take instead; None = no step of the loop is run before it."""
        graph = self._graph
        made: list[Carried] = []
        for c in self._carried:
            entered, comes_round = graph.input(c.enter, 0), graph.input(c.next, 0)
            if entered is None or comes_round is None:
                return None
            if c.step is not None:
                begin = constant_number(graph, entered[0])
                if begin is None:
                    return None
                self._before[c.merge] = begin - c.step
            elif not self._is_kept(comes_round, entered):
                made.append(c)
        compared = [c for c in made if c.merge not in self.unread]
        pairs = [(graph.inputs(c.next)[0], graph.inputs(c.enter)[0]) for c in compared]
        if not pairs or not self._before or not self._are_one(pairs) or not self._only_for_it():
            return None
        starts = {
            c.enter: _Start(graph.inputs(c.enter)[0], number=self._before[c.merge])
            for c in self._carried
            if c.merge in self._before
        }
        for c in made:
            bound = self._bound.get(c.merge)
            starts[c.enter] = _Start(bound or graph.inputs(c.enter)[0], is_read=bound is not None)
        self.unread = frozenset(c.merge for c in made if c.merge not in self._bound)
        return starts

    def _is_kept(self, comes_round: Tensor, entered: Tensor) -> bool:
        """Whether each step adds to a list that is empty at first, as differentiation does."""
        graph = self._graph
        starts_with = origin(graph, entered, _HANDS_ON)[0]
        adds = origin(graph, comes_round, _HANDS_ON)[0]
        return (graph.op(adds), graph.op(starts_with)) == ("TensorListPushBack", "EmptyTensorList")

    def _are_one(self, pairs: list[tuple[Tensor, Tensor]]) -> bool:
        """Whether what a step makes is what was made outside, from what they start with."""
        seen = set()
        while pairs:
            pair = pairs.pop()
            inner = self._inside(pair[0])
            outer = origin(self._graph, pair[1], _HANDS_ON)
            if (inner, outer) in seen:
                continue
            seen.add((inner, outer))
            more = self._compared(inner, outer)
            if more is None or len(seen) > _MOST_PAIRS:
                return False
            pairs.extend(more)
        return bool(self.outside)

    def _compared(self, inner: Tensor, outer: Tensor) -> list[tuple[Tensor, Tensor]] | None:
        """The operands that are to be one if two tensors are to be; None = they are not."""
        graph = self._graph
        node, other = inner[0], outer[0]
        carried = self._by_merge.get(node)
        if carried is not None and carried.step is None:
            return [] if self._bound.setdefault(node, outer) == outer else None
        if graph.op(node) in ENTER and self._frames.of[node] == self._frame:
            return [] if self._is_same(graph.inputs(node)[0], outer) else None
        if carried is not None or (graph.op(other) == "Const" and graph.op(node) != "Const"):
            numbers = self._numbers(inner)
            return [] if numbers is not None and numbers == self._numbers(outer) else None
        if graph.op(node) == "Const" == graph.op(other):
            return [] if self._is_same(inner, outer) else None
        operands, others = graph.inputs(node), graph.inputs(other)
        if _MIRRORED.get(graph.op(node)) == graph.op(other):
            others.reverse()  # 0 >= x is written down as x <= 0
        elif graph.op(node) != graph.op(other):
            return None
        if node == other or inner[1] != outer[1]:
            return None
        if len(operands) != len(others) or not does_the_same(graph.nodes[node], graph.nodes[other]):
            return None
        self.outside.add(other)
        self.alike[node] = other
        return list(zip(operands, others, strict=True))

    def _inside(self, tensor: Tensor) -> Tensor:
        """The operation of a step, or the carried value, that makes a tensor."""
        graph = self._graph
        while True:
            tensor = origin(graph, tensor, _HANDS_ON)
            source = graph.input(tensor[0], 0) if graph.op(tensor[0]) in SWITCH else None
            if source is None or source[0] not in self._by_merge:
                return tensor
            tensor = source

    def _is_same(self, one: Tensor, other: Tensor) -> bool:
        """Whether two tensors outside the step are one value."""
        graph = self._graph
        one, other = (origin(graph, tensor, _HANDS_ON) for tensor in (one, other))
        kinds = {graph.op(one[0]), graph.op(other[0])}
        if one == other:
            return True
        return kinds == {"Const"} and is_same_constant(graph, one[0], other[0])

    def _numbers(self, tensor: Tensor, depth: int = 0) -> tuple[int, ...] | None:
        """The whole numbers that a tensor holds at the step before the first one."""
        graph = self._graph
        node = self._inside(tensor)[0]
        op = graph.op(node)
        if node in self._before:
            return (self._before[node],)
        if op == "Const":
            value = constant(graph, node)
            items = () if value is None else value.items
            numbers = tuple(item for item in items if isinstance(item, int))
            return numbers if len(numbers) == len(items) > 0 else None
        if depth == _DEEPEST:
            return None
        if op in ENTER or op in _SAME_NUMBERS:
            return self._numbers(graph.inputs(node)[0], depth + 1)
        parts = [self._numbers(operand, depth + 1) for operand in graph.inputs(node)]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        if op == "Pack":
            return tuple(number for part in known for number in part)
        if op in _SUMS and len(known) == 2 and len(known[0]) == len(known[1]):
            return tuple(a + _SUMS[op] * b for a, b in zip(*known, strict=True))
        return None

    def _only_for_it(self) -> bool:
        """Whether what was made outside is for this loop only, differentiation apart."""
        graph = self._graph
        enters = {c.enter for c in self._carried}
        return all(
            to in self.outside
            or to in enters
            or self._derivative[to]
            or graph.op(to) in ops.SHAPE_READERS
            or (graph.op(to) in _HANDS_ON and self._leads_in(to, enters))
            for node in self.outside
            if graph.op(node) not in _SHARED
            for _, to, _ in graph.consumers(node)
        )

    def _leads_in(self, node: int, enters: set[int]) -> bool:
        """Whether what hands a value on does so to this loop, or to what was made outside."""
        graph = self._graph
        pending, seen = [node], set[int]()
        while pending:
            here = pending.pop()
            for _, to, _ in graph.consumers(here):
                if to in seen or to in enters or to in self.outside or self._derivative[to]:
                    continue
                if graph.op(to) in ops.SHAPE_READERS:
                    continue
                if graph.op(to) not in _HANDS_ON:
                    return False
                seen.add(to)
                pending.append(to)
        return True


def _started(graph: Graph, starts: Mapping[int, _Start]) -> Graph:
    """The graph, with other values entering a loop."""
    names, nodes = list(graph.names), list(graph.nodes)
    op_names, op_ids = list(graph.op_names), array("i", graph.op_ids)
    first, source, port = (
        array("i", x) for x in (graph.first_input, graph.source, graph.source_port)
    )
    waits, waits_for = array("i", graph.first_control), array("i", graph.control_source)
    call = array("i", graph.call)
    for enter, start in starts.items():
        tensor = start.tensor
        if start.number is not None or not start.is_read:
            raw = _number(graph, enter, start.number) if start.is_read else NodeDef(op="ZerosLike")
            raw.name = f"{graph.names[enter]}/earlier_{len(names)}"
            names.append(raw.name)
            nodes.append(raw)
            if raw.op not in op_names:
                op_names.append(raw.op)
            op_ids.append(op_names.index(raw.op))
            if start.is_read:
                waits_for.append(tensor[0])  # it runs where the loop is entered
            else:
                source.append(tensor[0])
                port.append(tensor[1])
            first.append(len(source))
            waits.append(len(waits_for))
            if call:
                call.append(call[enter])
            tensor = len(names) - 1, 0
        source[first[enter]], port[first[enter]] = tensor
    return replace(
        graph,
        names=names,
        nodes=nodes,
        op_names=op_names,
        op_ids=op_ids,
        first_input=first,
        source=source,
        source_port=port,
        first_control=waits,
        control_source=waits_for,
        call=call,
    )


def _number(graph: Graph, enter: int, number: int | None) -> NodeDef:
    """A constant like the one that enters a loop."""
    raw = NodeDef(op="Const")
    entered = origin(graph, graph.inputs(enter)[0], (*_HANDS_ON, *ENTER))[0]
    kind = graph.attr(entered, "dtype").type
    raw.attr["dtype"].type = kind
    tensor = raw.attr["value"].tensor
    tensor.dtype = kind
    (tensor.int64_val if kind == _INT64 else tensor.int_val).append(number or 0)
    return raw
