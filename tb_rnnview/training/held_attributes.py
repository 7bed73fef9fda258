"""What the objects of a cell hold at one moment, so that the cell can be run again as it was then.

Cells keep dropout masks between the timesteps of one run, and forget them after it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from tb_rnnview.training.cells import keras_layers


class HeldAttributes:
    """The attributes of a cell and of the layers in it, as they were when this was made."""

    def __init__(self, cell: Any) -> None:
        self._cell = cell
        self._kept: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._caches: list[tuple[Any, dict[Any, Any]]] = []
        for holder in _holders(cell):
            attributes = vars(holder)
            self._kept.append((attributes, dict(attributes)))
            for value in attributes.values():
                if type(value).__name__ == "ContextValueCache":  # the masks of tf_keras
                    self._caches.append((value, dict(value)))

    def put_back(self) -> None:
        """Makes the attributes what they were."""
        for attributes, kept in self._kept:
            for name in attributes.keys() - kept.keys():
                del attributes[name]
            for name, value in kept.items():
                if attributes.get(name) is not value:
                    attributes[name] = value
        for cache, content in self._caches:
            cache.clear()
            cache.update(content)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The attributes are what they were, inside."""
        now = HeldAttributes(self._cell)
        self.put_back()
        try:
            yield
        finally:
            now.put_back()


def _holders(cell: Any) -> Iterable[Any]:
    layers = keras_layers(cell)
    known = {id(layer) for layer in layers}
    return [*([] if id(cell) in known or not hasattr(cell, "__dict__") else [cell]), *layers]


@contextlib.contextmanager
def set_for_now(holder: Any, name: str, value: Any) -> Iterator[None]:
    """Sets an attribute of an object, past what its class would do about it."""
    attributes = vars(holder)
    missing = object()
    before = attributes.get(name, missing)
    attributes[name] = value
    try:
        yield
    finally:
        if before is missing:
            attributes.pop(name, None)
        else:
            attributes[name] = before
