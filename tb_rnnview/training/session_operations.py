"""Operations of a ``tf.Graph`` by the names that the analysis has for them.

The analysis puts the bodies of functional loops in the place of the loops; here a name below that
of a loop leads to the operation in the loop's body again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

_LOOPS = ("While", "StatelessWhile")


class Operations:
    """Finds what can be fetched, or listened to, in a graph and in the bodies of its loops."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self._bodies: dict[str, Any] = {}

    def tensor(self, name: str, port: int) -> Any:
        """An output of an operation; None = there is none of that name.

        An operation without outputs is none, nor is what a branch of a condition computes, which
        is there only if the branch runs.
        """
        operation = self._operation(name)
        if operation is None:
            stem, _, number = name.rpartition(":")  # what leaves a functional loop
            operation, port = self._operation(stem), int(number) if number.isdigit() else 0
        if operation is None or port >= len(operation.outputs):
            return None
        return None if _is_conditional(operation) else operation.outputs[port]

    def before(self, name: str) -> Any:
        """The first input of an operation, as it is outside of conditions; None = it is not."""
        operation = self._operation(name)
        if operation is None:
            return None
        tensor = operation.inputs[0]
        while _is_conditional(tensor.op) and tensor.op.type in ("Switch", "Identity"):
            tensor = tensor.op.inputs[0]
        return None if _is_conditional(tensor.op) else tensor

    def size(self, tensor: Any, dimension: int) -> Any:
        """The size of a tensor in one dimension: a tensor; None = it lies in a loop's body."""
        import tensorflow as tf

        if tensor is None or tensor.graph is not self.graph:
            return None
        with self.graph.as_default():
            return tf.shape(tensor)[dimension]

    def _operation(self, name: str) -> Any:
        if not name:
            return None
        found = _named(self.graph, name)
        end = name.find("/")
        while found is None and end >= 0:
            body = self._body(name[:end])
            if body is not None:
                found = _named(body, name[end + 1 :]) or _named(body, name)
            end = name.find("/", end + 1)
        return found

    def _body(self, name: str) -> Any:
        if name not in self._bodies:
            from tensorflow.python.ops import while_v2

            loop = _named(self.graph, name)
            is_loop = loop is not None and loop.type in _LOOPS
            self._bodies[name] = (
                while_v2._get_graph(loop, "body", "_body_graph") if is_loop else None
            )
        return self._bodies[name]


def _named(graph: Any, name: str) -> Any:
    try:
        return graph.get_operation_by_name(name)
    except (KeyError, ValueError):
        return None


def _is_conditional(operation: Any) -> bool:
    # The Merge at the end of a condition is outside of it.
    context = operation._get_control_flow_context()
    return context is not None and context.IsCondContext()


def reached(starts: Iterable[Any], following: Callable[[Any], Iterable[Any]]) -> set[Any]:
    """All operations that are reached, the starts among them.

    Args:
        starts: where to begin.
        following: the operations to go on to from one.
    """
    found = set(starts)
    pending = list(found)
    while pending:
        for other in following(pending.pop()):
            if other not in found:
                found.add(other)
                pending.append(other)
    return found
