"""``.h5`` files of Keras: the configuration of a model, and the shapes of its weights.

No value of a weight is read, and nothing is loaded by Keras.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

from tb_rnnview.errors import FormatError, SourceError
from tb_rnnview.sources.configuration import Configuration, StoredArray
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.sources.keras_weights import model_of_weights
from tb_rnnview.sources.tracing import reason_of
from tb_rnnview.timeline import Finding, Severity, Source

MAGIC = b"\x89HDF\r\n\x1a\n"

_ENDINGS = (".h5", ".hdf5", ".keras")
_MOST_ARRAYS = 100_000
# What Keras 3 calls the groups of a file of weights. It gives their arrays no names.
_KERAS_3 = ("layers", "_layer_checkpoint_dependencies")


def is_h5_file(data: bytes) -> bool:
    """Whether a file is in HDF5, as Keras 1 and 2 save models and weights."""
    return data.startswith(MAGIC)


def open_h5_file(path: str, data: bytes, name: str = "") -> Configuration:
    """The configuration that a file holds, with the arrays of its weights.

    Raises:
        SourceError: it is damaged, or holds no Keras model.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            text = _text(file.attrs.get("model_config"))
            version = _text(file.attrs.get("keras_version"))
            weights = _group(file, "model_weights") or file
            version = version or _text(weights.attrs.get("keras_version"))
            stored = dict(_arrays(weights))
            is_of_keras = any(key in file for key in _KERAS_3)
    except Exception as error:  # h5py raises whatever its library does
        raise SourceError(
            f"{path}: is an HDF5 file that is cut off or damaged ({reason_of(error)}); "
            "copy or save it again"
        ) from error
    title = name or _title(path)
    if not text:
        return _weights(path, stored, title, version, is_of_keras)
    try:
        weightless = [entry for entry, arrays in stored.items() if not arrays]
        model = read_keras_config(text, version, weightless)
    except FormatError as error:
        raise SourceError(f"{path}: its model_config {error}") from error
    source = Source("keras_file", path, "keras", model.version)
    return Configuration(model, source, title, stored)


def _weights(
    path: str,
    stored: dict[str, tuple[StoredArray, ...]],
    title: str,
    version: str,
    is_of_keras: bool,
) -> Configuration:
    """What weights tell by themselves."""
    model = model_of_weights(stored, title, version)
    if model is not None:
        finding = Finding(
            code="READ_AS_CONFIGURATION",
            severity=Severity.INFO,
            message="The file holds weights only: what is shown is what their shapes and names "
            "tell. Which layer feeds which, and how many timesteps there are, is not told.",
            advice="Give the whole model (model.save), or its configuration (model.to_json).",
        )
        source = Source("keras_file", path, "keras", version)
        return Configuration(model, source, title, stored, (finding,))
    if is_of_keras or any(stored.values()):
        raise SourceError(
            f"{path}: holds weights only, and none that is known to be a recurrence's; give the "
            "whole model (model.save), or its configuration (model.to_json) as a .json file"
        )
    raise SourceError(
        f"{path}: is an HDF5 file, but none of a Keras model; give the model as Keras saved it"
    )


def _title(path: str) -> str:
    name = os.path.basename(path)
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)


def _arrays(weights: Any) -> Iterator[tuple[str, tuple[StoredArray, ...]]]:
    """The arrays of each layer, in Keras' order."""
    left = _MOST_ARRAYS
    for layer in _names(weights, "layer_names"):
        group = _group(weights, layer)
        if group is None:
            continue
        names = _names(group, "weight_names")[: max(left, 0)]
        left -= len(names)
        found = [(name, _dataset(group, name)) for name in names]
        yield (
            layer,
            tuple(
                StoredArray(name.removesuffix(":0"), tuple(array.shape), str(array.dtype))
                for name, array in found
                if array is not None
            ),
        )


def _names(group: Any, key: str) -> list[str]:
    """A list of names. Keras cuts a long one into several attributes."""
    parts = [group.attrs.get(key)]
    if parts[0] is None:
        parts = []
        while f"{key}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{key}{len(parts)}"])
    return [_text(name) for part in parts if part is not None for name in list(part)]


def _group(parent: Any, path: str) -> Any:
    import h5py

    found = _member(parent, path)
    return found if isinstance(found, h5py.Group) else None


def _dataset(parent: Any, path: str) -> Any:
    import h5py

    found = _member(parent, path)
    return found if isinstance(found, h5py.Dataset) else None


def _member(parent: Any, path: str) -> Any:
    """What is stored under a path in this very file: a link may lead anywhere."""
    import h5py

    here = parent
    for part in path.split("/"):
        if not isinstance(here, h5py.Group) or not part:
            return None
        if not isinstance(here.get(part, getlink=True), h5py.HardLink):
            return None
        here = here[part]
    return here


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
