"""Partial constant folding: shapes and small integer tensors, as far as the graph fixes them.

Nothing is executed. What is not fixed is carried along as an `Unknown` with the reason, so that
the user can be told what leaves a sequence's length open. Rules are generators that ask for other
shapes and values; one loop drives them all, so a graph may be as deep as it likes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from tb_rnnview.graph.form import Graph, Tensor


@dataclass(frozen=True)
class Unknown:
    """A number that the graph does not fix."""

    reason: str = ""
    at_most: int | None = None
    """An upper bound that the graph does fix."""


Number = int | Unknown
ShapeOf = tuple[Number, ...] | None
"""None = not even the rank is known."""


@dataclass(frozen=True)
class Value:
    """A small integer (or boolean) tensor: a scalar if ``rank`` is 0, else a vector."""

    rank: int
    items: tuple[Number, ...]


Question = tuple[str, Tensor]
Rule = Generator[Question, Any, Any]

MAX_ITEMS = 64
_INTEGER_TYPES = {
    3: ("<i", 4),
    9: ("<q", 8),
    10: ("<?", 1),
    4: ("<B", 1),
    6: ("<b", 1),
    5: ("<h", 2),
}


class Values:
    """Answers questions about shapes and values of one graph, each worked out once."""

    def __init__(self, graph: Graph, fed_shapes: Mapping[int, ShapeOf] | None = None) -> None:
        """Takes the graph, and the shapes of nodes that the user feeds."""
        self.graph = graph
        self.fed_shapes = dict(fed_shapes or {})
        self._answers: dict[Question, Any] = {}

    def shape(self, tensor: Tensor) -> ShapeOf:
        """The shape of a tensor; None = unknown rank."""
        answer: ShapeOf = self._ask(("shape", tensor))
        return answer

    def value(self, tensor: Tensor) -> Value | None:
        """The elements of a small integer tensor; None = nothing is known about them."""
        answer: Value | None = self._ask(("value", tensor))
        return answer

    def scalar(self, tensor: Tensor) -> Number:
        """The one element of an integer scalar."""
        value = self.value(tensor)
        if value is None or len(value.items) != 1:
            return Unknown(f"{self.graph.names[tensor[0]]!r} is computed from data")
        return value.items[0]

    def rank(self, tensor: Tensor) -> int | None:
        """The number of dimensions; None = not known."""
        shape = self.shape(tensor)
        return None if shape is None else len(shape)

    def last_dimension(self, tensor: Tensor) -> int | None:
        """The size of the last dimension; None = not known."""
        shape = self.shape(tensor)
        if not shape or not isinstance(shape[-1], int):
            return None
        return shape[-1]

    def _ask(self, question: Question) -> Any:
        if question in self._answers:
            return self._answers[question]
        stack: list[tuple[Question, Rule]] = [(question, self._start(question))]
        asked = {question}
        send: Any = None
        while stack:
            current, rule = stack[-1]
            try:
                needed = rule.send(send)
            except StopIteration as done:
                send = done.value
                self._answers[current] = send
                asked.discard(current)
                stack.pop()
                continue
            if needed in self._answers:
                send = self._answers[needed]
            elif needed in asked:
                send = None  # a cycle: nothing is known from here
            else:
                asked.add(needed)
                stack.append((needed, self._start(needed)))
                send = None
        return self._answers[question]

    def _start(self, question: Question) -> Rule:
        from tb_rnnview.analysis.folding_rules import SHAPE_RULES, VALUE_RULES

        what, (node, port) = question
        op = self.graph.op(node)
        if what == "value":
            rule = VALUE_RULES.get(op)
            return rule(self, node, port) if rule else _nothing()
        return self._shape(SHAPE_RULES.get(op), node, port)

    def _shape(self, rule: Callable[[Values, int, int], Rule] | None, node: int, port: int) -> Rule:
        if node in self.fed_shapes:
            return self.fed_shapes[node]
        found: ShapeOf = None
        if rule is not None:
            found = yield from rule(self, node, port)
        return _refine(found, self._noted_shape(node, port))

    def _noted_shape(self, node: int, port: int) -> ShapeOf:
        """The shape that the program's own shape inference wrote beside the node, if any."""
        noted = self.graph.attr(node, "_output_shapes")
        if noted is None or port >= len(noted.list.shape):
            return None
        return self.from_proto(noted.list.shape[port], node)

    def from_proto(self, shape: Any, node: int) -> ShapeOf:
        """A TensorShapeProto; open dimensions are said to come from ``node``."""
        if shape.unknown_rank:
            return None
        name = self.graph.names[node]
        return tuple(
            d.size if d.size >= 0 else Unknown(f"dimension {i} of {name!r} is not fixed")
            for i, d in enumerate(shape.dim)
        )


def _nothing() -> Rule:
    return None
    yield  # a generator, like every rule


def _refine(first: ShapeOf, second: ShapeOf) -> ShapeOf:
    """What two statements about one shape say together."""
    if first is None or second is None or len(first) != len(second):
        return first if first is not None else second
    return tuple(
        b if isinstance(a, Unknown) and (isinstance(b, int) or not a.reason) else a
        for a, b in zip(first, second, strict=True)
    )


def constant(graph: Graph, node: int) -> Value | None:
    """The elements of a small integer Const of rank 0 or 1."""
    tensor = graph.attr(node, "value").tensor
    dims = [d.size for d in tensor.tensor_shape.dim]
    if len(dims) > 1 or tensor.dtype not in _INTEGER_TYPES:
        return None
    count = dims[0] if dims else 1
    if count > MAX_ITEMS:
        return None
    if count == 0:
        return Value(1, ())
    code, width = _INTEGER_TYPES[tensor.dtype]
    if tensor.tensor_content:
        if len(tensor.tensor_content) != count * width:
            return None
        items = [int(x) for (x,) in struct.iter_unpack(code, tensor.tensor_content)]
    else:
        stored = tensor.int64_val or tensor.int_val or tensor.bool_val
        items = [int(x) for x in stored] or [0]
        items += [items[-1]] * (count - len(items))  # the last one stands for the rest
    return Value(len(dims), tuple(items))
