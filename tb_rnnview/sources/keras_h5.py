"""``.h5`` files of Keras: the configuration of a model, and the shapes of its weights.

No value of a weight is read, and nothing is loaded by Keras.
"""

from __future__ import annotations

import os

from tb_rnnview.errors import FormatError, SourceError
from tb_rnnview.sources.configuration import Configuration, StoredArray
from tb_rnnview.sources.h5_content import UnreadableError, read_apart
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.sources.keras_weights import model_of_weights
from tb_rnnview.timeline import Finding, Severity, Source

MAGIC = b"\x89HDF\r\n\x1a\n"

_ENDINGS = (".h5", ".hdf5", ".keras")


def is_h5_file(data: bytes) -> bool:
    """Whether a file is in HDF5, as Keras 1 and 2 save models and weights."""
    return data.startswith(MAGIC)


def open_h5_file(path: str, data: bytes, name: str = "") -> Configuration:
    """The configuration that a file holds, with the arrays of its weights.

    Raises:
        SourceError: it is damaged, or holds no Keras model.
    """
    try:
        text, version, stored, is_of_keras, _ = read_apart(data)
    except UnreadableError as error:
        raise SourceError(
            f"{path}: is an HDF5 file that is cut off or damaged ({error}); copy or save it again"
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
