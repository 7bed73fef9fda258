"""The gates of a cell, and how many of their units are saturated.

A gate between 0 and 1 is saturated below 0.1 and above 0.9; one between -1 and 1 beyond 0.9.
Keras' cells say which function makes a gate, in a known order; of other cells every Sigmoid and
every Tanh that they compute counts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_FROM_ZERO_TO_ONE = {"sigmoid", "hard_sigmoid"}
_FROM_MINUS_ONE_TO_ONE = {"tanh"}
# What Keras' cells hand to `recurrent_activation` and `activation`, in the order of the calls.
_ORDERS = {
    "LSTMCell": ("i", "f", "c", "o"),
    "ConvLSTMCell": ("i", "f", "c", "o"),
    "GRUCell": ("z", "r", "h"),
    "SimpleRNNCell": ("h",),
}
_OPERATIONS = {"Sigmoid": True, "Tanh": False}


@dataclass(frozen=True)
class Gate:
    """The units of a gate at one timestep."""

    name: str
    values: Any
    """[batch, …]"""
    is_above_zero: bool
    """Between 0 and 1; else between -1 and 1."""

    def saturated(self, is_live: Any) -> tuple[Any, Any]:
        """How many units are saturated, and of how many: float32 [] each.

        Args:
            is_live: bool [batch]: the sequences that count.
        """
        import tensorflow as tf

        values = tf.cast(self.values, tf.float32)
        beyond = tf.abs(values - 0.5) > 0.4 if self.is_above_zero else tf.abs(values) > 0.9
        counts = tf.reduce_sum(tf.cast(beyond, tf.float32), list(range(1, len(values.shape))))
        sequences = tf.cast(is_live, tf.float32)
        per_sequence = tf.cast(tf.size(values) / tf.shape(values)[0], tf.float32)
        return tf.reduce_sum(counts * sequences), tf.reduce_sum(sequences) * per_sequence


@contextlib.contextmanager
def gates_of(cell: Any) -> Iterator[list[Gate]]:
    """The gates that a cell computes when it is called once, inside; they are there afterwards."""
    import tensorflow as tf

    found: list[Gate] = []
    order = _order(cell)
    graph = tf.compat.v1.get_default_graph()
    before = len(graph.get_operations())
    attributes = vars(cell) if hasattr(cell, "__dict__") else {}
    kept = {name: attributes.get(name) for name in ("recurrent_activation", "activation")}
    names = iter(order)
    if order:
        for name, function in kept.items():
            if callable(function):
                attributes[name] = _listening(function, names, found)
    try:
        yield found
    finally:
        if order:
            for name, function in kept.items():
                if callable(function):
                    attributes[name] = function
    if not order:
        found += _of_operations(graph.get_operations()[before:])


def _listening(
    function: Callable[[Any], Any], names: Iterator[str], found: list[Gate]
) -> Callable[[Any], Any]:
    kind = getattr(function, "__name__", "")

    def listening(values: Any) -> Any:
        result = function(values)
        name = next(names, None)  # what comes after the gates is none
        if name is not None and kind in _FROM_ZERO_TO_ONE | _FROM_MINUS_ONE_TO_ONE:
            found.append(Gate(name, result, kind in _FROM_ZERO_TO_ONE))
        return result

    return listening


def _order(cell: Any) -> tuple[str, ...]:
    """The gates in the order of the calls; () = it is no cell of Keras' own."""
    kind = type(cell)
    is_kerass_own = kind.__module__.partition(".")[0] in ("keras", "tf_keras")
    # tf_keras has classes for each rank, made of the one that is meant.
    names = [k.__name__ for k in kind.__mro__] if is_kerass_own else []
    return next((_ORDERS[name] for name in names if name in _ORDERS), ())


def _of_operations(operations: list[Any]) -> list[Gate]:
    counts: dict[str, int] = {}
    found = []
    for operation in operations:
        if operation.type in _OPERATIONS:
            kind = operation.type.lower()
            counts[kind] = counts.get(kind, 0) + 1
            name = kind if counts[kind] == 1 else f"{kind} {counts[kind]}"
            found.append(Gate(name, operation.outputs[0], _OPERATIONS[operation.type]))
    return found
