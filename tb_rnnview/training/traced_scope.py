"""A graph of a trace, and what its placeholders stand for: which variables are behind a tensor?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tb_rnnview.training.copied_graph import LoopParts, copied

_READS = "ReadVariableOp"


class TracedScope:
    """A function's graph, or the graph of a loop's body in it.

    Attributes:
        graph: the graph.
        stands_for: what its placeholders stand for, by name: a tensor of the graph around it, or
            what the function captured. What differs from call to call is not in it.
        parent: the scope around it; None = it is the function's own.
    """

    def __init__(
        self, graph: Any, stands_for: Mapping[str, Any], parent: TracedScope | None
    ) -> None:
        """A scope; see the attributes."""
        self.graph = graph
        self.stands_for = stands_for
        self.parent = parent
        self._behind: dict[str, frozenset[int] | None] = {}
        for operation in graph.get_operations():
            self._behind[operation.name] = self._looked_at(operation)

    @staticmethod
    def of_function(graph: Any) -> TracedScope:
        """The scope of a traced function."""
        return TracedScope(graph, {inner.name: outer for outer, inner in graph.captures}, None)

    def of_loop(self, operation: Any) -> TracedScope:
        """The scope of the body of a loop in it."""
        parts = LoopParts.of(operation)
        inner = {
            tensor.name: operation.inputs[k]
            for k, tensor in enumerate(parts.body.inputs)
            if k not in parts.carried
        }
        return TracedScope(parts.body, inner, self)

    def behind(self, tensor: Any) -> frozenset[int] | None:
        """The variables that a tensor is computed from alone, as the identities of their handles.

        Constants are computed from none. None = it is computed from other things, too.
        """
        return self._behind[tensor.op.name]

    def weight(self, tensor: Any, values: Mapping[int, Any]) -> Any:
        """A tensor that is computed from variables alone, in the graph that is being built.

        Args:
            tensor: of this scope.
            values: other values of variables, by the identities of their handles.
        """
        operation = tensor.op
        if operation.type == "Placeholder":
            outside = self.stands_for[tensor.name]
            return outside if self.parent is None else self.parent.weight(outside, values)
        if operation.type == _READS:
            value = values.get(id(self._handle(operation.inputs[0])))
            if value is not None:
                return value
        inputs = [self.weight(x, values) for x in operation.inputs]
        return copied(operation, inputs)[int(tensor.name.rpartition(":")[2])]

    def _looked_at(self, operation: Any) -> frozenset[int] | None:
        if operation.type == "Placeholder":
            outside = self.stands_for.get(operation.outputs[0].name)
            if outside is None:
                return None
            return self.parent.behind(outside) if self.parent is not None else frozenset()
        if operation.type == _READS:
            handle = self._handle(operation.inputs[0])
            return None if handle is None else frozenset({id(handle)})
        if operation.op_def is None or operation.op_def.is_stateful:
            return None
        found: set[int] = set()
        for tensor in operation.inputs:
            if tensor.op.name not in self._behind or self._behind[tensor.op.name] is None:
                return None
            found |= self._behind[tensor.op.name] or set()
        return frozenset(found)

    def _handle(self, tensor: Any) -> Any:
        """The handle of a variable, outside all graphs; None = it is not known which."""
        scope: TracedScope | None = self
        while scope is not None:
            tensor = scope.stands_for.get(tensor.name)
            if tensor is None:
                return None
            scope = scope.parent
        return tensor
