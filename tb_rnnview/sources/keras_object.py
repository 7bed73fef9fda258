"""Recognises Keras models and layers by what they are, without importing Keras."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from tb_rnnview.errors import SourceError


@dataclass(frozen=True)
class KerasKind:
    """Which Keras an object belongs to."""

    package: str
    """``keras`` or ``tf_keras``."""
    version: str
    is_model: bool
    """A model; else a single layer."""

    @property
    def is_legacy(self) -> bool:
        """Keras 2, whichever package it comes in: tf_keras, or the keras of TensorFlow ≤ 2.15."""
        return self.package == "tf_keras" or self.version.startswith(("1.", "2."))


def keras_kind(source: Any) -> KerasKind | None:
    """What a Keras model or layer is; None = the object is neither."""
    if isinstance(source, type):
        return None
    package, names = "", set()
    for kind in type(source).__mro__:
        root = kind.__module__.partition(".")[0]
        if root in ("keras", "tf_keras") and kind.__name__ in ("Layer", "Model"):
            package = root
            names.add(kind.__name__)
    if not package:
        return None
    version = str(getattr(sys.modules.get(package), "__version__", ""))
    return KerasKind(package, version, "Model" in names)


def refuse_other_backend(kind: KerasKind, what: str) -> None:
    """Passes what TensorFlow computes.

    Args:
        kind: what an object is.
        what: what to call it.

    Raises:
        SourceError: the Keras that it belongs to runs on another backend.
    """
    used = "tensorflow" if kind.is_legacy else backend_of(sys.modules.get(kind.package))
    if used != "tensorflow":
        raise SourceError(other_backend(what, used))


def backend_of(keras: Any) -> str:
    """The name of the backend that Keras 3 runs on."""
    backend = getattr(getattr(keras, "backend", None), "backend", None)
    return str(backend()) if callable(backend) else "tensorflow"


def other_backend(what: str, used: str) -> str:
    """The one line for a model that another framework computes."""
    return (
        f"{what} runs on the {used} backend of Keras; tb_rnnview reads TensorFlow's graphs: set "
        "KERAS_BACKEND=tensorflow in the environment, then build or load the model again"
    )
