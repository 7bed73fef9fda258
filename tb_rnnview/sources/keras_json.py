"""How Keras writes a model down in JSON: the words of its versions 1, 2 and 3.

Whatever is not of the expected kind reads as absent: files come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tb_rnnview.timeline import Shape


class Reference(NamedTuple):
    """A tensor, by the layer that puts it out."""

    layer: str
    call: int
    port: int


def references(content: Any) -> Iterator[Reference]:
    """The tensors that some part of a configuration names, in order."""
    if isinstance(content, Mapping):
        history = content.get("keras_history")
        if history is not None:
            yield from references(history)
        else:
            for value in content.values():
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
    if any(d is not None and (not isinstance(d, int) or isinstance(d, bool)) for d in value):
        return None
    return tuple(value)


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is an operation on tensors (``a + b``) and no layer."""
    return text_of(entry.get("module")).startswith(("keras.src.ops", "keras.ops"))


def config_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an entry says of its layer itself."""
    config = entry.get("config")
    return config if isinstance(config, Mapping) else {}


def name_of(entry: Mapping[str, Any]) -> str:
    """The layer's name; "" = it has none."""
    return text_of(entry.get("name")) or text_of(config_of(entry).get("name"))


def class_name_of(entry: Mapping[str, Any]) -> str:
    """The class, without the package that it is registered under."""
    return text_of(entry.get("class_name")).rpartition(">")[2]


def text_of(value: Any) -> str:
    """A text; "" = it is none."""
    return value if isinstance(value, str) else ""


def numbers_of(version: str) -> tuple[int, ...]:
    """Major and minor number of a version, for comparison."""
    parts = version.partition("-")[0].split(".")[:2]
    return tuple(int(p) for p in parts if p.isdigit())
