"""Which arrays in a ``.keras`` file are which layer's.

Keras calls the places of layers in such a file after their classes, in the order of the model:
``lstm``, ``lstm_1``. Arrays have no names, but numbers.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tb_rnnview.sources.configuration import StoredArray
from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.h5_content import UnreadableError, read_apart

_FILE = "model.weights.h5"
_LARGEST = 1 << 30
"""Bytes. Weights of more than that are not read for their shapes."""


def arrays_by_layer(
    archive: bytes, config: bytes, model: ConfiguredModel
) -> dict[str, tuple[StoredArray, ...]]:
    """The arrays of the layers whose variables the configuration leaves open.

    Args:
        archive: the ``.keras`` file.
        config: the configuration in it.
        model: what that declares.

    Returns:
        By layer of the outermost model. A layer is missing where its arrays are not known.
    """
    open_ones = {
        layer.entry
        for layer in model.layers
        if layer.variables is None or any(_is_open(v.shape) for v in layer.variables)
    }
    if not open_ones:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            if _FILE not in file.namelist() or file.getinfo(_FILE).file_size > _LARGEST:
                return {}
            stored = read_apart(file.read(_FILE)).unnamed
    except (UnreadableError, zipfile.BadZipFile):
        return {}
    members = Counter(layer.entry for layer in model.layers)
    return {
        entry: _named(stored[place], entry)
        for entry, place in _places(json.loads(config), stored).items()
        # In which order several layers keep theirs is not told.
        if entry in open_ones and members[entry] == 1 and _is_one_place(stored[place], entry, model)
    }


def _is_open(shape: Any) -> bool:
    return shape is None or None in shape


def _is_one_place(arrays: tuple[StoredArray, ...], entry: str, model: ConfiguredModel) -> bool:
    """Whether the order of some arrays is known: those of one place are numbered.

    The order does not count where nothing is known of what they are.
    """
    of_its_own = any(x.entry == entry and x.variables is None for x in model.layers)
    return of_its_own or len({a.name.rpartition("/")[0] for a in arrays}) == 1


def _named(arrays: tuple[StoredArray, ...], entry: str) -> tuple[StoredArray, ...]:
    return tuple(a._replace(name=f"{entry}/{a.name}", is_named=False) for a in arrays)


def _places(config: Any, stored: Mapping[str, Any]) -> dict[str, str]:
    """Where the arrays of each layer of the outermost model lie, where there is one way to tell."""
    found: dict[str, str] = {}
    count: Counter[str] = Counter()
    for layer in config["config"]["layers"]:
        place = _snake(layer["class_name"])
        number = count[place]
        count[place] += 1
        name = layer["config"].get("name") or layer.get("name")
        found[name] = f"{place}_{number}" if number else place
    # Another class may be called as the second of one is: Foo1 and two of Foo.
    several = Counter(found.values())
    return {name: p for name, p in found.items() if p in stored and several[p] == 1}


def _snake(class_name: str) -> str:
    """How Keras writes the name of a class, which may stand behind that of its package."""
    name = re.sub(r"\W+", "", class_name.rpartition(">")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
