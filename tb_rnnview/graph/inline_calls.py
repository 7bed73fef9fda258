"""Puts the bodies of called functions in the place of their calls.

After this a graph has no calls but those of functions that it does not hold or that call
themselves. The call's node stays, without data, so that what is ordered after it still is.
"""

from __future__ import annotations

from array import array
from typing import Any

from tb_rnnview.graph.form import Call, Graph, Tensor
from tb_rnnview.graph.function_body import FunctionBody, function_body

CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def inline_calls(graph: Graph) -> Graph:
    """The graph without calls.

    Raises:
        tb_rnnview.errors.SourceError: a function reads what is not there.
    """
    if not any(op in CALLS or op in graph.library for op in graph.op_names):
        return graph
    return _Inlining(graph).run()


class _Inlining:
    def __init__(self, graph: Graph) -> None:
        count = len(graph)
        self.graph = graph
        self.names = list(graph.names)
        self.ops = [graph.op(n) for n in range(count)]
        self.nodes: list[Any] = list(graph.nodes)
        self.inputs: list[list[Tensor]] = [graph.inputs(n) for n in range(count)]
        self.controls: list[list[int]] = [list(graph.controls(n)) for n in range(count)]
        self.call = [0] * count
        self.calls: list[Call] = []
        self.bodies: dict[str, FunctionBody] = {}
        self.result_of: dict[Tensor, Tensor] = {}

    def run(self) -> Graph:
        pending = [n for n in range(len(self.names)) if self._function(n)]
        while pending:
            node = pending.pop(0)
            first = len(self.names)
            self._inline(node, self._function(node))
            pending.extend(n for n in range(first, len(self.names)) if self._function(n))
        return self._rebuilt()

    def _function(self, node: int) -> str:
        """The function that a node calls, if its body can stand in the call's place."""
        name = self.ops[node]
        if name in CALLS:
            attr = self.nodes[node].attr.get("f")
            name = attr.func.name if attr is not None else ""
        if name not in self.graph.library:
            return ""
        call = self.call[node]
        while call:
            if self.calls[call - 1].function == name:
                return ""  # it calls itself
            call = self.calls[call - 1].parent
        return name

    def _inline(self, node: int, function: str) -> None:
        if function not in self.bodies:
            library = self.graph.library
            self.bodies[function] = function_body(library[function], library)
        body = self.bodies[function]
        given = self.inputs[node]
        first = len(self.names)

        def here(tensor: Tensor) -> Tensor:
            inner, port = tensor
            if inner >= 0:
                return first + inner, port
            return given[-1 - inner] if -1 - inner < len(given) else (node, 0)

        self.calls.append(Call(function, node, self.call[node]))
        for i, raw in enumerate(body.nodes):
            self.names.append(f"{self.names[node]}/{raw.name}")
            self.ops.append(raw.op)
            self.nodes.append(raw)
            self.inputs.append([here(t) for t in body.inputs[i]])
            # A node that reads nothing runs in the frame of the call.
            waits = [first + c for c in body.controls[i]]
            self.controls.append(waits if body.inputs[i] else [*waits, node])
            self.call.append(len(self.calls))
        for port, result in enumerate(body.results):
            self.result_of[node, port] = here(result)
        self.controls[node] += [source for source, _ in given]
        self.inputs[node] = []
        self.ops[node] = "NoOp"

    def _resolved(self, tensor: Tensor) -> Tensor:
        seen = set()
        while tensor in self.result_of and tensor not in seen:
            seen.add(tensor)
            tensor = self.result_of[tensor]
        return tensor

    def _rebuilt(self) -> Graph:
        op_index: dict[str, int] = {}
        op_ids = array("i", (op_index.setdefault(op, len(op_index)) for op in self.ops))
        first_input, source, source_port = array("i", [0]), array("i"), array("i")
        first_control, control_source = array("i", [0]), array("i")
        for tensors, waits in zip(self.inputs, self.controls, strict=True):
            for tensor in tensors:
                node, port = self._resolved(tensor)
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
            library=self.graph.library,
            call=array("i", self.call),
            calls=self.calls,
        )
