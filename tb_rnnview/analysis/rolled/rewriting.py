"""Puts while frames in the place of loops that are written out, step by step of the rewriting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.rolled.elements_read import Counted, Element, Same, what_is_read
from tb_rnnview.analysis.rolled.emitted import Emitted
from tb_rnnview.analysis.rolled.filled_in import FilledIn
from tb_rnnview.analysis.rolled.lockstep import Lockstep, Role
from tb_rnnview.analysis.rolled.loops import WrittenLoop
from tb_rnnview.analysis.rolled.operands import Inside, Operand, Outside
from tb_rnnview.analysis.rolled.remade import Remade
from tb_rnnview.analysis.rolled.together import Together, together
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.edges import flags
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.picked import PickedNames

_ARE_PUT_TOGETHER = {"Pack": slice(None), "ConcatV2": slice(-1), "Concat": slice(1, None)}
"""Which inputs operations put together."""


class CannotRunError(Exception):
    """A loop would have to run before something that it needs."""


class Rewriting:
    """A graph that is being rewritten."""

    def __init__(
        self, graph: Graph, walk: Lockstep, values: Values, filled: FilledIn | None = None
    ) -> None:
        """Takes the graph, its roles, what is known of its values, and what was filled in."""
        self._added = filled.added if filled is not None else frozenset()
        self._used = filled.used if filled is not None else frozenset()
        self._graph = graph
        self._walk = walk
        self._values = values
        self._loops: list[WrittenLoop] = []
        self._loop_of: dict[Role, WrittenLoop] = {}
        self._operands: dict[Role, list[Operand]] = {}
        self._emitted: dict[WrittenLoop, Emitted] = {}
        self._begun: set[WrittenLoop] = set()
        self._carried: dict[tuple[Role, int, int, tuple[Tensor, ...]], tuple[int, int]] = {}
        self._stacks: dict[tuple[Role, int], Tensor] = {}
        self._one_by_one: dict[tuple[Role, int], int] = {}
        self._picked: dict[Tensor, Tensor] = {}
        self._packed: dict[int, Together] = {}

    def take(self, loops: list[WrittenLoop], operands: dict[Role, list[Operand]]) -> None:
        """Adds loops to be put in, in an order in which they can run."""
        self._loops += loops
        self._loop_of.update((role, loop) for loop in loops for role in loop.roles)
        self._operands.update(operands)

    def finished(
        self, live: bytearray, roots: Sequence[int], derivative: bytearray
    ) -> tuple[Graph, list[int], bytearray]:
        """The rewritten graph, its results, and what differentiation made.

        Raises:
            CannotRunError: a loop would have to run before something that it needs.
        """
        taken = np.zeros(len(self._graph), dtype=bool)
        for role, loop in self._loop_of.items():
            nodes = role.nodes[loop.start : loop.stop]
            taken[nodes[nodes >= 0]] = True
        if not taken[list(self._added)].all():
            raise CannotRunError
        self._packs(taken)
        gone = taken.copy()
        gone[[self._kept(role, loop) for role, loop in self._loop_of.items()]] = False
        self._remade = Remade(self._graph, self._walk.arrays.frame, gone)
        for loop in self._loops:
            self._emit(loop)
        results = [self._outside((n, 0)) if taken[n] else (n, 0) for n in roots]
        self._forget_training(taken, live, derivative)
        graph, place = self._remade.finished(taken, self._outside)
        was_derivative = np.frombuffer(derivative, dtype=np.uint8)
        flags = np.zeros(len(graph), dtype=np.uint8)
        old = np.flatnonzero(place[: len(was_derivative)] >= 0)
        flags[place[old]] = was_derivative[old]
        for role, loop in self._loop_of.items():
            first, stop = max(role.start, loop.start), min(role.stop, loop.stop)
            if self._runs_first(role, loop) in self._added - self._used:
                first, stop = (first, stop - 1) if loop.backward else (first + 1, stop)
            if (first, stop) != (loop.start, loop.stop):
                node = int(place[self._kept(role, loop)])
                graph.written_at[node] = first - loop.start, stop - loop.start
            kept = int(place[self._kept(role, loop)])
            graph.written_as[kept] = self._written_as(role, loop)
        graph.rolled |= {e.name for e in self._emitted.values()}
        return graph, [int(place[n]) for n, _ in results], bytearray(flags)

    def _packs(self, taken: NDArray[np.bool_]) -> None:
        """Finds what only puts together all that a role was: its loop leaves that as a whole."""
        graph, walk = self._graph, self._walk
        for node in graph.nodes_of(*_ARE_PUT_TOGETHER):
            made_by = np.array(graph.sources(node)[_ARE_PUT_TOGETHER[graph.op(node)]])
            role_of = walk.role_of[made_by]
            if taken[node] or not len(made_by) or role_of[0] < 0 or (role_of != role_of[0]).any():
                continue
            loop = self._loop_of.get(walk.roles[int(role_of[0])])
            # Its shape, which takes longer to find out, is only asked for where it may matter.
            parts = together(self._values, node) if loop is not None else None
            if loop is None or parts is None or len({port for _, port in parts.tensors}) > 1:
                continue
            steps = list(range(loop.start, loop.stop))
            if walk.step_of[made_by].tolist() in (steps, steps[::-1]):
                self._packed[node] = parts
                taken[node] = True

    def _as_whole(self, node: int) -> Tensor:
        """What stands for a node that puts together all that a role was."""
        parts = self._packed[node]
        first, port = parts.tensors[0]
        role = self._walk.roles[int(self._walk.role_of[first])]
        found = self._stack(role, port)
        loop = self._loop_of[role]
        frame = self._emitted[loop]
        if self._walk.step_of[first] > loop.start:
            found = frame.last_first(found)
        if parts.dimension:
            order = [*range(1, parts.dimension + 1), 0, *range(parts.dimension + 1, parts.rank)]
            found = frame.turned(found, order)
        return frame.reshaped(found, parts.shape) if parts.shape else found

    def _forget_training(
        self, taken: NDArray[np.bool_], live: bytearray, derivative: bytearray
    ) -> None:
        """Takes out what training derived from what is taken; that it changes variables stays."""
        graph, edges = self._graph, self._graph.edges
        stays = flags(live) | self._asked_for_shape(live)
        # What differentiation only asks for the shape of what is taken has no other use.
        begins = (flags(derivative) | edges.of_nodes(ops.SHAPE_READERS))[edges.target]
        begins &= taken[edges.source] & ~stays[edges.target]
        starts = np.unique(edges.target[begins]).tolist()
        gone = flags(edges.reached(starts, ~stays[edges.target], forwards=True))
        for node in np.flatnonzero(gone & edges.of_nodes(ops.is_write)).tolist():
            variable = graph.input(node, 0)
            if variable is not None and not taken[variable[0]] and not gone[variable[0]]:
                self._remade.inputs[node] = [variable] * len(graph.inputs(node))
        taken |= gone

    def _asked_for_shape(self, live: bytearray) -> NDArray[np.bool_]:
        """What nothing needs but the shape of, and what that is made of."""
        edges, is_live = self._graph.edges, flags(live)
        dead = ~is_live[edges.source]
        asked = dead & is_live[edges.target] & edges.of_targets(ops.SHAPE_READERS)
        starts = np.unique(edges.source[asked]).tolist()
        return flags(edges.reached(starts, dead, forwards=False))

    def _emit(self, loop: WrittenLoop) -> Emitted:
        if loop in self._emitted:
            return self._emitted[loop]
        if loop in self._begun:
            raise CannotRunError
        self._begun.add(loop)
        of = self._kept(loop.carried[0], loop)
        self._emitted[loop] = frame = Emitted(self._remade, loop, of, self._name(loop))
        for role in loop.roles:
            node = self._kept(role, loop)
            self._remade.inputs[node] = []
        for role in loop.roles:
            node = self._kept(role, loop)
            inputs = [self._inside(frame, role, o) for o in self._operands[role]]
            self._remade.inputs[node] = inputs
        return frame

    def _kept(self, role: Role, loop: WrittenLoop) -> int:
        """The node that stands for all of a role: that of the first step that really runs it."""
        step = loop.stop - 2 if loop.backward else loop.start + 1
        first = self._runs_first(role, loop)
        return int(role.nodes[step]) if first in self._added else first

    def _runs_first(self, role: Role, loop: WrittenLoop) -> int:
        return int(role.nodes[loop.stop - 1 if loop.backward else loop.start])

    def _written_as(self, role: Role, loop: WrittenLoop) -> PickedNames:
        """What a role's nodes were called, in the order in which the timesteps run."""
        nodes = role.nodes[loop.start : loop.stop]
        own = np.where(np.isin(nodes, list(self._added)), -1, nodes)
        return PickedNames(self._graph.names, own[::-1] if loop.backward else own)

    def _name(self, loop: WrittenLoop) -> str:
        """The scope that all operations of a step have in common."""
        names = [self._graph.names[self._kept(r, loop)].split("/")[:-1] for r in loop.carried]
        common: list[str] = []
        for parts in zip(*names, strict=False):
            if len(set(parts)) > 1:
                break
            common.append(parts[0])
        return self._remade.free_name("/".join([*common, "while"]))

    def _inside(self, frame: Emitted, role: Role, operand: Operand) -> Tensor:
        """What a role reads, within the frame of its loop."""
        loop = frame.loop
        if isinstance(operand, Inside) and self._loop_of.get(operand.role) is loop:
            if operand.ago == 0:
                return self._kept(operand.role, loop), operand.port
            return self._earlier(frame, operand.role, operand.port, abs(operand.ago), operand)
        if isinstance(operand, Inside):
            return self._of_another(frame, role, operand)
        # Only the steps of the loop count, of which the role may have more.
        first = loop.start - role.start
        missing = max(-first, 0)
        part = slice(first, first + loop.steps) if first >= 0 else slice(0, loop.steps)
        read = what_is_read(self._values, Outside(operand.nodes[part], operand.ports[part]))
        if isinstance(read, Same):
            return frame.enter(self._outside(read.tensor))
        if isinstance(read, Counted):
            starts = [a - missing * b for a, b in zip(read.starts, read.strides, strict=True)]
            if read.is_scalar:
                return frame.place(starts[0], read.strides[0])
            return frame.vector(tuple(starts), read.strides)
        if isinstance(read, Element):
            tensor = self._outside(read.tensor)
            if read.parts:
                tensor = frame.reshaped(tensor, read.parts)
            if read.size is None:
                return frame.element(tensor, read.dimension, read.first - missing)
            return frame.piece(tensor, read.dimension, read.size, read.first - missing)
        return frame.listed(self._filled(loop, role, [self._outside(t) for t in read.tensors]))

    def _filled(self, loop: WrittenLoop, role: Role, tensors: list[Tensor]) -> list[Tensor]:
        """One tensor for each step: where a role is missing at an end, the one beside it again."""
        before = max(role.start - loop.start, 0)
        after = loop.steps - before - len(tensors)
        return [tensors[0]] * before + tensors + [tensors[-1]] * max(after, 0)

    def _of_another(self, frame: Emitted, role: Role, operand: Inside) -> Tensor:
        """What a role reads that another loop made, or that is in none."""
        loop = frame.loop
        other = self._loop_of.get(operand.role)
        if (
            other is not None
            and not operand.ago
            and not operand.starts
            and other.start <= loop.start
            and loop.stop <= other.stop
        ):
            self._emit(other)
            stack = self._stack(operand.role, operand.port)
            return frame.element(stack, 0, loop.start - other.start)
        starts = list(operand.starts)
        tensors: list[Tensor] = []
        for step in range(max(loop.start, role.start), min(loop.stop, role.stop)):
            at = step - operand.ago
            if operand.role.start <= at < operand.role.stop:
                node = int(operand.role.nodes[at])
                tensors.append(self._outside((node, operand.port)))
            elif starts:
                tensors.append(self._outside(starts.pop(0)))
        return frame.listed(self._filled(loop, role, tensors))

    def _earlier(self, frame: Emitted, role: Role, port: int, ago: int, operand: Inside) -> Tensor:
        """What a role was some steps ago: a value that the loop carries."""
        key = (role, port, ago, operand.starts)
        if key not in self._carried:
            # A loop that runs backwards starts with what stands beyond the last timestep.
            starts = operand.starts[::-1] if not frame.loop.backward else operand.starts
            if len(starts) != abs(operand.ago):
                raise CannotRunError
            merge, switch = frame.carry(self._outside(starts[ago - 1]))
            self._carried[key] = merge, switch
            if ago == 1:
                frame.comes_round(merge, (self._kept(role, frame.loop), port))
            else:
                frame.comes_round(merge, self._earlier(frame, role, port, ago - 1, operand))
        return self._carried[key][1], 1

    def _stack(self, role: Role, port: int) -> Tensor:
        """All that a role was, stacked in the order of the sequence, outside."""
        if (role, port) not in self._stacks:
            loop = self._loop_of[role]
            frame = self._emit(loop)
            value = self._kept(role, loop), port
            self._stacks[role, port] = frame.collected(value, self._values.shape(value))
        return self._stacks[role, port]

    def _outside(self, tensor: Tensor) -> Tensor:
        """What stands, outside all rolled loops, for a tensor of the old graph."""
        node, port = tensor
        if tensor in self._picked:
            return self._picked[tensor]
        if node in self._packed:
            return self._as_whole(node)
        if node >= len(self._graph) or self._walk.role_of[node] < 0:
            return tensor
        role = self._walk.roles[int(self._walk.role_of[node])]
        loop = self._loop_of.get(role)
        step = int(self._walk.step_of[node])
        if loop is None or not loop.start <= step < loop.stop:
            return tensor
        self._emit(loop)
        if step == (loop.start if loop.backward else loop.stop - 1):
            for (carried, out, ago, _), (_, switch) in self._carried.items():
                if (carried, out, ago) == (role, port, 1):
                    frame = self._emitted[loop]
                    self._picked[tensor] = frame.leave(switch, self._graph.names[node])
                    return self._picked[tensor]
        if (role, port) not in self._one_by_one:
            stack = self._stack(role, port)
            self._one_by_one[role, port] = self._emitted[loop].one_by_one(stack)
        made = self._one_by_one[role, port], step - loop.start
        name = self._graph.names[node]
        self._picked[tensor] = self._remade.add(node, name, "Identity", [made]), 0
        return self._picked[tensor]
