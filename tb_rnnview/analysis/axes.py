"""Time axes: which loops walk along the same sequence, in which direction, and how far.

Two loops share one axis when a sequence of one reaches a sequence of the other through operations
that keep time, and their lengths do not contradict. A loop's direction is the parity of the
reversals between the sequence that it walks along and where that comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorboard.compat.proto.types_pb2 import DT_BOOL

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of, filled_from, is_array
from tb_rnnview.analysis.elements import Element
from tb_rnnview.analysis.lengths import Length
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.sequences import Sequence, upstream
from tb_rnnview.analysis.unions import Unions
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.where import Where
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames
from tb_rnnview.timeline import Direction

_CONSTANT = ops.VARIABLES | frozenset(
    {"Const", "Fill", "Range", "RandomUniform", "RandomStandardNormal"}
)


_TYPES = ("element_dtype", "dtype", "T", "Tparams")
_COMPARES = frozenset(
    "Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalNot LogicalOr NotEqual".split()
)

# Operations that may put the elements of a sequence into any order.
_REARRANGES = frozenset(
    "ConcatV2 DynamicStitch EagerPyFunc Gather GatherNd GatherV2 Pack ParallelConcat PyFunc "
    "PyFuncStateless RandomShuffle ScatterNd TensorScatterUpdate TopK TopKV2".split()
)


@dataclass(eq=False)
class TimeAxis:
    """One time axis."""

    loops: list[Loop]
    length: Length
    parent: TimeAxis | None = None
    id: str = ""
    label: str = ""
    is_unrolled: bool = False
    """Its timesteps are written out one by one: each has a loop of its own."""


@dataclass
class Axes:
    """All time axes of a graph, in the order in which data flow through them."""

    all: list[TimeAxis]
    of: dict[int, TimeAxis]
    """The axis of each loop, by the loop's frame."""
    direction: dict[int, Direction]
    """The direction of each loop, by the loop's frame."""
    tensors: dict[tuple[int, int, Where], list[Loop]] = field(default_factory=dict)
    """The loops whose sequence comes from a tensor, by node, port and place of time."""
    made_of: dict[tuple[int, int, Where], list[Loop]] = field(default_factory=dict)
    """The same for tensors whose positions are no timesteps, though timesteps are made of them."""
    written: dict[int, Loop] = field(default_factory=dict)
    """The loop that writes each array."""
    turned: dict[int, set[bool]] = field(default_factory=dict)
    """Whether each reading of an element goes against its sequence's source; both = not known."""


@dataclass
class _Writer:
    """The first loop that writes an array."""

    loop: Loop
    slopes: set[int] = field(default_factory=set)
    """The signs with which its places, and those of others that write there, follow counters."""

    def read(self, turned: bool) -> list[tuple[Loop, bool]]:
        """The loop, with whether who reads the array goes against it; both if that is not known."""
        if self.slopes in ({1}, {-1}):
            return [(self.loop, turned != (self.slopes == {-1}))]
        return [(self.loop, turned), (self.loop, not turned)]


@dataclass
class _Link:
    a: Loop
    b: Loop


def find_axes(
    graph: Graph,
    frames: Frames,
    loops: list[Loop],
    lengths: Mapping[int, Length],
    picked: PickedElements,
) -> Axes:
    """Groups the loops that are time axes."""
    walking = [loop for loop in loops if loop.is_axis]
    written: dict[int, _Writer] = {}
    for loop in walking:
        for element in loop.elements:
            if element.writes:
                written.setdefault(element.array, _Writer(loop)).slopes.add(element.slope)
    tensors: dict[tuple[int, int, Where], list[Loop]] = {}
    windows: dict[tuple[int, int, Where], list[Loop]] = {}
    links: list[_Link] = []
    sources: dict[int, list[bool]] = {}
    fed_by: dict[int, list[tuple[Loop, bool]]] = {loop.frame: [] for loop in walking}
    turned_of: dict[int, set[bool]] = {}
    for loop in walking:
        # Constants count as a source only where there is no other: a mask or a table of positions
        # may be added to sequences that have nothing else in common. So do truth values: Keras
        # hands a mask on as it was, though the layer before has turned the sequence around.
        varying: list[bool] = []
        constant: list[bool] = []
        truths: list[bool] = []
        shared: list[tuple[int, int, Where]] = []
        for element in loop.elements:
            if element.writes:
                continue
            backwards = element.slope < 0
            mine = truths if _is_truth(graph, element) else varying
            writer = written.get(element.array)
            if writer is not None and writer.loop is not loop:
                links.append(_Link(loop, writer.loop))
                fed_by[loop.frame] += writer.read(backwards)
            fed, told = len(fed_by[loop.frame]), len(varying)
            for start in _starts(graph, element):
                in_part = not _visits_all(picked.values, start, lengths[loop.frame])
                for sequence, goes_on in upstream(picked, start):
                    node = sequence.tensor[0]
                    key = (*sequence.tensor, sequence.where)
                    turned = sequence.turned != backwards
                    if sequence.where.cut:
                        _visit(windows, key, loop)
                        continue
                    if _is_constant(graph, node):
                        shared.append(key)
                        if not goes_on:
                            constant.append(turned)
                        continue
                    if in_part:
                        cut = sequence.where.cut_off()
                        _visit(windows, (*sequence.tensor, cut), loop)
                    else:
                        links.extend(_visit(tensors, key, loop))
                    if graph.op(node) in ops.ARRAY_STACKS and sequence.where == Where(0):
                        writer = written.get(array_of(graph, node))
                        if writer is not None and writer.loop is not loop:
                            links.append(_Link(loop, writer.loop))
                            fed_by[loop.frame] += writer.read(turned)
                    elif not goes_on:
                        mine.append(turned)
                        if _may_rearrange(graph, node) or element.slope == 0:
                            mine.append(not turned)  # in either order, for all that is known
            is_fed = writer is not None or len(fed_by[loop.frame]) > fed
            turned_of[element.node] = {False, True} if is_fed else set(varying[told:])
        if not varying and not truths and not fed_by[loop.frame]:
            for key in shared:
                links.extend(_visit(tensors, key, loop))
        sources[loop.frame] = varying or ([] if fed_by[loop.frame] else truths or constant)
    groups = _group(walking, links, lengths)
    axes = [TimeAxis(group, _common_length([lengths[x.frame] for x in group])) for group in groups]
    of = {loop.frame: axis for axis in axes for loop in axis.loops}
    for axis in axes:
        axis.parent = _parent(frames, axis, of)
    writers = {array: writer.loop for array, writer in written.items()}
    return Axes(
        axes, of, _directions(walking, sources, fed_by), tensors, windows, writers, turned_of
    )


