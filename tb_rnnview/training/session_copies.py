"""Copies of weights, for what is derived next to an optimizer that overwrites them.

A reference variable of TensorFlow 1 is read where it lies. The derivative that trains has read it
when the optimizer changes it, but one next to it, as ours, may come too late: it would see some
weights as they were and some as they will be. So it reads a copy, and the optimizer waits for
that, and for nothing else. A resource variable needs none: who has read it keeps what he read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_CHANGES = ("Apply", "AssignAdd", "AssignSub", "Scatter")


def read_copies(operations: Sequence[Any]) -> None:
    """Lets operations that read reference variables read copies instead.

    Args:
        operations: those that were added; none of them has run.
    """
    import tensorflow as tf

    copies: dict[str, Any] = {}
    own = set(operations)
    for operation in operations:
        for slot, tensor in enumerate(operation.inputs):
            stored = _stored(tensor) if tensor.op not in own else None
            if stored is None:
                continue
            if tensor.name not in copies:
                with tf.control_dependencies(None):
                    copies[tensor.name] = tf.raw_ops.DeepCopy(x=tensor)
                _wait(stored, copies[tensor.name].op)
            operation._update_input(slot, copies[tensor.name])


def _stored(tensor: Any) -> Any:
    """The reference variable that a tensor is, in its own place; None = it is none."""
    while tensor.op.type == "Identity" and not tensor.dtype._is_ref_dtype:
        tensor = tensor.op.inputs[0]
    return tensor if tensor.dtype._is_ref_dtype else None


def _wait(stored: Any, copied: Any) -> None:
    for taker in stored.consumers():
        if any(change in taker.type for change in _CHANGES):
            taker._add_control_input(copied)
