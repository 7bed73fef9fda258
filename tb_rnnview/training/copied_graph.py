"""Copies of traced operations, in the graph that is being built, with what is watched in between.

What a program computes stands in the graph of its trace. Run again operation by operation it gives
the same, and on the way some operations may read something else, and zeros may be added to what
they give: gradients are taken of those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.training.written_variables import graph_of

LOOPS = ("While", "StatelessWhile")
_CONDITIONS = ("If", "StatelessIf")
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_WRITES = ("Assign", "ResourceScatter", "ResourceApply")


class CannotCopyError(Exception):
    """An operation that nothing here can run again; the message is the reason, for the user."""


@dataclass
class Taps:
    """What is different in a copy; tensors of the traced graph by name."""

    instead: dict[tuple[str, int], Callable[[], Any]] = field(default_factory=dict)
    """What an operation takes at an input slot."""
    added: dict[str, Any] = field(default_factory=dict)
    """What is added to a tensor for all who take it."""
    added_after: dict[str, Any] = field(default_factory=dict)
    """The same for states: not for those operations that are still in the same timestep."""
    within: dict[str, set[str]] = field(default_factory=dict)
    """For such a state, the names of those operations."""


class Copy:
    """A copy of one graph.

    Attributes:
        values: what stands for each tensor that was copied, by its name.
    """

    def __init__(
        self,
        given: Mapping[str, Any],
        taps: Taps | None = None,
        loop: Callable[[Any, list[Any]], list[Any] | None] | None = None,
    ) -> None:
        """A copy that begins with some tensors.

        Args:
            given: what stands for inputs of the graph, by name.
            taps: what is different.
            loop: makes the results of a loop in another way; None, or a result of None = it is
                copied as any other.
        """
        self.values = dict(given)
        self._taps = taps or Taps()
        self._loop = loop
        self._within: dict[str, Any] = {}

    def of(self, graph: Any, wanted: Sequence[Any]) -> list[Any]:
        """Copies what these tensors of a graph need, and returns what stands for them.

        Raises:
            CannotCopyError: something in it cannot be copied.
        """
        needed = _needed([x.op for x in wanted], self.values)
        for operation in graph.get_operations():
            if operation.name in needed:
                self._add(operation)
        return [self.values[x.name] for x in wanted]

    def state(self, name: str) -> Any:
        """A tensor before anything was added to it."""
        return self._within.get(name, self.values[name])

    def _add(self, operation: Any) -> None:
        inputs = [self._input(operation, slot) for slot in range(len(operation.inputs))]
        if operation.type in LOOPS:
            made = self._loop(operation, inputs) if self._loop is not None else None
            outputs = copied_loop(operation, inputs) if made is None else made
        elif operation.type in _CONDITIONS:
            outputs = _condition(operation, inputs)
        elif operation.type in _CALLS:
            outputs = _call(operation, inputs)
        else:
            outputs = copied(operation, inputs)
        for old, new in zip(operation.outputs, outputs, strict=True):
            self.values[old.name] = self._tapped(old.name, new)

    def _input(self, operation: Any, slot: int) -> Any:
        instead = self._taps.instead.get((operation.name, slot))
        if instead is not None:
            return instead()
        name = operation.inputs[slot].name
        if name in self._within and operation.name in self._taps.within.get(name, ()):
            return self._within[name]
        return self.values[name]

    def _tapped(self, name: str, value: Any) -> Any:
        if name in self._taps.added:
            value = value + self._taps.added[name]
        if name in self._taps.added_after:
            self._within[name] = value
            value = value + self._taps.added_after[name]
        return value


def copied(operation: Any, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a copy of an operation that takes these tensors.

    Raises:
        CannotCopyError: it runs functions, or has a gradient of its own.
    """
    import tensorflow as tf

    if operation.type == "Placeholder":
        raise CannotCopyError("it takes a value that its graph does not show")
    attributes = operation.node_def.attr
    if operation.type == "IdentityN" and "_gradient_op_type" in attributes:
        # It is computed from tensors of the trace, which no other graph has.
        raise CannotCopyError("it has a gradient of its own (tf.custom_gradient)")
    if any(a.HasField("func") or a.list.func for a in attributes.values()):
        raise CannotCopyError(f"a {operation.type} operation runs functions of its own in it")
    attributes = {
        name: value
        for name, value in attributes.items()
        if name not in ("_class", "_output_shapes")
    }
    made = tf.compat.v1.get_default_graph().create_op(
        operation.type,
        list(inputs),
        [x.dtype for x in operation.outputs],
        name=operation.name.rpartition("/")[2],
        attrs=attributes,
    )
    for old, new in zip(operation.outputs, made.outputs, strict=True):
        new.set_shape(old.shape)
    return list(made.outputs)


