"""A graph into which the bodies of functions are put, node by node."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.graph.form import Call, Graph, Tensor
from tb_rnnview.graph.function_body import FunctionBody, function_body
from tb_rnnview.graph.replaced_nodes import ReplacedNodes


class Growing:
    """The nodes of a graph, and those that take the place of others.

    A node that was replaced stays, as a NoOp without data, so that what is ordered after it still
    is; its outputs are looked up in ``result_of``.
    """

    def __init__(self, graph: Graph) -> None:
        """Takes over all nodes of a graph."""
        count = len(graph)
        self.library = graph.library
        self.names = list(graph.names)
        self.ops = [graph.op(n) for n in range(count)]
        self.nodes = ReplacedNodes(graph.nodes, {})
        self.inputs: list[list[Tensor]] = [graph.inputs(n) for n in range(count)]
        self.controls: list[list[int]] = [list(graph.controls(n)) for n in range(count)]
        self.call = list(graph.call) or [0] * count
        self.calls: list[Call] = list(graph.calls)
        self.result_of: dict[Tensor, Tensor] = dict(graph.replaced)
        self.chosen_by: dict[int, Tensor] = dict(graph.chosen_by)
        self.handed_on: dict[str, list[int | None]] = {}
        """For each result of a function, the argument that it is; see `handed_on`."""
        self._bodies: dict[str, FunctionBody] = {}
        self._taken = set(graph.names)

    def __len__(self) -> int:
        return len(self.names)

    def body(self, function: str) -> FunctionBody:
        """The body of a function of the library.

        Raises:
            SourceError: something in it reads what is not there.
        """
        if function not in self._bodies:
            self._bodies[function] = function_body(self.library[function], self.library)
        return self._bodies[function]

    def can_hold(self, node: int, functions: Iterable[str]) -> bool:
        """Whether functions can stand in a node's place: all are there, and none calls itself."""
        around = set()
        call = self.call[node]
        while call:
            around.add(self.calls[call - 1].function)
            call = self.calls[call - 1].parent
        return all(name in self.library and name not in around for name in functions)

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
        raw = NodeDef(name=self._free_name(of, name), op=op)
        for key, value in attributes.items():
            raw.attr[key].CopyFrom(value)
        return self._append(raw.name, op, raw, list(inputs), [], self.call[of])

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
        """
        body = self.body(function)
        first = len(self.names)

        def here(tensor: Tensor) -> Tensor:
            inner, port = tensor
            if inner >= 0:
                return first + inner, port
            return given[-1 - inner] if -1 - inner < len(given) else (node, 0)

        self.calls.append(Call(function, node, self.call[node]))
        for i, raw in enumerate(body.nodes):
            waits = [first + c for c in body.controls[i]]
            self._append(
                self._free_name(node, raw.name),
                raw.op,
                raw,
                [here(t) for t in body.inputs[i]],
                waits if body.inputs[i] else [*waits, waits_for],
                len(self.calls),
            )
        return [here(result) for result in body.results]

    def replace(self, node: int, results: Sequence[Tensor]) -> None:
        """Lets other tensors stand for the outputs of a node."""
        self.result_of.update({(node, port): result for port, result in enumerate(results)})
        self.controls[node] += [source for source, _ in self.inputs[node]]
        self.inputs[node] = []
        self.ops[node] = "NoOp"

    def finished(self) -> Graph:
        """The graph as it now is."""
        op_index: dict[str, int] = {}
        op_ids = array("i", (op_index.setdefault(op, len(op_index)) for op in self.ops))
        first_input, source, source_port = array("i", [0]), array("i"), array("i")
        first_control, control_source = array("i", [0]), array("i")
        for tensors, waits in zip(self.inputs, self.controls, strict=True):
            for tensor in tensors:
                node, port = self.resolved(tensor)
                source.append(node)
                source_port.append(port)
            control_source.extend(waits)
            first_input.append(len(source))
            first_control.append(len(control_source))
        return Graph(
            names=self.names,
            op_ids=op_ids,
            op_names=list(op_index),
            first_input=first_input,
            source=source,
            source_port=source_port,
            first_control=first_control,
            control_source=control_source,
            nodes=self.nodes,
            library=self.library,
            call=array("i", self.call),
            calls=self.calls,
            chosen_by={node: self.resolved(t) for node, t in self.chosen_by.items()},
            replaced={tensor: self.resolved(tensor) for tensor in self.result_of},
        )

    def _append(
        self, name: str, op: str, raw: Any, inputs: list[Tensor], controls: list[int], call: int
    ) -> int:
        self.names.append(name)
        self.ops.append(op)
        self.nodes.append(raw)
        self.inputs.append(inputs)
        self.controls.append(controls)
        self.call.append(call)
        return len(self.names) - 1

    def _free_name(self, of: int, name: str) -> str:
        """A name below that of a node; what says its whole scope already keeps it.

        What stands for an output has the output's own name (":0").
        """
        if name[:1] == ":":
            return self.names[of] + name
        prefix = f"{self.names[of]}/"
        full = name if name.startswith(prefix) else prefix + name
        if full in self._taken:
            full = f"{prefix}{name}_{len(self.names)}"
        self._taken.add(full)
        return full

    def resolved(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor by now."""
        seen = set()
        while tensor in self.result_of and tensor not in seen:
            seen.add(tensor)
            tensor = self.result_of[tensor]
        return tensor
