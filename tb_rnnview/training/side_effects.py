"""What operations do besides computing, and so whether running them again gives the same."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from tb_rnnview.training.written_variables import READS, functions_of

# Types of operations with a state of their own, which none of the results of others depends on.
_ONLY_LOOK = {"Assert", "Placeholder", "Print", "PrintV2", "VarHandleOp", *READS}


# What is computed for all timesteps at once must be the same operations at each.
_CHOOSING = {"Case", "If", "StatelessCase", "StatelessIf", "StatelessWhile", "While"}


class Effects(IntEnum):
    """What running operations changes; the greater ones include the smaller."""

    NONE = 0
    """Nothing: they give the same whenever they run on the same."""
    VARIABLES = 1
    """Variables, seeds of random numbers among them: once those are put back, it is as before."""
    UNKNOWN = 2
    """Something that cannot be put back, as in drawing from a generator of TensorFlow's own."""


def effects_of(operations: Iterable[Any]) -> Effects:
    """The greatest of the effects of the operations."""
    return max(map(_effect, operations), default=Effects.NONE)


def chooses(operations: Iterable[Any]) -> bool:
    """Whether it depends on the values which operations run, or how often."""
    return any(
        operation.type in _CHOOSING
        or any(chooses(body.get_operations()) for body, _ in functions_of(operation))
        for operation in operations
    )


def reads_stored(operations: Iterable[Any], handles: Iterable[Any]) -> bool:
    """Whether operations read variables' storage.

    Args:
        operations: of one graph.
        handles: the variables', outside of that graph.
    """
    known = {id(handle) for handle in handles}
    for operation in operations:
        captured = {inner.name: outer for outer, inner in getattr(operation.graph, "captures", ())}
        if any(id(captured.get(x.name)) in known for x in operation.inputs):
            return True
    return False


def _effect(operation: Any) -> Effects:
    if operation.op_def is None or not operation.op_def.is_stateful:
        return Effects.NONE
    if operation.type in _ONLY_LOOK:
        return Effects.NONE
    # A loop or a call has no state but that of the functions that it runs.
    bodies = [body for body, _ in functions_of(operation)]
    if bodies:
        return max(effects_of(body.get_operations()) for body in bodies)
    takes_variable = any(x.dtype.name == "resource" for x in operation.inputs)
    return Effects.VARIABLES if takes_variable else Effects.UNKNOWN
