"""Listens to the functions that make the derivatives of operations, while they are called.

So whatever control flow TensorFlow derives, what is added stands where the derivative of the
operation stands: within the loop that runs back, at the timestep that it is of.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any


class Listening:
    """Listens while derivatives are made."""

    def __init__(self) -> None:
        self._before: dict[Any, list[Callable[[Any, Sequence[Any]], list[Any]]]] = {}
        self._after: dict[Any, list[Callable[[Sequence[Any]], Any]]] = {}

    def before(self, operation: Any, call: Callable[[Any, Sequence[Any]], list[Any]]) -> None:
        """Calls with the operation and the gradients of its outputs; what that gives runs first."""
        self._before.setdefault(operation, []).append(call)

    def after(self, operation: Any, call: Callable[[Sequence[Any]], Any]) -> None:
        """Calls with the gradients of the operation's inputs."""
        self._after.setdefault(operation, []).append(call)

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Derivatives that are made inside are listened to."""
        from tensorflow.python.framework import ops

        own = {}
        try:
            for operation in {*self._before, *self._after}:
                function = None
                with contextlib.suppress(LookupError):  # some operations have no derivative
                    function = ops.get_gradient_function(operation)
                if function is None:
                    continue
                own[operation] = operation._gradient_function
                operation._gradient_function = self._listening(function)
            yield
        finally:
            for operation, function in own.items():
                operation._gradient_function = function

    def _listening(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import tensorflow as tf

        def listening(operation: Any, *gradients: Any) -> Any:
            runs = [
                run
                for call in self._before.get(operation, ())
                for run in call(operation, gradients)
            ]
            if runs:
                with tf.control_dependencies(runs):
                    gradients = tuple(
                        tf.identity(g) if isinstance(g, tf.Tensor) and g.dtype.is_floating else g
                        for g in gradients
                    )
            found = function(operation, *gradients)
            for call in self._after.get(operation, ()):
                call(found if isinstance(found, (list, tuple)) else [found])
            return found

        return listening
