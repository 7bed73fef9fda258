"""The loops of a graph: what each carries from step to step, counts, reads and writes.

Only v1 while frames so far. A loop is a time axis if it reads or writes an element of a sequence
at its counter; any other loop is an iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import ENTER, EXIT, MERGE, NEXT, SWITCH, Frames


@dataclass(eq=False)
class Carried:
    """A value that a loop hands from one step to the next."""

    merge: int
    enter: int
    next: int
    """The NextIteration node."""
    exits: tuple[int, ...] = ()
    step: int | None = None
    """For a counter: what one step adds."""
    is_flow: bool = False
    """Orders the accesses to an array; it carries no data of its own."""


@dataclass(frozen=True)
class Element:
    """An access to one element of a sequence at the loop's counter."""

    node: int
    writes: bool
    array: int
    """The node that owns the sequence: a TensorArray, or the node that makes the tensor."""
    tensor: Tensor
    """What is indexed, outside the loop: the array's handle, or the tensor."""
    dimension: int
    """The dimension of ``tensor`` that is time (0 for an array)."""
    slope: int
    """+1 = the index grows with the steps, -1 = it falls, 0 = not known."""


@dataclass(eq=False)
class Loop:
    """One while frame."""

    frame: int
    condition: int
    """The LoopCond node; -1 = there is none."""
    carried: list[Carried] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    body: list[int] = field(default_factory=list)
    """Live nodes in the frame and in the frames within it."""

    @property
    def is_axis(self) -> bool:
        """Whether the loop walks along a sequence."""
        return bool(self.elements)

    @property
    def counters(self) -> list[Carried]:
        """The carried values that only count steps."""
        return [c for c in self.carried if c.step is not None]


def find_loops(graph: Graph, frames: Frames, live: bytearray) -> list[Loop]:
    """The loops in which something live runs, outer ones first."""
    if len(frames) == 1:
        return []
    loops = {f: Loop(f, -1) for f in range(1, len(frames))}
    for node, frame in enumerate(frames.of):
        if frame == 0:
            continue
        if graph.op(node) == "LoopCond":
            loops[frame].condition = node
        elif graph.op(node) in MERGE:
            carried = _carried(graph, node)
            if carried is not None:
                loops[frame].carried.append(carried)
        if live[node]:
            inner = frame
            while inner:
                loops[inner].body.append(node)
                inner = frames.parent[inner]
    found = [loop for loop in loops.values() if loop.body and loop.carried]
    for loop in found:
        for carried in loop.carried:
            carried.step = _counter_step(graph, carried)
            carried.is_flow = _is_flow(graph, carried)
    for loop in found:
        loop.elements = _elements(graph, frames, loop)
    found.sort(key=lambda loop: (frames.depth[loop.frame], loop.frame))
    return found


def _carried(graph: Graph, merge: int) -> Carried | None:
    enter = next_ = -1
    for source in graph.sources(merge):
        if graph.op(source) in NEXT:
            next_ = source
        elif graph.op(source) in ENTER:
            enter = source
    if enter < 0 or next_ < 0:
        return None
    exits = []
    for _, switch, slot in graph.consumers(merge):
        if slot == 0 and graph.op(switch) in SWITCH and _is_loop_switch(graph, switch):
            exits.extend(
                to for port, to, _ in graph.consumers(switch) if port == 0 and graph.op(to) in EXIT
            )
    return Carried(merge, enter, next_, tuple(exits))


def _is_loop_switch(graph: Graph, switch: int) -> bool:
    predicate = graph.input(switch, 1)
    return predicate is not None and graph.op(predicate[0]) == "LoopCond"


def through(graph: Graph, node: int) -> int:
    """The node that a chain of Identity, Switch and Enter nodes takes its value from."""
    while graph.op(node) in ("Identity", "Snapshot", *SWITCH, *ENTER):
        source = graph.input(node, 0)
        if source is None:
            break
        node = source[0]
    return node


def _constant(graph: Graph, node: int) -> int | None:
    node = through(graph, node)
    if graph.op(node) != "Const":
        return None
    value = graph.attr(node, "value").tensor
    for values in (value.int_val, value.int64_val):
        if len(values) == 1:
            return int(values[0])
    width = {3: 4, 9: 8}.get(value.dtype)
    if width is not None and len(value.tensor_content) == width:
        return int.from_bytes(value.tensor_content, "little", signed=True)
    # proto3 leaves a zero out
    if width is not None and not value.tensor_content and not value.tensor_shape.dim:
        return 0
    return None


def _counter_step(graph: Graph, carried: Carried) -> int | None:
    """What each step adds, if the value is an integer that only counts."""
    dtype = graph.attr(carried.merge, "T")
    if dtype is None or dtype.type not in (3, 9, 103, 109):
        return None
    source = graph.input(carried.next, 0)
    if source is None:
        return None
    add = through(graph, source[0])
    if graph.op(add) not in ("Add", "AddV2", "Sub"):
        return None
    operands = [tensor[0] for tensor in graph.inputs(add)]
    for own, other in (operands, operands[::-1]):
        if through(graph, own) == carried.merge:
            step = _constant(graph, other)
            if step is None or (graph.op(add) == "Sub" and own != operands[0]):
                return None
            return -step if graph.op(add) == "Sub" else step
    return None


