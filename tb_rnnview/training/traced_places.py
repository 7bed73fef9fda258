"""Where in a traced program the recurrent layers are that the analysis finds in its graph.

The analysis sees one graph in which functions are put in the places where they are called, and
timesteps that are written out are a loop. Here its nodes become operations of the trace again:
one in the body of a loop, or one for each timestep.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import filled_from
from tb_rnnview.analysis.cells import recognise
from tb_rnnview.analysis.describe import direction_in_time
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.pieces import Piece, unclipped
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.graph.control_flow import NEXT
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Direction, Kind
from tb_rnnview.training.copied_graph import LOOPS, CannotCopyError, LoopParts

# Where nodes of a function's body are told apart from each other and from the program's own.
_MARK = "f{}."
_MARKED = re.compile(r"(?<=/)f\d+\.")


class NotFoundError(Exception):
    """A layer whose operations are not where they could be watched; the message is the reason."""


@dataclass(frozen=True)
class Place:
    """One output of an operation of a timestep."""

    names: tuple[str, ...]
    """The operation in the loop's body; or those of each timestep, in the order in which they
    run: "" = it has none."""
    port: int = 0
    before: tuple[str, ...] = ()
    """The same operations of the timesteps that run before the loop, in their order."""


@dataclass(frozen=True)
class StatePlace:
    """Where a timestep has computed a state."""

    name: str
    place: Place
    within: tuple[Place, ...]
    """The operations that take it in the same timestep, on the way to the layer's other states."""


@dataclass(frozen=True)
class MaskPlace:
    """Where a timestep tells which sequences still run."""

    place: Place
    """What chooses; its first input is the condition."""
    is_live: bool
    """The condition holds for sequences that run; else for those that have ended."""


@dataclass(frozen=True)
class SequencePlace:
    """A tensor outside the loop of which each timestep takes an element."""

    name: str
    dimension: int
    """The one that is time."""
    is_turned: bool
    """The first timestep that runs takes the last element."""


@dataclass
class LayerRun:
    """One application of a recurrent layer."""

    variables: list[str]
    """The names of its trained variables."""
    loop: str
    """The operation that is its loop; "" = it is written out."""
    length: int
    """Timesteps; a run may have fewer where the loop says when it ends."""
    is_backward: bool
    """It begins at the end of the sequence."""
    before: int = 0
    """How many of its timesteps the program runs by themselves, before the loop."""
    uses: list[Place] = field(default_factory=list)
    """The operations that take its variables."""
    hoisted: list[str] = field(default_factory=list)
    """Those that do so outside of its timesteps, for all of them at once."""
    sequences: list[SequencePlace] = field(default_factory=list)
    """Where what those make may come from; none if there are none."""
    states: list[StatePlace] = field(default_factory=list)
    gates: list[tuple[str, Place]] = field(default_factory=list)
    mask: MaskPlace | None = None
    reason: str = ""
    """Why it is not measured."""


def mark_functions(graph_def: Any) -> dict[str, str]:
    """Gives the nodes of functions names that no other node has; what each function's begin with.

    Args:
        graph_def: the graph, which is changed.
    """
    marks = {}
    for k, function in enumerate(graph_def.library.function):
        mark = marks[function.signature.name] = _MARK.format(k)
        own = {node.name for node in function.node_def}

        def marked(name: str, mark: str = mark, own: set[str] = own) -> str:
            control = "^" if name.startswith("^") else ""
            plain = name.removeprefix("^")
            return f"{control}{mark}{plain}" if plain.partition(":")[0] in own else name

        for node in function.node_def:
            node.name = mark + node.name
            node.input[:] = [marked(name) for name in node.input]
        for results in (function.ret, function.control_ret):
            for key in list(results):
                results[key] = marked(results[key])
    return marks


