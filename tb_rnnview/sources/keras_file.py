"""``.keras`` files: loaded by the Keras that wrote them, in its safe mode, then traced.

Where that cannot be, what the file's configuration declares is read without Keras.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tb_rnnview import files
from tb_rnnview.errors import FormatError, SourceError
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.sources.keras_model import open_keras
from tb_rnnview.sources.keras_object import backend_of, keras_kind, other_backend
from tb_rnnview.sources.keras_v3_weights import arrays_by_layer
from tb_rnnview.sources.tracing import reason_of
from tb_rnnview.timeline import Finding, Severity, Source

_ZIP = b"PK\x03\x04"
_CONFIG, _METADATA = "config.json", "metadata.json"

# Keras fails to be imported where the one it is set to is not installed.
_OTHER_BACKENDS = ("jax", "torch", "numpy", "openvino")

_LOAD_YOURSELF = (
    "write a program that loads it with the code it needs (model = keras.models.load_model(...)), "
    "and give program.py:model"
)

# How the loaders of Keras 2 and 3 say that code is missing.
_UNKNOWN_OBJECT = re.compile(
    r"Cannot deserialize object of type `(\w+)`|"
    r"[Cc]ould not (?:locate|deserialize) \w+ '([^']*)'|Unknown (?:layer|object|[a-z ]+): "
    r"'?([\w.>]+)'?"
)


def is_keras_file(data: bytes) -> bool:
    """Whether a file is a zip archive, as .keras files are."""
    return data.startswith(_ZIP)


def open_keras_file(
    path: str, data: bytes, inputs: Any = None, name: str = ""
) -> GraphSource | Configuration:
    """The graph of the model in a .keras file; where it cannot be had, what is declared of it.

    Raises:
        SourceError: it is damaged or none; or the Keras or the code that it needs is not here, and
            it declares nothing.
    """
    version, config = _version_and_config(path, data)
    try:
        return _graph(path, data, version, inputs, name)
    except SourceError as error:
        if inputs is not None:  # they are for a graph
            raise
        declared = _declared(
            path, data, version, config, name, str(error).removeprefix(f"{path}: ")
        )
        if declared is None:
            raise
        return declared


def _declared(
    path: str, data: bytes, version: str, config: bytes, name: str, why: str
) -> Configuration | None:
    """What the file's configuration declares; None = it lists no layers."""
    try:
        model = read_keras_config(config, version)
    except FormatError:
        return None
    finding = Finding(
        code="READ_AS_CONFIGURATION",
        severity=Severity.INFO,
        message=f"This is what the file declares, and not its graph: it {why}.",
        advice="Lengths and uses are those that Keras' own layers have by their declaration.",
    )
    title = name or os.path.basename(path).removesuffix(".keras")
    source = Source("keras_file", path, "keras", version)
    stored = arrays_by_layer(data, config, model)
    return Configuration(model, source, title, stored, (finding,))


def _graph(path: str, data: bytes, version: str, inputs: Any, name: str) -> GraphSource:
    package = "tf_keras" if version.startswith(("1.", "2.")) else "keras"
    keras = _import(path, package, version)
    with _at_hand(path, data) as place:
        model = _load(path, place, keras)
    kind = keras_kind(model)
    if kind is None:
        raise SourceError(
            f"{path}: holds an object of type {type(model).__name__}, which is no Keras model; "
            "save the model itself"
        )
    title = name or os.path.basename(path).removesuffix(".keras")
    try:
        opened = open_keras(model, kind, inputs, title)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    return replace(opened, source=Source("keras_file", path, kind.package, version))


def _version_and_config(path: str, data: bytes) -> tuple[str, bytes]:
    """The version of the Keras that wrote the file, and the configuration of the model."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if _CONFIG not in names:
                raise SourceError(
                    f"{path}: is a zip archive, but no .keras file: it holds no {_CONFIG}; "
                    "give the model as Keras saved it"
                )
            damaged = archive.testzip()
            if damaged is not None:
                raise zipfile.BadZipFile(f"the part {damaged} is damaged")
            text = archive.read(_CONFIG)
            config = json.loads(text)
            metadata = json.loads(archive.read(_METADATA)) if _METADATA in names else {}
    except SourceError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds
        raise SourceError(
            f"{path}: is a .keras file (a zip archive) that is cut off or damaged "
            f"({reason_of(error)}); copy or save it again"
        ) from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise SourceError(
            f"{path}: is no .keras file of a model: its {_CONFIG} names none; save the model again"
        )
    return str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else "", text


def _import(path: str, package: str, version: str) -> Any:
    """The package, which imports TensorFlow."""
    wrote = f"Keras {version}" if version else "Keras"
    pip = "tensorflow tf-keras" if package == "tf_keras" else "tensorflow keras"
    try:
        importlib.import_module("tensorflow")
        keras = importlib.import_module(package)
    except ImportError as error:
        missing = error.name or package
        chosen = os.environ.get("KERAS_BACKEND", "tensorflow")
        if missing in _OTHER_BACKENDS or chosen in _OTHER_BACKENDS:
            used = chosen if chosen in _OTHER_BACKENDS else missing
            raise SourceError(f"{path}: {other_backend('this Keras', used)}") from error
        raise SourceError(
            f"{path}: was saved by {wrote}; reading it needs {missing}, which is not installed: "
            f"pip install {pip}"
        ) from error
    used = backend_of(keras) if package == "keras" else "tensorflow"
    if used != "tensorflow":
        raise SourceError(f"{path}: {other_backend('this Keras', used)}")
    if package == "keras" and str(keras.__version__).startswith(("1.", "2.")):
        raise SourceError(
            f"{path}: was saved by {wrote}, and here is Keras {keras.__version__}: "
            "pip install --upgrade keras"
        )
    return keras


@contextlib.contextmanager
def _at_hand(path: str, data: bytes) -> Iterator[str]:
    """A path that Keras can load a file from: a copy of what lies elsewhere, or was gzip'd."""
    if not files.is_remote(path):
        with open(path, "rb") as file:
            is_plain = is_keras_file(file.read(len(_ZIP)))
        if is_plain:
            yield path
            return
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "model.keras")
        with open(place, "wb") as copy:
            copy.write(data)
        yield place


def _load(path: str, place: str, keras: Any) -> Any:
    try:
        return keras.models.load_model(place, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras raises
        text = str(error)
        unknown = _UNKNOWN_OBJECT.search(text)
        if unknown is not None:
            which = next(filter(None, unknown.groups()), "")
            raise SourceError(
                f"{path}: needs the user's own {which!r}, which is not known here; "
                + _LOAD_YOURSELF
            ) from error
        if "lambda" in text.lower() and "safe" in text.lower():
            raise SourceError(
                f"{path}: holds Python code (a lambda), which is not run unasked; " + _LOAD_YOURSELF
            ) from error
        raise SourceError(
            f"{path}: {keras.__name__} {keras.__version__} cannot load it ({reason_of(error)}); "
            + _LOAD_YOURSELF
        ) from error