@dataclass(frozen=True)
class LoopParts:
    """A loop as TensorFlow 2 has it."""

    condition: Any
    body: Any
    """The graphs of its functions."""
    carried: list[int]
    """The positions of the values that its body changes."""

    @staticmethod
    def of(operation: Any) -> LoopParts:
        """The parts of a loop.

        Raises:
            CannotCopyError: its functions are not there.
        """
        bodies = {name: graph for name, graph in _functions(operation).items() if graph is not None}
        if not {"cond", "body"} <= set(bodies):
            raise CannotCopyError("the body of a loop in it cannot be looked into")
        body = bodies["body"]
        carried = [k for k, out in enumerate(body.outputs) if _handed_on(out) is not body.inputs[k]]
        return LoopParts(bodies["cond"], body, carried)


def copied_loop(operation: Any, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a copy of a loop."""
    parts = LoopParts.of(operation)

    def step(given: Mapping[str, Any], _: Any) -> tuple[list[Any], list[Any]]:
        copy = Copy(given)
        return copy.of(parts.body, [parts.body.outputs[k] for k in parts.carried]), []

    return run_loop(operation, parts, inputs, step, [])[0]


def run_loop(
    operation: Any,
    parts: LoopParts,
    inputs: Sequence[Any],
    step: Callable[[Mapping[str, Any], Any], tuple[list[Any], list[Any]]],
    more: list[Any],
) -> tuple[list[Any], list[Any]]:
    """Runs a loop with a body of another kind, which may carry more.

    Args:
        operation: the loop.
        parts: of it.
        inputs: what it takes.
        step: (what stands for the inputs of its body, what is carried besides) to the new values
            of what it carries, and of what is carried besides.
        more: what that starts from.

    Returns:
        The loop's outputs, and what is carried besides after the last step.
    """
    import tensorflow as tf

    start = [inputs[k] for k in parts.carried]

    def given(graph: Any, carried: Sequence[Any]) -> dict[str, Any]:
        now = {**dict(enumerate(inputs)), **dict(zip(parts.carried, carried, strict=True))}
        return {inner.name: now[k] for k, inner in enumerate(graph.inputs)}

    def goes_on(carried: Any, _: Any) -> Any:
        copy = Copy(given(parts.condition, carried))
        return tf.squeeze(copy.of(parts.condition, parts.condition.outputs[:1])[0])

    def body(carried: Any, besides: Any) -> Any:
        after, besides = step(given(parts.body, carried), besides)
        return after, besides

    shapes = [parts.body.inputs[k].shape for k in parts.carried]
    parallel = operation.node_def.attr["parallel_iterations"].i or 10
    carried, besides = tf.while_loop(
        goes_on,
        body,
        (start, more),
        shape_invariants=(shapes, tf.nest.map_structure(lambda _: None, more)),
        parallel_iterations=parallel,
    )
    outputs = list(inputs)
    for k, value in zip(parts.carried, carried, strict=True):
        outputs[k] = value
    return outputs, besides


def _condition(operation: Any, inputs: Sequence[Any]) -> list[Any]:
    import tensorflow as tf

    branches = _functions(operation)

    def run(graph: Any) -> Callable[[], list[Any]]:
        if graph is None:
            raise CannotCopyError("the branches of a condition in it cannot be looked into")
        given = {inner.name: x for inner, x in zip(graph.inputs, inputs[1:], strict=True)}
        return lambda: Copy(given).of(graph, graph.outputs)

    found = tf.cond(
        tf.cast(inputs[0], tf.bool), run(branches["then_branch"]), run(branches["else_branch"])
    )
    return list(tf.nest.flatten(found))


def _call(operation: Any, inputs: Sequence[Any]) -> list[Any]:
    graph = _functions(operation).get("f")
    if graph is None:
        raise CannotCopyError("a function in it was loaded or traced before")
    given = {inner.name: x for inner, x in zip(graph.inputs, inputs, strict=True)}
    return Copy(given).of(graph, graph.outputs)


def _functions(operation: Any) -> dict[str, Any]:
    """The graphs of an operation's functions, by attribute."""
    return {
        name: graph_of(operation.graph, value.func.name)
        for name, value in operation.node_def.attr.items()
        if value.HasField("func")
    }


def _handed_on(tensor: Any) -> Any:
    while tensor.op.type == "Identity":
        tensor = tensor.op.inputs[0]
    return tensor


def _needed(operations: Iterable[Any], given: Mapping[str, Any]) -> set[str]:
    """The names of the operations that these need, themselves included, except what is given.

    Of those that only have to run before, what writes variables is needed.
    """
    found: set[str] = set()
    pending = list(operations)
    while pending:
        operation = pending.pop()
        outputs = operation.outputs
        if operation.name in found or (outputs and all(x.name in given for x in outputs)):
            continue
        found.add(operation.name)
        pending += [x.op for x in operation.inputs if x.name not in given]
        pending += [before for before in operation.control_inputs if _writes(before)]
    return found


def _writes(operation: Any) -> bool:
    return operation.type.startswith(_WRITES) or operation.type in (
        *LOOPS, *_CONDITIONS, *_CALLS
    )  # fmt: skip
