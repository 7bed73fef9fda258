"""Where in a session's graph each recurrent layer takes its timesteps.

The analysis reads the layers off the graph; here its nodes become the operations of TensorFlow's
graph again, so that they can be fetched: those of a loop's body, which run once for each timestep,
or those of each timestep that is written out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import filled_from
from tb_rnnview.analysis.carried import Carried, constant_number
from tb_rnnview.analysis.cells import recognise
from tb_rnnview.analysis.elements import Element
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.pieces import Cell, handed_on
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.variables import UseSite
from tb_rnnview.graph.control_flow import MERGE, through
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Direction, Kind, Layer, Timeline
from tb_rnnview.training.session_layers import Part, Place, WatchedLayer
from tb_rnnview.training.session_lengths import positions
from tb_rnnview.training.session_operations import Operations
from tb_rnnview.training.session_states import Mask, is_above_zero, new_value

_LINEAR = {"MatMul": (1,), "BiasAdd": (1,), "Add": (0, 1), "AddV2": (0, 1), "Mul": (0, 1)}
"""The operations that are linear in a weight, and the slots at which it enters."""


class NotWatchedError(Exception):
    """Why a layer cannot be watched, in one line."""


def find_layers(
    found: Analysis, timeline: Timeline, graph: Any
) -> tuple[list[WatchedLayer], dict[str, str]]:
    """The recurrent layers that can be watched, and why the others cannot, by name.

    Args:
        found: what the analysis found in the graph.
        timeline: the timeline of it.
        graph: the ``tf.Graph``.
    """
    operations = Operations(graph)
    watched: list[WatchedLayer] = []
    reasons: dict[str, str] = {}
    for layer, told in zip(found.layers, timeline.layers, strict=True):
        if layer.kind is not Kind.RECURRENT:
            continue
        for i, instance in enumerate(layer.instances):
            try:
                watched.append(_Finder(found, timeline, operations, told, instance, i).watched())
            except NotWatchedError as error:
                reasons.setdefault(told.name or told.id, str(error))
    return watched, reasons


class _Finder:
    def __init__(
        self,
        found: Analysis,
        timeline: Timeline,
        operations: Operations,
        layer: Layer,
        instance: Instance,
        application: int,
    ) -> None:
        self._found, self._graph, self._operations = found, found.graph, operations
        self._layer, self._application, self._instance = layer, application, instance
        self._timeline = timeline
        self._missing: dict[str, list[str]] = {}

    def watched(self) -> WatchedLayer:
        core, graph = self._instance.core, self._graph
        if core is None:
            raise NotWatchedError("it runs outside time")
        self._frame = core.loop.frame
        cell = recognise(graph, core, self._found.values)
        names = sorted(cell.states, key=lambda state: state[0])
        taken_apart = {n for _, piece in names for n in piece.carried.exits} & graph.parts
        if taken_apart or any(p.cut is not None or p.carried.in_array for _, p in names):
            raise NotWatchedError("its states lie in one tensor")
        ends = [new_value(graph, piece.carried) for _, piece in names]
        self._steps = self._written_out([end for end, _ in ends])
        element = self._element(core.loop.elements, core.loop.counters)
        gates = list(self._gates(cell))
        variables = self._variables()
        watched = WatchedLayer(
            name=self._layer.name or self._layer.id,
            application=self._application,
            axis=self._axis().label,
            axis_id=self._axis().id,
            states=[name for name, _ in names],
            gates=[(name, is_above) for name, _, is_above in gates],
            variables=[name for name, _, _ in variables],
            stored=[stored for _, stored, _ in variables],
            shapes=[self._shape(name) for name, _, _ in variables],
            length=self._length(element),
            is_loop=self._steps is None,
            ends=[
                self._at((end, 0), None)
                for _, piece in names
                for end in (piece.carried.exits if self._steps is None else ())
            ],
            reversal=self._reversal(element),
            places=[],
            missing=self._missing,
            graph=self._operations.graph,
        )
        within = [
            self._within(end, [other for other, _ in ends if other != end]) for end, _ in ends
        ]
        masks = [mask for _, mask in ends]
        for t in range(self._steps or 1):
            at = t if self._steps is not None else None
            states = [self._at(end, at, is_needed=at is None) for end, _ in ends]
            watched.places.append(
                Place(
                    position=self._index(element) if at is None else t,
                    states=states,
                    within=[{self._at((n, 0), at).op for n in nodes} for nodes in within],
                    gates=[self._at(gate, at) for _, gate, _ in gates],
                    runs=self._runs(masks, at),
                    parts=[
                        [
                            Part(self._at((s.node, 0), at).op, s.slot, s.region)
                            for s in sites
                            if self._at((s.node, 0), at, is_needed=False) is not None
                        ]
                        for _, _, sites in variables
                    ],
                )
            )
        if any(graph.op(end[0]) in MERGE for end, _ in ends):
            watched.has_gradients = False
            self._miss("state gradients", "under a condition")
        if masks[0] is not None and watched.places[0].runs is None:
            watched.knows_live = False
            self._miss("live fraction, so that ended sequences count, too", "under a condition")
        return watched

    def _axis(self) -> Any:
        place = self._layer.applications[self._application]
        return next(axis for axis in self._timeline.axes if axis.id == place.axis)

    def _written_out(self, ends: list[Tensor]) -> int | None:
        """How many timesteps are written out; None = they run in a loop."""
        if self._found.frames.name[self._frame] not in self._graph.rolled:
            if self._found.frames.parent[self._frame]:
                raise NotWatchedError("it runs in a loop within another one")
            return None
        counts = {len(self._graph.written_as.get(node, ())) for node, _ in ends}
        if len(counts) != 1 or not (count := counts.pop()):
            raise NotWatchedError("its timesteps are not told apart")
        return count

    def _at(self, tensor: Tensor, step: int | None, is_needed: bool = True) -> Any:
        """The tensor of TensorFlow's graph, at a timestep that is written out."""
        node, port = tensor
        name = self._name(node, step)
        found = self._operations.tensor(name, port)
        if found is None and is_needed:
            raise NotWatchedError(f"{name or self._graph.names[node]!r} cannot be fetched")
        return found

    def _name(self, node: int, step: int | None) -> str:
        if step is None:
            return self._graph.names[node]
        written = self._graph.written_as.get(node)
        return written[step] if written is not None else ""

    def _element(self, elements: list[Element], counters: list[Carried]) -> Element:
        """The element of a sequence by whose place a loop counts."""
        starts = {
            c.merge
            for c in counters
            if c.step == 1 and constant_number(self._graph, self._graph.sources(c.enter)[0]) == 0
        }
        for element in elements:
            if element.slope == 1 and (
                self._steps is not None or self._counter(element) in starts - {-1}
            ):
                return element
        if self._steps is not None and elements:
            return elements[0]
        raise NotWatchedError("its loop does not count its timesteps from 0")

    def _counter(self, element: Element) -> int:
        index = self._index_of(element)
        return through(self._graph, index[0]) if index is not None else -1

    def _index_of(self, element: Element) -> Tensor | None:
        index = self._graph.input(element.node, 1)
        if self._graph.op(element.node) in ("StridedSlice", "Slice") and index is not None:
            begin = through(self._graph, index[0])
            packs = self._graph.op(begin) == "Pack"
            return self._graph.input(begin, element.dimension) if packs else None
        return index

    def _index(self, element: Element) -> Any:
        operation = self._at((element.node, 0), None).op
        if operation.type in ("StridedSlice", "Slice"):
            return operation.inputs[1].op.inputs[element.dimension]
        return operation.inputs[1]

    def _length(self, element: Element) -> Any:
        if self._steps is not None:
            return self._steps
        found = positions(self._graph, self._operations, element)
        if found is None:
            raise NotWatchedError("the length of its sequence cannot be fetched")
        return found

    def _reversal(self, element: Element) -> str:
        place = self._layer.applications[self._application]
        # A place of an array that is read backwards is that of the sequence; steps that are
        # written out are counted as they run.
        counts_backwards = self._steps is None and element.slope != 1
        if place.direction is not Direction.BACKWARD or counts_backwards:
            return ""
        graph = self._graph
        filled = [t[0] for t in filled_from(graph, element.array)] or [element.tensor[0]]
        follows = ops.LAYOUT | {"Identity", "ReverseV2"}

        def before(node: int) -> list[int]:
            return list(graph.sources(node))[:1] if graph.op(node) in follows else []

        by_length = any(graph.op(node) == "ReverseSequence" for node in walk(filled, before))
        return "sequences" if by_length else "whole"

    def _within(self, end: Tensor, others: list[Tensor]) -> list[int]:
        graph, of = self._graph, self._found.frames.of

        def before(node: int) -> list[int]:
            if node in graph.loop_merges or of[node] != self._frame:
                return []
            return list(graph.sources(node))

        makes = set(walk([node for node, _ in others], before))
        return sorted(
            {to for port, to, _ in graph.consumers(end[0]) if port == end[1] and to in makes}
        )

    def _gates(self, cell: Cell) -> Iterator[tuple[str, Tensor, bool]]:
        gates = list(cell.gates)
        if cell.name == "SimpleRNN":
            gates = [(name, piece.end) for name, piece in cell.states]
        for name, gate in sorted(gates, key=lambda g: g[0]):
            is_above = is_above_zero(self._graph, gate)
            if is_above is None:
                continue
            if self._at(gate, None if self._steps is None else 0, is_needed=False) is None:
                self._miss(f"gate {name}", "under a condition")
                continue
            yield name, handed_on(self._graph, gate), is_above

    def _runs(self, masks: list[Mask | None], step: int | None) -> tuple[Any, bool] | None:
        for mask in masks:
            # What chooses under a condition may itself be known outside of it.
            condition = self._operations.before(self._name(mask.select, step)) if mask else None
            if mask is not None and condition is not None:
                return condition, mask.runs
        return None

    def _variables(self) -> list[tuple[str, Any, list[UseSite]]]:
        """The variables whose uses can all be followed: name, storage, uses."""
        by_node: dict[int, list[UseSite]] = {}
        for site in self._instance.sites:
            by_node.setdefault(self._found.storages[site.variable].node, []).append(site)
        found = []
        for node in sorted(by_node, key=self._found.place_of):
            name = self._found.variable_name(node)
            stored = self._operations.tensor(self._graph.names[node], 0)
            reason = next(filter(None, (self._why_no_part(site) for site in by_node[node])), "")
            if stored is None or None in self._shape(name):
                reason = "what stores it cannot be fetched"
            if reason:
                self._miss(f"votes on {name}", reason)
            else:
                found.append((name, stored, by_node[node]))
        return found

    def _miss(self, what: str, why: str) -> None:
        self._missing.setdefault(why, []).append(what)

    def _shape(self, variable: str) -> tuple[Any, ...]:
        return self._timeline.variable(variable).shape or (None,)

    def _why_no_part(self, site: UseSite) -> str:
        graph, op = self._graph, self._graph.op(site.node)
        if site.carried:
            return "a state starts from it"
        if self._found.frames.of[site.node] != self._frame:
            return "it is used for all timesteps at once, or outside time"
        if site.when:
            return "under a condition"
        if site.slot not in _LINEAR.get(op, ()) or graph.flag(site.node, "transpose_a"):
            return f"what {op} does with it is not followed"
        if site.branch is not None or (site.dims and site.dims != tuple(range(len(site.dims)))):
            return "the part that is used is not known"
        steps = range(self._steps) if self._steps is not None else [None]
        for step in steps:
            used = self._at((site.node, 0), step, is_needed=False)
            if used is None or used.shape.rank != 2:
                if step is None or used is not None:
                    return "what it is used for is not a batch of vectors"
                if not graph.written_as.get(site.node, [""] * (step + 1))[step]:
                    continue  # this timestep does without it
                return "it is used where nothing can be fetched"
        return ""
