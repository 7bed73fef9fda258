"""The recurrent layers in a model, and the cells that they run at each timestep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tb_rnnview.sources.keras_object import keras_kind

# Objects inside objects: a model of a program's own may hold itself.
_DEEPEST = 50


@dataclass(frozen=True)
class RecurrentLayer:
    """A layer that runs a cell over time."""

    layer: Any
    """``keras.layers.RNN``, or one that is made of it, of Keras 3 or tf_keras."""
    cells: tuple[Any, ...]
    """What has a state of its own: the cell, or those of a stack, the first one first."""
    is_legacy: bool


def recurrent_layers(root: Any) -> list[RecurrentLayer]:
    """The recurrent layers in a Keras model, a layer or a ``tf.Module``, each once, in order."""
    found: list[RecurrentLayer] = []
    for layer in keras_layers(root):
        if _is_made_of(layer, "RNN") and hasattr(layer, "cell"):
            kind = keras_kind(layer)
            cells = tuple(cells_of(layer.cell))
            found.append(RecurrentLayer(layer, cells, kind is not None and kind.is_legacy))
    return found


def keras_layers(root: Any) -> list[Any]:
    """All Keras layers in an object, models and cells included, each once."""
    return list(_layers(root, set(), 0))


def cells_of(cell: Any) -> Iterator[Any]:
    """What is in a cell that has a state of its own: the parts of a stack, or itself."""
    # A class made of the stack may do anything between the cells.
    if type(cell).__name__ == "StackedRNNCells" and _is_kerass_own(type(cell)):
        for part in cell.cells:
            yield from cells_of(part)
    else:
        yield cell


def _layers(value: Any, seen: set[int], depth: int) -> Iterator[Any]:
    import tensorflow as tf

    if id(value) in seen or depth > _DEEPEST:
        return
    if keras_kind(value) is not None:
        seen.add(id(value))
        yield value
        for inner in value._flatten_layers(recursive=False, include_self=False):
            yield from _layers(inner, seen, depth + 1)
    elif isinstance(value, Mapping):
        for item in list(value.values()):
            yield from _layers(item, seen, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _layers(item, seen, depth + 1)
    elif isinstance(value, tf.Module):
        seen.add(id(value))
        for item in list(vars(value).values()):
            yield from _layers(item, seen, depth + 1)


def _is_made_of(layer: Any, name: str) -> bool:
    return any(kind.__name__ == name and _is_kerass_own(kind) for kind in type(layer).__mro__)


def _is_kerass_own(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("keras", "tf_keras")
