"""What the analysis claims of a test program, beside what is true of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import permutations

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview import analyze
from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Layer, LengthSource, Timeline, Use, Variable
from tests.programs import program as stated
from tests.programs.catalogue import program

RECURRENT_CELLS = {"SimpleRNN", "LSTM", "GRU"}


@cache
def timeline(name: str) -> Timeline:
    """What the analysis says of a program: of the model or function that its user has, if any."""
    case = program(name)
    if case.source is None:
        return analyze_graph(open_source(case.graph))
    return analyze(case.source, inputs=case.inputs)


def of_graph(
    case: stated.Program,
    graph: GraphDef | None = None,
    rename: Callable[[str], str] = lambda tensor: tensor,
) -> Timeline:
    """What the analysis says of a program's graph, and no more.

    Args:
        case: the program. The graph of a function gives back what the function gives back.
        graph: a copy of its graph.
        rename: what the copy calls a tensor of the original.
    """
    source = open_source(case.graph if graph is None else graph)
    if case.source is not None:
        source = replace(source, outputs=tuple(rename(tensor.name) for tensor in case.outputs))
    return analyze_graph(source)


def executions(claimed: Timeline, variable: Variable, open_length: int | None) -> int:
    """How often a variable is used in a run, by what is claimed.

    Args:
        claimed: the timeline.
        variable: one of its variables.
        open_length: timesteps of the axes whose length is claimed to be open.
    """
    return sum(use.reads * _times(claimed, use, open_length) for use in variable.uses)


def _times(claimed: Timeline, use: Use, open_length: int | None) -> int:
    if not use.axis:
        return 1
    axis = claimed.axis(use.axis)
    times = use.steps if use.stop is not None else axis.length or open_length
    assert times is not None, f"{axis.id} is said to be open"
    while axis.parent:
        axis = claimed.axis(axis.parent)
        times *= axis.length or open_length or 0
    return times


@cache
def differences(name: str) -> Mapping[str, tuple[str, ...]]:
    """Where the analysis and the truth of a program differ: {aspect: sentences}."""
    return compare(name, timeline(name))


def compare(name: str, claimed: Timeline) -> Mapping[str, tuple[str, ...]]:
    """Where ``claimed`` and the truth of a program differ, under the kindest reading of axes."""
    truth = program(name).truth
    ids = [axis.id for axis in claimed.axes]
    keys = list(truth.axes)
    readings = [dict(zip(keys, order, strict=False)) for order in permutations(ids, len(keys))]
    if len(ids) < len(keys):
        readings = [dict(zip(order, ids, strict=False)) for order in permutations(keys, len(ids))]
    found = [_Comparison(name, truth, claimed, reading).run() for reading in readings]
    return min(found, key=lambda f: sum(map(len, f.values())))


class _Comparison:
    """One program's truth against its timeline, with the axes told apart in one way."""

    def __init__(
        self, name: str, truth: stated.Truth, claimed: Timeline, axes: Mapping[str, str]
    ) -> None:
        self.case = program(name)
        self.truth = truth
        self.claimed = claimed
        self.axes = {"": "", **axes}
        self.layers = self._match_layers()

    def run(self) -> dict[str, tuple[str, ...]]:
        return {
            "axes": tuple(self._axes()),
            "layers": tuple(self._layers()),
            "variables": tuple(self._variables()),
            "states": tuple(self._states()),
            "connections": tuple(self._connections()),
        }

    def _match_layers(self) -> dict[str, Layer]:
        """{key: layer}, told by the variables that each uses, then by kind and depth."""
        free = list(self.claimed.layers)
        matched = {}
        for key, layer in self.truth.layers.items():
            own = {n for n, w in self.truth.weights.items() if key in {u.layer for u in w.uses}}
            fits = [x for x in free if {v.name for v in self.claimed.variables_of(x.id)} == own]
            fits.sort(key=lambda x: (x.kind.name not in layer.kind, x.depth != layer.depth))
            if fits:
                matched[key] = fits[0]
                free.remove(fits[0])
        return matched

    def _axes(self) -> Iterator[str]:
        if len(self.claimed.axes) != len(self.truth.axes):
            yield f"{len(self.truth.axes)} axes, claimed: {self.claimed.axes}"
        for key, true in self.truth.axes.items():
            if key not in self.axes:
                continue
            axis = self.claimed.axis(self.axes[key])
            if axis.length != true.length:
                yield f"{key}: {true.length} timesteps, claimed: {axis}"
            elif true.length is None:
                if not axis.reason:
                    yield f"{key}: no reason why the length is not known"
            elif axis.length_source is not self._source_of_length(true):
                yield f"{key}: {self._source_of_length(true)}, claimed: {axis}"
            elif axis.length_is_bound != true.bound:
                yield f"{key}: bound {true.bound}, claimed: {axis}"
            if axis.parent != self.axes.get(true.parent, "?"):
                yield f"{key}: inside {true.parent or 'nothing'}, claimed: {axis}"

    def _source_of_length(self, true: stated.Axis) -> LengthSource:
        # The trace of one example has its lengths as constants.
        is_open = true.seen and self.claimed.source.kind != "graph"
        return LengthSource.OBSERVED if is_open else LengthSource.STATIC

    def _layers(self) -> Iterator[str]:
        for key, true in self.truth.layers.items():
            if key not in self.layers:
                yield f"{key}: no layer uses just its variables; {self._who_uses_what()}"
                continue
            layer = self.layers[key]
            if layer.kind.name not in true.kind.split("|"):
                yield f"{key}: {true.kind}, claimed: {layer.kind.name} ({layer.reason})"
            if true.kind == "RECURRENT":
                if layer.cell not in true.cell.split("|"):
                    yield f"{key}: a {true.cell or 'nameless'} cell, claimed: {layer.cell!r}"
                if layer.units != true.units:
                    yield f"{key}: {true.units} units, claimed: {layer.units}"
                if layer.depth != true.depth:
                    yield f"{key}: depth {true.depth}, claimed: {layer.depth}"
            elif layer.cell in RECURRENT_CELLS:
                yield f"{key}: no recurrence, claimed: a {layer.cell} cell"
            if not self._same_runs(true, layer):
                yield f"{key}: runs {true.runs}, claimed: {layer.applications}"
        known = {x.id for x in self.layers.values()}
        for layer in self.claimed.layers:
            if layer.id not in known:
                yield f"no such layer: {layer}; {self._who_uses_what()}"

    def _same_runs(self, true: stated.Layer, layer: Layer) -> bool:
        """Whether each stated run is one of those claimed, and none is left over."""
        if true.runs is None:
            return True
        free = list(layer.applications)
        runs = [(self.axes.get(axis, "?"), way.split("|")) for axis, way in true.runs]
        # Those of which least is left open choose first: nobody takes what another needs.
        for axis, ways in sorted(runs, key=lambda run: ("*" in run[1], len(run[1]))):
            anyway = true.kind != "RECURRENT"
            fits = [a for a in free if a.axis == axis and (anyway or a.direction.name in ways)]
            if not fits:
                return False
            free.remove(fits[0])
        return not free

    def _variables(self) -> Iterator[str]:
        listed = {v.name: v for v in self.claimed.variables}
        for name, true in self.truth.weights.items():
            if name not in listed:
                yield f"{name}: not listed"
                continue
            variable = listed[name]
            if variable.role not in true.role.split("|"):
                yield f"{name}: {true.role}, claimed: {variable.role}"
            uses: Counter[tuple[str, str, tuple[int, int] | None]] = Counter()
            for use in true.uses:
                layer = self.layers[use.layer].id if use.layer in self.layers else "?"
                axis = self.axes.get(use.axis, "?")
                uses[layer if use.layer else "", axis, use.only] += use.reads
            said: Counter[tuple[str, str, tuple[int, int] | None]] = Counter()
            for claim in variable.uses:
                only = None
                if claim.axis and not self._whole(claim):
                    only = claim.start, claim.stop or 0
                said[claim.layer, claim.axis, only] += claim.reads
            if uses != said:
                yield f"{name}: uses {dict(uses)}, claimed: {dict(said)}"
            if set(variable.layers) != {layer for layer, *_ in said if layer}:
                yield f"{name}: layers {variable.layers} are not those of its uses"
            if true.blocks is not None:
                blocks = {b.name: (b.dimension, b.start, b.stop) for b in variable.blocks}
                if self._parts(blocks, variable) != self._parts(true.blocks, variable):
                    yield f"{name}: blocks {dict(true.blocks)}, claimed: {blocks}"
        for name in sorted(set(listed) - set(self.truth.weights)):
            if listed[name].uses:
                yield f"{name}: used by nothing, claimed: {listed[name].uses}"

    def _whole(self, use: Use) -> bool:
        length = self.claimed.axis(use.axis).length
        return (use.start, use.stop, use.stride) == (0, length, 1)

    @staticmethod
    def _parts(blocks: Mapping[str, tuple[int, int, int]], variable: Variable) -> object:
        """Blocks that are less than the whole: naming a whole dimension says nothing new."""
        shape = variable.shape or ()
        return {n: b for n, b in blocks.items() if not (b[1] == 0 and b[2] == shape[b[0]])}

    def _states(self) -> Iterator[str]:
        for key, layer in self.layers.items():
            true = [s.initial.split("|") for s in self.truth.starts if s.layer == key]
            said = [
                s.initial.removesuffix(":0") for s in self.claimed.states if s.layer == layer.id
            ]

            def right(options: list[str], initial: str) -> bool:
                return initial in options or ("*" in options and self._is_a_tensor(initial))

            if not any(
                len(order) == len(true) and all(map(right, true, order))
                for order in permutations(said)
            ):
                yield f"{key}: states start from {true}, claimed: {said}"

    def _is_a_tensor(self, name: str) -> bool:
        """Whether it may be a tensor of the program: neither zeros nor a variable, and known."""
        node = name.split(":")[0]
        if self.case.source is not None:  # traced anew, with names of its own
            return node not in ("", "zeros", *self.truth.weights)
        return node in {op.name for op in self.case.graph.get_operations()}

    def _connections(self) -> Iterator[str]:
        keys = {layer.id: key for key, layer in self.layers.items()}
        said = {
            (keys.get(c.from_layer, "?"), keys.get(c.to_layer, "?"), c.offset)
            for c in self.claimed.connections
        }
        pairs = {(a, b) for a, b, offset in self.truth.connections if offset == stated.ANY}
        said = {(a, b, stated.ANY if (a, b) in pairs else offset) for a, b, offset in said}
        true = set(self.truth.connections)
        if true - said:
            yield f"not claimed: {sorted(true - said)}; claimed: {sorted(said)}"
        if said - true and not self.truth.more_connections:
            yield f"claimed, but not there: {sorted(said - true)}"

    def _who_uses_what(self) -> str:
        return "; ".join(
            f"{x.id} ({x.kind.name}): {[v.name for v in self.claimed.variables_of(x.id)]}"
            for x in self.claimed.layers
        )
