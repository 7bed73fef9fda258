"""Tracing a model must leave no trace in it.

What a trace computes is symbolic: no weight, no state and no generator's state is written. What is
left are Python's own side effects of calling a Keras model: losses of that call, the specification
that a first call leaves behind, and draws from Python's and numpy's generators.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Iterator
from typing import Any

# What a call sets: lists and sets are changed in place, the rest is replaced.
_LOSSES = ("_losses", "_loss_ids")
# A layer that was not built yet keeps these, with the weights that the call gave it.
_OF_FIRST_CALL = ("_called", "_saved_model_inputs_spec", "_saved_model_arg_spec")

_Kept = list[tuple[dict[str, Any], str, Any, Any]]


@contextlib.contextmanager
def untouched(layers: Iterable[Any]) -> Iterator[None]:
    """Puts back what calling these Keras layers changes, and Python's random generators."""
    import numpy as np

    called = list(layers)
    # Weights that are made now use up what they draw: what is made later must not draw it again.
    is_built = all(layer.built for layer in called)
    drawn = random.getstate()
    drawn_by_numpy = np.random.get_state()
    kept = _keep(called)
    try:
        yield
    finally:
        if is_built:
            random.setstate(drawn)
            np.random.set_state(drawn_by_numpy)
        _put_back(kept)


def _keep(layers: Iterable[Any]) -> _Kept:
    kept: _Kept = []
    for layer in layers:
        attributes = vars(layer)
        for name in (*_LOSSES, *(_OF_FIRST_CALL if layer.built else ())):
            if name in attributes:
                value = attributes[name]
                kept.append((attributes, name, value, _content(value)))
        # Keras 2 keeps the losses of a call outside of graphs apart, per thread.
        of_thread = getattr(attributes.get("_thread_local"), "__dict__", {})
        if "_eager_losses" in of_thread:
            value = of_thread["_eager_losses"]
            kept.append((of_thread, "_eager_losses", value, _content(value)))
    return kept


def _content(value: Any) -> Any:
    return value.copy() if isinstance(value, (list, set)) else None


def _put_back(kept: _Kept) -> None:
    for attributes, name, value, content in kept:
        if isinstance(value, list):
            value[:] = content
        elif isinstance(value, set):
            value.clear()
            value.update(content)
        attributes[name] = value
