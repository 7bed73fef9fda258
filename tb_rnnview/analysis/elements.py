"""Accesses to one element of a sequence at a loop's counter: what makes a loop a time axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of
from tb_rnnview.analysis.carried import Carried, constant_number
from tb_rnnview.analysis.counting_tables import counts_up
from tb_rnnview.graph.control_flow import ENTER, SWITCH, origin, through
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import Frames

_SUMS = frozenset({"Add", "AddV2", "Sub", "Minimum", "Maximum"})
_SAME_NUMBER = frozenset({"Cast", "ExpandDims", "Reshape", "Squeeze"})
_SCALED = frozenset({"Mul", "FloorDiv", "FloorMod"})


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


def find_elements(
    graph: Graph, frames: Frames, frame: int, body: Iterable[int], counters: list[Carried]
) -> list[Element]:
    """The accesses of one loop at its counters, in graph order.

    Args:
        graph: the graph.
        frames: its frames.
        frame: the loop's frame.
        body: the nodes that run in it.
        counters: the carried values that count its steps.
    """
    found = list(_taken_in_turn(graph, frames, frame, body))
    if not counters:
        return found
    slopes: dict[int, int | None] = {c.merge: _sign(c.step or 0) for c in counters}
    for node in body:
        place = _place(graph, node, slopes)
        indexed = graph.input(node, 0)
        if place is None or indexed is None:
            continue
        if graph.op(node) in ops.LIST_OPS:
            outside = array_of(graph, node), 0
        else:
            outside = _leave_loop(graph, indexed)
        if frames.inside(frames.of[outside[0]], frame):
            continue  # made anew in each step: no sequence that the loop walks along
        dimension, slope = place
        writes = graph.op(node) in ops.ARRAY_WRITES
        found.append(Element(node, writes, outside[0], outside, dimension, slope))
    return found


def _taken_in_turn(
    graph: Graph, frames: Frames, frame: int, body: Iterable[int]
) -> Iterator[Element]:
    """What each step takes next from a data set or a queue: it needs no counter."""
    for node in body:
        if frames.of[node] == frame and ops.takes_next(graph.op(node)) and graph.inputs(node):
            outside = _leave_loop(graph, graph.inputs(node)[0])
            if not frames.inside(frames.of[outside[0]], frame):
                yield Element(node, False, outside[0], outside, 0, 1)


def _place(graph: Graph, node: int, slopes: dict[int, int | None]) -> tuple[int, int] | None:
    """The dimension that a node indexes by a counter, and the sign; None = it indexes none."""
    op = graph.op(node)
    index = graph.input(node, 1)
    if index is None:
        return None
    if op in ops.ARRAY_READS or op in ops.ARRAY_WRITES:
        candidates = [(0, index[0])]
    elif op in ("Gather", "GatherV2"):
        candidates = [(_gather_axis(graph, node), index[0])]
    elif op in ("StridedSlice", "Slice"):
        begin = through(graph, index[0])
        if graph.op(begin) == "Pack":
            candidates = list(enumerate(graph.sources(begin)))
        elif graph.op(begin) in ("ExpandDims", "Reshape"):
            candidates = [(0, graph.sources(begin)[0])]
        elif graph.op(begin) == "StridedSlice":
            candidates = [(0, begin)]  # a row of a table of places
        else:
            return None
    else:
        return None
    for dimension, source in candidates:
        slope = _slope(graph, source, slopes)
        if dimension >= 0 and slope is not None:
            return dimension, slope
    return None


def _gather_axis(graph: Graph, node: int) -> int:
    axis = graph.input(node, 2)
    value = constant_number(graph, axis[0]) if axis is not None else None
    return 0 if value is None else value


def _leave_loop(graph: Graph, tensor: Tensor) -> Tensor:
    """The tensor outside all loops that enters as ``tensor``, unchanged by any step."""
    return origin(graph, tensor, (*ENTER, *SWITCH, "Identity"))


def _slope(graph: Graph, index: int, slopes: dict[int, int | None]) -> int | None:
    """The sign with which an index follows a counter; None = it does not follow one.

    0 = it follows, and the sign is not known. ``slopes`` holds what is known already.
    """
    goal = through(graph, index)
    pending = [goal]
    while pending:
        node = pending[-1]
        operands = [through(graph, s) for s in _made_of(graph, node)]
        waiting = [s for s in operands if s not in slopes]
        if node in slopes or not waiting:
            pending.pop()
            slopes.setdefault(node, _follows(graph, node, [slopes[s] for s in operands]))
        else:
            pending.extend(waiting)
    return slopes[goal]


def _made_of(graph: Graph, node: int) -> list[int]:
    """The numbers that a number is computed from, as far as it may follow a counter."""
    op = graph.op(node)
    if op in _SUMS or op in _SAME_NUMBER or op in _SCALED:
        return list(graph.sources(node))
    if op == "Fill":
        return list(graph.sources(node))[1:]
    if op in ops.SELECTS:
        return list(graph.sources(node))[1:]  # i, or i + size where i counts from the end
    if op == "StridedSlice":
        table, begin = graph.inputs(node)[:2]
        place = through(graph, begin[0])
        made_by = _leave_loop(graph, table)[0]
        if graph.op(place) == "Pack" and (
            counts_up(graph, made_by) or graph.op(made_by) == "Const"
        ):
            return list(graph.sources(place))[:1]
    return []


def _follows(graph: Graph, node: int, operands: list[int | None]) -> int | None:
    """The sign with which a number follows a counter, by those of what it is made of."""
    op = graph.op(node)
    following = [s for s in operands if s is not None]
    if not following:
        return None
    if op == "StridedSlice":
        table = _leave_loop(graph, graph.inputs(node)[0])[0]
        return operands[0] if counts_up(graph, table) else 0
    if op in _SAME_NUMBER or op == "Fill":
        return operands[0]
    if op in ops.SELECTS:
        return operands[0] if len(set(operands)) == 1 else 0
    if op in ("Mul", "FloorDiv") and len(following) == 1:
        at = operands.index(None)
        times = constant_number(graph, graph.sources(node)[at])
        by_number = times is not None and (op == "Mul" or at == 1)
        return following[0] * _sign(times) if times and by_number else 0
    if op in _SCALED or len(following) > 1:
        return 0
    return -following[0] if op == "Sub" and operands[0] is None else following[0]


def _sign(step: int) -> int:
    return (step > 0) - (step < 0)