def _is_flow(graph: Graph, carried: Carried) -> bool:
    """Whether the value is the flow of an array, which only orders its accesses."""
    source = graph.input(carried.next, 0)
    seen: set[int] = set()
    pending = [] if source is None else [source[0]]
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        op = graph.op(node)
        if op in ops.ARRAY_WRITES or op in ops.ARRAY_FILLS:
            return True
        if op in ("Identity", *MERGE, *SWITCH, *EXIT) and node != carried.merge:
            pending.extend(graph.sources(node))
    enter = graph.input(carried.enter, 0)
    if enter is None:
        return False
    made_by = through(graph, enter[0])
    return graph.op(made_by) in ops.TENSOR_ARRAYS and enter[1] == 1


def _elements(graph: Graph, frames: Frames, loop: Loop) -> list[Element]:
    counters = {c.merge: c for c in loop.counters}
    if not counters:
        return []
    found = []
    for node in loop.body:
        op = graph.op(node)
        if op in ops.ARRAY_READS or op in ops.ARRAY_WRITES:
            index, dimension = graph.input(node, 1), 0
        elif op in ("Gather", "GatherV2"):
            index, dimension = graph.input(node, 1), _gather_axis(graph, node)
        elif op in ("StridedSlice", "Slice"):
            index, dimension = graph.input(node, 1), -1
        else:
            continue
        indexed = graph.input(node, 0)
        if index is None or indexed is None:
            continue
        if dimension < 0:
            dimension = _indexed_dimension(graph, index[0], counters)
            if dimension < 0:
                continue
            slope = _slope(graph, _pack_operand(graph, index[0], dimension), counters)
        else:
            slope = _slope(graph, index[0], counters)
        if slope is None:
            continue
        outside = _leave_loop(graph, indexed)
        if outside is None or frames.inside(frames.of[outside[0]], loop.frame):
            continue  # made anew in each step: no sequence that the loop walks along
        found.append(
            Element(
                node=node,
                writes=op in ops.ARRAY_WRITES,
                array=outside[0],
                tensor=outside,
                dimension=dimension,
                slope=slope,
            )
        )
    return found


def _gather_axis(graph: Graph, node: int) -> int:
    axis = graph.input(node, 2)
    if axis is None:
        return 0
    value = _constant(graph, axis[0])
    return 0 if value is None else value


def _leave_loop(graph: Graph, tensor: Tensor) -> Tensor | None:
    """The tensor outside all loops that enters as ``tensor``, unchanged by any step."""
    node, port = tensor
    while True:
        op = graph.op(node)
        if op in ENTER or op in ("Identity", *SWITCH):
            source = graph.input(node, 0)
            if source is None:
                return None
            node, port = source
        elif op in MERGE:
            carried = _carried(graph, node)
            if carried is None or not _unchanged(graph, carried):
                return (node, port)
            source = graph.input(carried.enter, 0)
            if source is None:
                return None
            node, port = source
        else:
            return (node, port)


def is_unchanged(graph: Graph, merge: int) -> bool:
    """Whether a loop hands a value on from step to step as it is."""
    carried = _carried(graph, merge)
    return carried is not None and _unchanged(graph, carried)


def _unchanged(graph: Graph, carried: Carried) -> bool:
    source = graph.input(carried.next, 0)
    return source is not None and through(graph, source[0]) == carried.merge


def _indexed_dimension(graph: Graph, begin: int, counters: dict[int, Carried]) -> int:
    """The dimension in which a slice begins at the counter; -1 = in none."""
    begin = through(graph, begin)
    if graph.op(begin) == "Pack":
        for slot, source in enumerate(graph.sources(begin)):
            if _slope(graph, source, counters) is not None:
                return slot
        return -1
    if graph.op(begin) in ("ExpandDims", "Reshape"):
        source = graph.input(begin, 0)
        if source is not None and _slope(graph, source[0], counters) is not None:
            return 0
    return -1


def _pack_operand(graph: Graph, begin: int, dimension: int) -> int:
    begin = through(graph, begin)
    slot = dimension if graph.op(begin) == "Pack" else 0
    source = graph.input(begin, slot)
    return begin if source is None else source[0]


def _slope(graph: Graph, index: int, counters: dict[int, Carried]) -> int | None:
    """The sign with which an index follows a counter; None = it does not follow one.

    0 = it follows, and the sign is not known.
    """
    node = through(graph, index)
    op = graph.op(node)
    if node in counters:
        step = counters[node].step or 0
        return (step > 0) - (step < 0)
    if op in ("Add", "AddV2", "Sub", "Minimum", "Maximum"):
        left, right = (_slope(graph, s, counters) for s in graph.sources(node)[:2])
        if left is None and right is None:
            return None
        if left is not None and right is not None:
            return 0
        if op == "Sub" and right is not None:
            return -right
        return left if left is not None else right
    if op in ("Mul", "FloorDiv", "FloorMod", "Cast", "ExpandDims", "Reshape", "Squeeze"):
        slopes = [_slope(graph, s, counters) for s in graph.sources(node)]
        if any(s is not None for s in slopes):
            return slopes[0] if op in ("Cast", "ExpandDims", "Reshape", "Squeeze") else 0
    return None
