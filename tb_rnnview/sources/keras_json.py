"""How Keras writes a model down in JSON: the words of its versions 1, 2 and 3.

Whatever is not of the expected kind reads as absent: files come from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tb_rnnview.timeline import Shape

_KERAS = ("builtins", "keras", "tensorflow", "tf_keras")
_NUMBER = re.compile(r"_\d+$")
_TOO_LARGE = 2**31


class Reference(NamedTuple):
    """A tensor, by the layer that puts it out."""

    layer: str
    call: int
    port: int
    shape: Shape = None
    """What Keras 3 writes beside it."""


def references(content: Any) -> Iterator[Reference]:
    """The tensors that some part of a configuration names, in order; masks are no data."""
    if isinstance(content, Mapping):
        history = content.get("keras_history")
        if history is not None:
            shape = shape_of(content.get("shape"))
            yield from (r._replace(shape=shape) for r in references(history))
        else:
            for key, value in content.items():
                if not key.endswith("mask"):
                    yield from references(value)
    elif isinstance(content, list):
        if len(content) >= 3 and isinstance(content[0], str):
            call, port = content[1], content[2]
            if isinstance(call, int) and isinstance(port, int):
                yield Reference(content[0], call, port)
                content = content[3:]
        for value in content:
            yield from references(value)


def declared_shape(config: Mapping[str, Any]) -> Shape:
    """The shape that a first layer was told, the batch first."""
    for key in ("batch_shape", "batch_input_shape"):
        if shape_of(config.get(key)) is not None:
            return shape_of(config.get(key))
    return None


def shape_of(value: Any) -> Shape:
    """A shape as Keras writes it; None = it is none."""
    if not isinstance(value, list) or not value:
        return None
    if any(d is not None and (size_of(d) is None or d < 0) for d in value):
        return None
    return tuple(value)


def size_of(value: Any) -> int | None:
    """A whole number that fits the schema; None = it is none."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and abs(value) < _TOO_LARGE else None


def sizes_of(value: Any) -> list[int | None] | None:
    """A list of them; None = it is none."""
    if isinstance(value, Mapping):  # Keras 2.13 and newer mark tuples
        value = value.get("items")
    return [size_of(v) for v in value] if isinstance(value, list) and value else None


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is an operation on tensors (``a + b``) and no layer."""
    return text_of(entry.get("module")).startswith(("keras.src.ops", "keras.ops"))


def is_model(content: Any) -> bool:
    """Whether this is a model that lists its layers."""
    if not isinstance(content, Mapping):
        return False
    config = content.get("config")
    if isinstance(config, Mapping):
        return isinstance(config.get("layers"), list)
    return content.get("class_name") == "Sequential" and isinstance(config, list)


def config_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an entry says of its layer itself."""
    config = entry.get("config")
    return config if isinstance(config, Mapping) else {}


def name_of(entry: Mapping[str, Any]) -> str:
    """The layer's name; "" = it has none."""
    return text_of(entry.get("name")) or text_of(config_of(entry).get("name"))


def is_named_by_keras(entry: Mapping[str, Any]) -> bool:
    """Whether a name is what Keras makes of the class: ``time_distributed_1``."""
    plain = _NUMBER.sub("", name_of(entry)).replace("_", "")
    return plain == class_name_of(entry).lower()


def class_name_of(entry: Mapping[str, Any]) -> str:
    """The class; one of the user's own has the package or module before it, if that is told."""
    package, _, name = text_of(entry.get("class_name")).rpartition(">")
    module = text_of(entry.get("module")) if entry.get("module") else "keras"
    if package.lower() not in ("", "keras"):
        return f"{package}>{name}"
    return name if module.partition(".")[0] in _KERAS else f"{module}>{name}"


def dtype_of(config: Mapping[str, Any]) -> str:
    """The type of a layer's variables; "" = not said."""
    said = config.get("dtype")
    if isinstance(said, Mapping):
        said = text_of(said.get("config", {}).get("name")) if _holds_config(said) else ""
    # A mixed policy computes in a smaller type than it stores.
    return "float32" if text_of(said).startswith("mixed_") else text_of(said)


def _holds_config(content: Mapping[str, Any]) -> bool:
    return isinstance(content.get("config"), Mapping)


def text_of(value: Any) -> str:
    """A text; "" = it is none."""
    return value if isinstance(value, str) else ""


def numbers_of(version: str) -> tuple[int, ...]:
    """Major and minor number of a version, for comparison."""
    parts = version.partition("-")[0].split(".")[:2]
    return tuple(int(p) for p in parts if p.isdigit())
