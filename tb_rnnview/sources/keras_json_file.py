"""JSON files of Keras: what ``model.to_json()`` gives, and nothing else."""

from __future__ import annotations

import os

from tb_rnnview.errors import FormatError, SourceError
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.timeline import Source

_BLANKS = b"\xef\xbb\xbf \t\r\n"


def is_keras_json(data: bytes) -> bool:
    """Whether a file is JSON with a model of Keras in it, perhaps as one text."""
    return data.lstrip(_BLANKS)[:1] in (b"{", b'"') and b"class_name" in data


def open_json_file(path: str, data: bytes, name: str = "") -> Configuration:
    """The configuration in a JSON file.

    Raises:
        SourceError: it is damaged, or no configuration of a model that lists its layers.
    """
    try:
        model = read_keras_config(data)
    except FormatError as error:
        raise SourceError(
            f"{path}: {error}; give what model.to_json() gave of a Sequential or functional model"
        ) from error
    title = name or os.path.basename(path).removesuffix(".json")
    return Configuration(model, Source("keras_file", path, "keras", model.version), title)