class Places:
    """The places of one traced program.

    Args:
        found: what the analysis found in its graph, in which `mark_functions` marked the functions.
        graph: the graph of the trace.
        marks: what `mark_functions` gave.
    """

    def __init__(self, found: Analysis, graph: Any, marks: dict[str, str]) -> None:
        self._found = found
        self._loops = {op.name: op for op in graph.get_operations() if op.type in LOOPS}
        self._marks = marks
        self._bodies: dict[str, frozenset[str]] = {}
        self._outside = {op.name for op in graph.get_operations()}

    def runs(self) -> list[tuple[int, int, LayerRun]]:
        """The applications of all recurrent layers: the layer's place, which of its, the run."""
        found = []
        for i, layer in enumerate(self._found.layers):
            if layer.kind is not Kind.RECURRENT:
                continue
            pairs = zip(layer.instances, layer.axes, strict=True)
            for k, (instance, axis) in enumerate(pairs):
                direction = direction_in_time(self._found, instance, layer.kind, axis)
                run = LayerRun(self._variables(instance), "", 0, direction is Direction.BACKWARD)
                try:
                    self._fill(run, instance)
                except NotFoundError as error:
                    run.reason = str(error)
                found.append((i, k, run))
        return found

    def _variables(self, instance: Instance) -> list[str]:
        storages = sorted({self._found.storages[s.variable].node for s in instance.sites})
        declared = self._found.declared
        trained = [n for n in storages if n not in declared or declared[n].trainable is not False]
        return [self._found.variable_name(n) for n in trained]

    def _fill(self, run: LayerRun, instance: Instance) -> None:
        found = self._found
        if instance.core is None or instance.loop is None:
            raise NotFoundError("its timesteps are in no loop that could be watched")
        frame = instance.core.loop.frame
        name = found.frames.name[frame]
        if name in found.graph.rolled:
            run.loop = ""
        elif name in self._loops and found.frames.parent[frame] == 0:
            run.loop = name
        else:
            raise NotFoundError("its loop runs inside another loop, or in a function of its own")
        steps = (found.observed.get(frame) or found.steps[frame]).steps
        if steps is None:
            raise NotFoundError("how many timesteps it has is not known before they run")
        run.length = steps
        if run.loop:
            counts = [len(found.graph.run_before.get(n, ())) for n in instance.core.nodes]
            run.before = max(counts, default=0)
        cell = recognise(found.graph, instance.core, found.values)
        pieces = sorted(cell.states, key=lambda s: s[0])
        if any(piece.cut is not None for _, piece in pieces):
            raise NotFoundError("its states lie in one tensor in a way that is not taken apart")
        self._find_uses(run, instance)
        if run.hoisted:
            run.sequences = self._sequences(instance)
        run.states = [self._state(run, instance, at, pieces) for at in range(len(pieces))]
        run.gates = [(gate, self._place(run, tensor)) for gate, tensor in cell.gates]
        run.mask = self._mask(run, pieces[0][1])

    def _find_uses(self, run: LayerRun, instance: Instance) -> None:
        graph, frames = self._found.graph, self._found.frames
        assert instance.core is not None
        names = set(run.variables)
        used: dict[int, str] = {}
        for site in instance.sites:
            name = self._found.variable_name(self._found.storages[site.variable].node)
            if name in names:
                used[instance.taken_by.get(site.node, (site.node, 0))[0]] = name
        for node in sorted(used):
            if frames.of[node] == instance.core.loop.frame:
                run.uses.append(self._place(run, (node, 0)))
            elif frames.of[node] == 0 and graph.names[node] in self._outside:
                run.hoisted.append(graph.names[node])
            else:
                raise NotFoundError(f"{used[node]} is used in a loop of its own")

    def _sequences(self, instance: Instance) -> list[SequencePlace]:
        graph = self._found.graph
        assert instance.core is not None
        found: dict[Tensor, SequencePlace] = {}
        for element in instance.core.loop.elements:
            if element.writes:
                continue
            tensors = [element.tensor]
            if graph.op(element.array) in ops.LIST_STARTS:
                tensors = list(filled_from(graph, element.array))
            for node, port in tensors:
                name = graph.names[node]
                if name not in self._outside:
                    raise NotFoundError(f"what its timesteps take of {name} is not followed")
                if element.slope == 0:
                    raise NotFoundError(f"in which order its timesteps take {name} is not known")
                found[node, port] = SequencePlace(
                    f"{name}:{port}", element.dimension, element.slope < 0
                )
        return list(found.values())

    def _state(
        self, run: LayerRun, instance: Instance, at: int, pieces: Sequence[tuple[str, Piece]]
    ) -> StatePlace:
        graph = self._found.graph
        assert instance.core is not None
        inside = set(instance.core.loop.body)
        name, piece = pieces[at]
        others = {p.end[0] for i, (_, p) in enumerate(pieces) if i != at}

        def after(node: int) -> list[int]:
            return [
                to
                for _, to, _ in graph.consumers(node)
                if to in inside and graph.op(to) not in (*NEXT, *ops.SHAPE_READERS)
            ]

        takers = {
            to
            for port, to, _ in graph.consumers(piece.end[0])
            if port == piece.end[1] and to in inside and graph.op(to) not in NEXT
        }
        own = {to for to in takers if others.intersection(walk([to], after))}
        within = tuple(self._place(run, (to, 0)) for to in sorted(own))
        return StatePlace(name, self._place(run, piece.end), within)

    def _mask(self, run: LayerRun, piece: Piece) -> MaskPlace | None:
        """What chooses between a state's old and new value; None = nothing does.

        Raises:
            NotFoundError: something does, in another way.
        """
        graph = self._found.graph
        tensor = unclipped(graph, graph.inputs(piece.carried.next)[0])
        if tensor == piece.end:
            return None
        if graph.op(tensor[0]) in ("Select", "SelectV2"):
            _, if_so, if_not = graph.inputs(tensor[0])
            for value, is_live in ((if_so, True), (if_not, False)):
                if unclipped(graph, value) == piece.end:
                    return MaskPlace(self._place(run, tensor), is_live)
        raise NotFoundError("which sequences still run is computed in a way that is not followed")

    def _place(self, run: LayerRun, tensor: Tensor) -> Place:
        graph = self._found.graph
        node, port = tensor
        if not run.loop:
            names = graph.written_as.get(node)
            if names is None or not any(name in self._outside for name in names):
                raise NotFoundError(f"{graph.names[node]} is no operation of its timesteps")
            return Place(tuple(n if n in self._outside else "" for n in names), port)
        body = self._loops[run.loop].node_def.attr["body"].func.name
        scope = f"{run.loop}/{self._marks.get(body, '')}"
        name, _, result = graph.names[node].removeprefix(scope).partition(":")
        if name not in self._body_of(run.loop):
            plain = _MARKED.sub("", graph.names[node])
            raise NotFoundError(f"{plain} runs under a condition, or in a function of its own")
        before = graph.run_before.get(node, ())
        if len(before) != run.before or not self._outside.issuperset(before):
            raise NotFoundError(f"{name} is not found in the timestep that runs before its loop")
        # What stands for a result of an operation that runs functions is called ":0".
        return Place((name,), int(result) if result else port, before)

    def _body_of(self, loop: str) -> frozenset[str]:
        """The names of the operations in a loop's body."""
        if loop not in self._bodies:
            try:
                body = LoopParts.of(self._loops[loop]).body
            except CannotCopyError as error:
                raise NotFoundError(str(error)) from error
            self._bodies[loop] = frozenset(op.name for op in body.get_operations())
        return self._bodies[loop]
