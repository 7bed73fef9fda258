"""A graph into which the bodies of functions are put, one after the other."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Call, Graph, Tensor
from tb_rnnview.graph.function_body import FunctionBody, function_body
from tb_rnnview.graph.grown_names import GrownNames
from tb_rnnview.graph.joined import Joined
from tb_rnnview.graph.other_inputs import ints, starts, with_other_inputs

Ints = NDArray[np.int32]
_Item = TypeVar("_Item")
_MANY_PARTS = 1000
_DEEPEST = 200
"""Functions within functions that are looked into."""
_MOST_CALLS, _MOST_NODES = 120_000, 1 << 24
"""A few functions that call each other twice come to any number of calls."""
_NONE = np.zeros(0, np.int32)


class _Changed(dict[int, _Item]):
    """What nodes have; of those that nobody has asked for, as it was."""

    def __init__(self, as_it_was: Callable[[int], _Item]) -> None:
        super().__init__()
        self._as_it_was = as_it_was

    def __missing__(self, node: int) -> _Item:
        return self.setdefault(node, self._as_it_was(node))


class _Part:
    """Nodes that came at once: all of the graph, or of a body."""

    def __init__(
        self,
        of: int,
        op: Ints,
        reads: tuple[Ints, Ints, Ints],
        waits: tuple[Ints, Ints],
        call: NDArray[Any],
    ) -> None:
        self.of = of
        """The node in whose place they stand; -1 = in that of none."""
        self.op = op
        self.reads = reads
        """How many inputs each node has; where they come from, and from which ports."""
        self.waits = waits
        """How many nodes each node waits for; for which."""
        self.call = call

    def inputs(self, place: int) -> list[Tensor]:
        """What one of the nodes reads."""
        here = slice(*self._first_input[place : place + 2].tolist())
        _, source, port = self.reads
        return list(zip(source[here].tolist(), port[here].tolist(), strict=True))

    def controls(self, place: int) -> list[int]:
        """What one of the nodes waits for."""
        found: list[int] = self.waits[1][slice(*self._first_wait[place : place + 2])].tolist()
        return found

    @cached_property
    def _first_input(self) -> NDArray[np.int64]:
        return np.concatenate(([0], np.cumsum(self.reads[0])))

    @cached_property
    def _first_wait(self) -> NDArray[np.int64]:
        return np.concatenate(([0], np.cumsum(self.waits[0])))


class _Alone:
    """Nodes that came one by one."""

    def __init__(self) -> None:
        self.nodes: list[NodeDef] = []
        self.of: list[int] = []
        """The node in whose place each stands."""
        self.call: list[int] = []


class Growing:
    """The nodes of a graph, and those that take the place of others.

    A node that was replaced stays, as a NoOp without data, so that what is ordered after it still
    is; its outputs are looked up in ``result_of``. Nodes that nobody asks for are not touched.
    """

    def __init__(self, graph: Graph) -> None:
        """Takes over all nodes of a graph."""
        self.library = graph.library
        self.names = GrownNames(graph)
        self.nodes: Joined[Any] = Joined()
        self.ops: _Changed[str] = _Changed(self._op)
        self.inputs: _Changed[list[Tensor]] = _Changed(self._inputs)
        self.controls: _Changed[list[int]] = _Changed(self._controls)
        self.calls: list[Call] = list(graph.calls)
        self.result_of: dict[Tensor, Tensor] = dict(graph.replaced)
        self.chosen_by: dict[int, Tensor] = dict(graph.chosen_by)
        self.handed_on: dict[str, list[int | None]] = {}
        """For each result of a function, the argument that it is; see `handed_on`."""
        self._bodies: dict[str, FunctionBody] = {}
        self._op_names = list(graph.op_names)
        self._kinds = {op: k for k, op in enumerate(graph.op_names)}
        self._parts: list[_Part | _Alone] = []
        """As many as those of ``nodes``."""
        edges = graph.edges
        if len(graph):
            self.nodes.extend(graph.nodes)
            waits = np.diff(_view(graph.first_control)), _view(graph.control_source)
            call = _view(graph.call) if graph.call else np.broadcast_to(np.int32(0), len(graph))
            self._parts.append(
                _Part(-1, edges.op, (edges.count, edges.source, edges.port), waits, call)
            )

    def __len__(self) -> int:
        return len(self.nodes)

    def body(self, function: str) -> FunctionBody:
        """The body of a function of the library.

        Raises:
            SourceError: something in it reads what is not there.
        """
        if function not in self._bodies:
            self._bodies[function] = function_body(self.library[function], self.library)
        return self._bodies[function]

    def can_hold(self, node: int, functions: Iterable[str]) -> bool:
        """Whether functions can stand in a node's place.

        All have to be there, and none may call itself, or lie too deep.
        """
        around = set()
        call = self._call(node)
        depth = 0
        while call:
            around.add(self.calls[call - 1].function)
            call = self.calls[call - 1].parent
            depth += 1
        return depth < _DEEPEST and all(
            name in self.library and name not in around for name in functions
        )

    def of_types(self, is_one: Callable[[str], bool], first: int) -> Iterator[int]:
        """The nodes of some types among those that came at once with a node, or after it."""
        kinds = np.fromiter(map(is_one, self._op_names), bool, len(self._op_names))
        here = bisect_left(self.nodes.starts, first)
        for part, start in zip(self._parts[here:], self.nodes.starts[here:], strict=True):
            if isinstance(part, _Part):
                yield from (kinds[part.op].nonzero()[0] + start).tolist()

    def add(
        self, of: int, name: str, op: str, inputs: Sequence[Tensor], **attributes: AttrValue
    ) -> int:
        """Adds a node in the place where another one stands.

        Args:
            of: the node in whose place it comes.
            name: what to add to the name of that one.
            op: the operation's type.
            inputs: what it reads.
            attributes: its attributes.
        """
        raw = NodeDef(name=self.names.add(of, name), op=op)
        for key, value in attributes.items():
            raw.attr[key].CopyFrom(value)
        node = len(self)
        call = self._call(of)
        last = self._parts[-1]
        if isinstance(last, _Part):
            self._parts.append(last := _Alone())
            self.nodes.extend(last.nodes)
        last.nodes.append(raw)
        last.of.append(of)
        last.call.append(call)
        self.ops[node] = op
        self.inputs[node] = list(inputs)
        self.controls[node] = []
        return node

    def put_in(
        self, node: int, function: str, given: Sequence[Tensor], waits_for: int
    ) -> list[Tensor]:
        """Puts the body of a function in a node's place.

        Args:
            node: the node that names the function.
            function: its name.
            given: its arguments.
            waits_for: a node of the frame that the body runs in: what reads nothing waits for it.

        Returns:
            The function's results.

        Raises:
            SourceError: there are too many calls; or something reads what is not there.
        """
        body = self.body(function)
        first = len(self)
        if len(self.calls) >= _MOST_CALLS or first + len(body) > _MOST_NODES:
            raise SourceError(
                f"the graph is too large: its functions are called {_MOST_CALLS:,} times, or come "
                f"to {_MOST_NODES:,} operations; give a part of it"
            )

        def here(tensor: Tensor) -> Tensor:
            inner, port = tensor
            if inner >= 0:
                return first + inner, port
            return given[-1 - inner] if -1 - inner < len(given) else (node, 0)

        self.calls.append(Call(function, node, self._call(node)))
        if not len(body):
            return [here(result) for result in body.results]
        self.names.put_in(node, body)
        op = np.array([self._kind(op) for op in body.op_names], np.int32)
        source, port = body.source + first, body.port.copy()
        from_outside = np.flatnonzero(body.source < 0)
        arguments = np.array(
            [here((inner, 0)) for inner in body.source[from_outside].tolist()], np.int32
        ).reshape(-1, 2)
        source[from_outside], port[from_outside] = arguments[:, 0], arguments[:, 1]
        waits, waiting = body.waits_in_place
        self._parts.append(
            _Part(
                node,
                op[body.op_ids],
                (body.count, source, port),
                (waits, np.where(waiting < 0, waits_for, waiting + first).astype(np.int32)),
                np.broadcast_to(np.int32(len(self.calls)), len(body)),
            )
        )
        self.nodes.extend(body.nodes)
        return [here(result) for result in body.results]

    def replace(self, node: int, results: Sequence[Tensor]) -> None:
        """Lets other tensors stand for the outputs of a node."""
        self.result_of.update({(node, port): result for port, result in enumerate(results)})
        self.controls[node] += [source for source, _ in self.inputs[node]]
        self.inputs[node] = []
        self.ops[node] = "NoOp"

    def resolved(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor by now."""
        seen = set()
        while tensor in self.result_of and tensor not in seen:
            seen.add(tensor)
            tensor = self.result_of[tensor]
        return tensor

    def reads(self) -> tuple[Ints, Ints, Ints]:
        """How many inputs each node has by now; where they come from, and from which ports."""
        count, source, port = with_other_inputs(
            self._together(lambda p: p.reads[0], of_each=True),
            self._together(lambda p: p.reads[1]),
            self._together(lambda p: p.reads[2]),
            self.inputs,
        )
        is_replaced = np.zeros(len(self), bool)
        is_replaced[[node for node, _ in self.result_of]] = True
        at = np.flatnonzero(is_replaced[source])
        ends = zip(source[at].tolist(), port[at].tolist(), strict=True)
        instead = np.array([self.resolved(end) for end in ends], np.int32).reshape(-1, 2)
        source, port = source.copy(), port.copy()
        source[at], port[at] = instead[:, 0], instead[:, 1]
        return count, source, port

    def finished(self) -> Graph:
        """The graph as it now is."""
        op_ids, op_names = self._op_ids()
        count, source, port = self.reads()
        waits_for = self._together(lambda p: p.waits[1])
        waits, waits_for, _ = with_other_inputs(
            self._together(lambda p: p.waits[0], of_each=True),
            waits_for,
            waits_for,
            {node: [(c, 0) for c in controls] for node, controls in self.controls.items()},
        )
        calls = [np.asarray(part.call) for part in self._parts]
        return Graph(
            names=self.names,
            places=self.names.places,
            op_ids=ints(op_ids),
            op_names=op_names,
            first_input=starts(count),
            source=ints(source),
            source_port=ints(port),
            first_control=starts(waits),
            control_source=ints(waits_for),
            nodes=self.nodes,
            library=self.library,
            call=ints(np.concatenate([_NONE, *calls])),
            calls=self.calls,
            likely_place=self._likely_place(),
            chosen_by={node: self.resolved(t) for node, t in self.chosen_by.items()},
            replaced={tensor: self.resolved(tensor) for tensor in self.result_of},
        )

    def _likely_place(self) -> NDArray[np.int64] | None:
        """Numbers by which each node comes after what stands in its place.

        What was put into places stands there in the order in which it came.
        """
        if len(self._parts) > _MANY_PARTS:
            return None
        size = np.ones(len(self), np.int64)
        parts = list(zip(self._parts, self.nodes.starts, strict=True))
        for part, first in reversed(parts):
            if isinstance(part, _Alone):
                for at, of in reversed(list(enumerate(part.of, first))):
                    size[of] += size[at]
            elif part.of >= 0:
                size[part.of] += size[first : first + len(part.op)].sum()
        end = np.zeros(len(self), np.int64)
        free = np.zeros(len(self), np.int64)
        for part, first in parts:
            if isinstance(part, _Alone):
                for at, of in enumerate(part.of, first):
                    free[at] = free[of]
                    free[of] += size[at]
                    end[at] = free[of]
                continue
            here = slice(first, first + len(part.op))
            end[here] = np.cumsum(size[here])
            if part.of >= 0:
                end[here] += free[part.of]
                free[part.of] = end[here.stop - 1]
            free[here] = end[here] - size[here]
        return end

    def _op_ids(self) -> tuple[Ints, list[str]]:
        op_ids = self._together(lambda p: p.op, of_each=True)
        nodes = list(self.ops)
        op_ids[nodes] = [self._kind(op) for op in self.ops.values()]
        is_used = np.bincount(op_ids, minlength=len(self._kinds)) > 0
        number = np.cumsum(is_used) - 1
        names = [op for op, used in zip(self._op_names, is_used, strict=True) if used]
        return number[op_ids], names

    def _together(self, column: Callable[[_Part], Ints], *, of_each: bool = False) -> Ints:
        """What all parts have; of nodes that came one by one it is told elsewhere."""
        found = [
            column(part)
            if isinstance(part, _Part)
            else np.zeros(len(part.nodes) * of_each, np.int32)
            for part in self._parts
        ]
        return np.concatenate([_NONE, *found])

    def _at(self, node: int) -> tuple[_Part | _Alone, int]:
        """The part that holds a node, and its place there."""
        part = self.nodes.part_of(node)
        return self._parts[part], node - self.nodes.starts[part]

    def _call(self, node: int) -> int:
        part, place = self._at(node)
        return int(part.call[place])

    def _kind(self, op: str) -> int:
        if op not in self._kinds:
            self._kinds[op] = len(self._kinds)
            self._op_names.append(op)
        return self._kinds[op]

    def _op(self, node: int) -> str:
        part, place = self._at(node)
        assert isinstance(part, _Part)  # all others have been told
        return self._op_names[int(part.op[place])]

    def _inputs(self, node: int) -> list[Tensor]:
        part, place = self._at(node)
        assert isinstance(part, _Part)
        return part.inputs(place)

    def _controls(self, node: int) -> list[int]:
        part, place = self._at(node)
        assert isinstance(part, _Part)
        return part.controls(place)


def _view(numbers: array[int]) -> Ints:
    return np.frombuffer(numbers, np.int32) if len(numbers) else _NONE
