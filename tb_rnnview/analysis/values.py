"""Partial constant folding: shapes and small integer tensors, as far as the graph fixes them.

Nothing is executed. What is not fixed is carried along as an `Unknown` with the reason, so that
the user can be told what leaves a sequence's length open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tb_rnnview.analysis.folding_rules import SHAPE_RULES, VALUE_RULES
from tb_rnnview.analysis.known import Number, ShapeOf, Unknown, Value, from_data, stated_shape
from tb_rnnview.analysis.questions import Output, Question, Rule
from tb_rnnview.graph.control_flow import through
from tb_rnnview.graph.form import Graph, Tensor


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
            return from_data(self.graph, through(self.graph, tensor[0]))
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
        what, (node, port) = question
        output = Output(self.graph, node, port)
        return self._value(output) if what == "value" else self._shape(output)

    def _value(self, output: Output) -> Rule:
        rule = VALUE_RULES.get(output.op)
        return (yield from rule(output)) if rule is not None else None

    def _shape(self, output: Output) -> Rule:
        if output.node in self.fed_shapes:
            return self.fed_shapes[output.node]
        rule = SHAPE_RULES.get(output.op)
        found = (yield from rule(output)) if rule is not None else None
        return _refine(_sensible(found), _noted_shape(output))


def _noted_shape(output: Output) -> ShapeOf:
    """The shape that the program's own shape inference wrote beside the node, if any."""
    noted = output.attr("_output_shapes")
    if noted is None or output.port >= len(noted.list.shape):
        return None
    return stated_shape(output.graph, output.node, noted.list.shape[output.port])


def _refine(first: ShapeOf, second: ShapeOf) -> ShapeOf:
    """What two statements about one shape say together."""
    if first is None or second is None or len(first) != len(second):
        return first if first is not None else second
    return tuple(
        b if isinstance(a, Unknown) and (isinstance(b, int) or not a.reason) else a
        for a, b in zip(first, second, strict=True)
    )


def _sensible(shape: ShapeOf) -> ShapeOf:
    """A shape without sizes that none can have: what damaged constants lead to."""
    if shape is None or all(isinstance(d, Unknown) or d >= 0 for d in shape):
        return shape
    return tuple(Unknown() if isinstance(d, int) and d < 0 else d for d in shape)