def _visit(
    tensors: dict[tuple[int, int, Where], list[Loop]], key: tuple[int, int, Where], loop: Loop
) -> list[_Link]:
    """Notes that a loop's sequence comes from a tensor; the links to others that do."""
    here = tensors.setdefault(key, [])
    if loop in here:
        return []
    links = [_Link(loop, other) for other in here]
    here.append(loop)
    return links


def _may_rearrange(graph: Graph, node: int) -> bool:
    """Whether elements may come in any order; that of a list of inputs is the list's own."""
    op = graph.op(node)
    if op == "Pack":
        packed = graph.sources(node)
        if len(packed) == 1 or all(graph.op(source) in ops.INPUTS for source in packed):
            return False
    return op in _REARRANGES


def _is_truth(graph: Graph, element: Element) -> bool:
    """Whether the elements are truth values: a mask, which says nothing of an order."""
    if graph.op(element.tensor[0]) in _COMPARES:
        return True
    of_either = (
        graph.attr(node, name) for node in (element.node, element.tensor[0]) for name in _TYPES
    )
    return next((t.type == DT_BOOL for t in of_either if t is not None), False)


def _is_constant(graph: Graph, node: int) -> bool:
    made_by = origin(graph, (node, 0), ("Identity", "ReadVariableOp"))[0]
    return graph.op(made_by) in _CONSTANT


def _starts(graph: Graph, element: Element) -> list[Sequence]:
    """The tensors that hold the sequence which an element access walks along."""
    if not is_array(graph, element.array):
        return [Sequence(element.tensor, Where(element.dimension))]
    return [Sequence(value, Where(0)) for value in filled_from(graph, element.array)]


def _visits_all(values: Values, start: Sequence, length: Length) -> bool:
    """Whether a loop may visit all elements of the sequence that it walks along, each once."""
    shape = values.shape(start.tensor)
    at = start.where.dimension
    size = shape[at] if shape is not None and at < len(shape) else None
    return not isinstance(size, int) or length.steps in (None, size)


def _group(
    loops: list[Loop], links: list[_Link], lengths: Mapping[int, Length]
) -> list[list[Loop]]:
    by_frame = {loop.frame: loop for loop in loops}
    joined = Unions(by_frame)
    steps = {frame: lengths[frame].steps for frame in by_frame}
    for link in links:
        a, b = joined.of(link.a.frame), joined.of(link.b.frame)
        if steps[a] is not None and steps[b] is not None and steps[a] != steps[b]:
            continue
        steps[joined.join(a, b)] = steps[a] if steps[a] is not None else steps[b]
    return [[by_frame[frame] for frame in group] for group in joined.groups()]


def _common_length(lengths: list[Length]) -> Length:
    known = [x for x in lengths if x.steps is not None]
    if not known:
        return lengths[0]
    bound = next((x for x in known if x.is_bound), None)
    return bound or known[0]


def _parent(frames: Frames, axis: TimeAxis, of: dict[int, TimeAxis]) -> TimeAxis | None:
    frame = frames.parent[axis.loops[0].frame]
    while frame:
        if frame in of:
            return of[frame]
        frame = frames.parent[frame]
    return None


def _directions(
    loops: list[Loop],
    sources: dict[int, list[bool]],
    fed_by: dict[int, list[tuple[Loop, bool]]],
) -> dict[int, Direction]:
    """Each loop's direction: from the source of its sequence, else from the loops that feed it."""
    turned: dict[int, set[bool]] = {}
    for loop in loops:
        if sources[loop.frame]:
            turned[loop.frame] = set(sources[loop.frame])
        elif not fed_by[loop.frame]:
            falls = any(e.slope < 0 for e in loop.elements)
            turned[loop.frame] = {falls}
    waiting = [loop for loop in loops if loop.frame not in turned]
    told = True
    while told:
        told = False
        for loop in waiting:
            feeding = fed_by[loop.frame]
            if all(o.frame in turned for o, _ in feeding):
                turned[loop.frame] = {t != x for o, t in feeding for x in turned[o.frame]}
                told = True
        waiting = [loop for loop in waiting if loop.frame not in turned]
    names = {False: Direction.FORWARD, True: Direction.BACKWARD}
    return {
        loop.frame: names[next(iter(turned[loop.frame]))]
        if len(turned.get(loop.frame, set())) == 1
        else Direction.UNKNOWN
        for loop in loops
    }
