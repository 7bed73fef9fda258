"""A graph in which the first timestep has what it leaves out, made of zeros."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.types_pb2 import DT_FLOAT

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.rolled.arrays import Arrays
from tb_rnnview.analysis.rolled.left_out import LeftOut
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import ENTER
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.picked import Picked

_DEEPEST = 150
"""Operations, one after the other, that are looked at from a sum on."""
_STAYS = ops.VARIABLES | ops.INPUTS | {"Const"}


@dataclass(frozen=True)
class FilledIn:
    """The graph, and what is known of its nodes."""

    graph: Graph
    live: bytearray
    frame: array[int]
    roots: list[int]
    derivative: bytearray
    added: frozenset[int]
    """What the first timestep does without in the program."""
    used: frozenset[int]
    """Of that, sums with a weight that the first timestep uses in another way."""


def fill_in(
    arrays: Arrays, frame: array[int], roots: Sequence[int], derivative: bytearray, left: LeftOut
) -> FilledIn | None:
    """Adds what first timesteps leave out; None = not all of it can be told.

    Args:
        arrays: the graph.
        frame: the while frame of each node.
        roots: the results.
        derivative: what differentiation made.
        left: what is left out.
    """
    graph, live = arrays.graph, arrays.needed
    adding = _Adding(arrays, frame, left)
    for tensor in (*((node, 0) for node in left.sums), *left.folded):
        if adding.of_first(tensor) is None:
            return None
    adding.let_read()
    count = len(adding.raw)
    return FilledIn(
        adding.graph_with(),
        live + bytes([1]) * count,
        frame + array("i", [frame[n] for n in adding.like]),
        [adding.instead.get((n, 0), (n, 0))[0] for n in roots],
        derivative + bytes(count),
        frozenset(range(len(graph), len(graph) + count)) - adding.zeros,
        frozenset(adding.used),
    )


class _Adding:
    """Nodes to be added, and other inputs of those that are there."""

    def __init__(self, arrays: Arrays, frame: array[int], left_out: LeftOut) -> None:
        self._graph = graph = arrays.graph
        self._live = arrays.live
        self._holder = arrays.holder
        self._frame = frame
        self._left_out = left_out
        self._values = Values(graph)
        self._made: dict[Tensor, Tensor | None] = {}
        self.raw: list[NodeDef] = []
        self.like: list[int] = []
        """The node of the next timestep that each is like."""
        self.zeros: set[int] = set()
        self.used: set[int] = set()
        self._inputs: list[list[Tensor]] = []
        self.instead: dict[Tensor, Tensor] = {}
        """What is now read in the place of a tensor of the first timestep, unless another is."""
        self._edges: dict[int, Tensor] = {}
        self._names: set[str] = set()
        self._copies: dict[int, int] = {}
        self._alike = {
            node: first
            for (node, _), (first, _) in left_out.first.items()
            if node not in left_out.sums and graph.op(node) == graph.op(first)
        }
        """For nodes of the next timestep, those of the first that do the same."""

    def of_first(self, later: Tensor, depth: int = 0) -> Tensor | None:
        """What the first timestep has for a tensor of the next one; None = that cannot be told."""
        if later not in self._made and depth < _DEEPEST:
            self._made[later] = None  # a circle
            self._made[later] = self._of_first(later, depth)
        return self._made.get(later)

    def _of_first(self, later: Tensor, depth: int) -> Tensor | None:
        graph, left_out = self._graph, self._left_out
        node, port = later
        if node not in left_out.sums and later not in left_out.folded:
            if later in left_out.starts:
                return left_out.starts[later]
            if later in left_out.zero:
                return self._zeros(later)
            if later in left_out.first:
                return left_out.first[later]
            if node in self._alike:
                return self._alike[node], port
            if graph.op(node) in _STAYS:
                return later
        made = [self.of_first(tensor, depth + 1) for tensor in graph.inputs(node)]
        known = [tensor for tensor in made if tensor is not None]
        if len(known) < len(made):
            return None
        if known == graph.inputs(node) and node not in left_out.sums and not self._is_own(node):
            return later  # from outside
        if node not in self._copies:
            self._copies[node] = self._add(node, known)
            kept = left_out.sums.get(node)
            if kept is not None and self._holder[graph.inputs(node)[kept][0]] >= 0:
                self.used.add(self._copies[node])
        return self._copies[node], port

    def _is_own(self, node: int) -> bool:
        """Whether nothing but one operation reads what is from outside: each timestep its own."""
        readers = [to for _, to, _ in self._graph.consumers(node) if self._live[to]]
        return len(readers) == 1

    def _add(self, like: int, inputs: list[Tensor]) -> int:
        graph = self._graph
        raw = NodeDef(name=self._free_name(graph.names[like]), op=graph.op(like))
        for key, value in graph.nodes[like].attr.items():
            raw.attr[key].CopyFrom(value)
        return self._append(raw, like, inputs)

    def _zeros(self, state: Tensor) -> Tensor:
        """What a state of the first timestep starts from."""
        graph, shape = self._graph, self._values.shape(state)
        kind = graph.attr(state[0], "T")
        raw = NodeDef(name=self._free_name(f"{graph.names[state[0]]}/zeros"), op="Const")
        raw.attr["dtype"].type = DT_FLOAT if kind is None else kind.type
        tensor = raw.attr["value"].tensor
        tensor.dtype = raw.attr["dtype"].type
        if shape is None:
            tensor.tensor_shape.unknown_rank = True
        for size in shape or ():
            tensor.tensor_shape.dim.add(size=size if isinstance(size, int) else -1)
        self.zeros.add(node := self._append(raw, state[0], []))
        return node, 0

    def _append(self, raw: NodeDef, like: int, inputs: list[Tensor]) -> int:
        self.raw.append(raw)
        self.like.append(like)
        self._inputs.append(inputs)
        return len(self._graph) + len(self.raw) - 1

    def _free_name(self, name: str) -> str:
        free, k = f"{name}/first", 0
        while free in self._graph.index or free in self._names:
            k += 1
            free = f"{name}/first_{k}"
        self._names.add(free)
        return free

    def let_read(self) -> None:
        """Lets the first timestep, and what reads its results, read what was added."""
        graph, left_out = self._graph, self._left_out
        for node, other in self._alike.items():
            others = graph.inputs(other)
            if node in left_out.turned:
                others.reverse()  # from now on both have one order
            for slot, tensor in enumerate(graph.inputs(node)):
                if tensor[0] in left_out.sums or tensor in left_out.folded:
                    others[slot] = self._as_added(tensor)
                self._edges[graph.first_input[other] + slot] = others[slot]
        compared = set(self._alike.values())
        levels: dict[Tensor, list[int]] = {}
        for node in left_out.sums:
            if self._holder[left_out.first[node, 0][0]] < 0:  # of a weight, others read as well
                levels.setdefault(left_out.first[node, 0], []).append(node)
        for first, sums in levels.items():
            inner = {graph.inputs(node)[left_out.sums[node]] for node in sums}
            (part,) = inner - {(node, 0) for node in sums}
            (last,) = {node for node in sums if (node, 0) not in inner}
            of_part = self._ways(part) - {(graph.op(n), left_out.sums[n]) for n in sums}
            of_sum = self._ways((last, 0))
            self.instead[first] = self._as_added((last, 0))
            for port, to, slot in graph.consumers(first[0]):
                if port != first[1] or not self._live[to] or to in compared:
                    continue
                way = graph.op(to), slot
                if way in of_sum or way not in of_part:
                    self._edges[graph.first_input[to] + slot] = self._as_added((last, 0))

    def _as_added(self, later: Tensor) -> Tensor:
        made = self._made[later]
        assert made is not None
        return made

    def _ways(self, tensor: Tensor) -> set[tuple[str, int]]:
        """How a tensor is read: by which operation, and at which slot."""
        graph = self._graph
        return {
            (graph.op(to), slot)
            for port, to, slot in graph.consumers(tensor[0])
            if port == tensor[1] and self._live[to]
        }

    def graph_with(self) -> Graph:
        """The graph with all that."""
        old = self._graph
        op_names = list(old.op_names)
        op_ids, first = array("i", old.op_ids), array("i", old.first_input)
        source, port = array("i", old.source), array("i", old.source_port)
        waits, waits_for = array("i", old.first_control), array("i", old.control_source)
        call = array("i", old.call)
        entered = {self._frame[node]: node for node in old.nodes_of(*ENTER)}
        for edge, (node, out) in self._edges.items():
            source[edge], port[edge] = node, out
        for raw, like, inputs in zip(self.raw, self.like, self._inputs, strict=True):
            if raw.op not in op_names:
                op_names.append(raw.op)
            op_ids.append(op_names.index(raw.op))
            source.extend(node for node, _ in inputs)
            port.extend(out for _, out in inputs)
            first.append(len(source))
            if not inputs and self._frame[like]:
                waits_for.append(entered[self._frame[like]])  # it runs in the same frame
            waits.append(len(waits_for))
            if call:
                call.append(call[like])
        names = [*old.names, *(raw.name for raw in self.raw)]
        return replace(
            old,
            names=names,
            places=None,
            nodes=Picked(old.nodes, np.arange(len(old)), self.raw),
            op_names=op_names,
            op_ids=op_ids,
            first_input=first,
            source=source,
            source_port=port,
            first_control=waits,
            control_source=waits_for,
            call=call,
        )
