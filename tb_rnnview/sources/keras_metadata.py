"""What Keras says of the layers in a SavedModel: each with the number of the object that it is.

Keras up to 2.4 writes it into the object itself; from then on it stands in a file of its own,
``keras_metadata.pb``, of a schema that TensorBoard does not ship: field 1 repeats an object, of
which field 2 is the number and field 5 the JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto.saved_object_graph_pb2 import SavedObjectGraph

from tb_rnnview.sources.wire import LENGTH_DELIMITED, VARINT, WireError, walk

FILE_NAME = "keras_metadata.pb"

_OBJECT, _NODE_ID, _METADATA = 1, 2, 5
_MODELS = ("_tf_keras_model", "_tf_keras_network", "_tf_keras_sequential")
_NUMBER = re.compile(r"_\d+$")
# A configuration can hold data; one of this size holds no more that is read here.
_LARGEST = 64 << 20


@dataclass(frozen=True)
class KerasObject:
    """A layer or a model, as far as its name is concerned."""

    name: str
    kind: str
    """Its class."""
    is_model: bool

    @property
    def is_named_by_keras(self) -> bool:
        """Whether the name is what Keras makes of the class: ``time_distributed_1``."""
        return _NUMBER.sub("", self.name).replace("_", "") == self.kind.lower()


def keras_objects(objects: SavedObjectGraph, beside: bytes) -> dict[int, KerasObject]:
    """The Keras objects of a SavedModel by their numbers; what cannot be read is left out.

    Args:
        objects: the object graph.
        beside: the content of ``keras_metadata.pb``; empty = there is none.
    """
    texts = _texts_beside(beside)
    found = {}
    for number, node in enumerate(objects.nodes):
        identifier = node.user_object.identifier
        if is_of_keras_2(identifier):
            text = texts.get(number, b"") or node.user_object.metadata.encode()
            known = _keras_object(text, identifier)
            if known is not None:
                found[number] = known
    return found


def is_of_keras_2(identifier: str) -> bool:
    """Whether an object is a layer or a model of Keras 2, by how its kind is stored."""
    return identifier.startswith("_tf_keras")


def _keras_object(text: bytes, identifier: str) -> KerasObject | None:
    try:
        read: Any = json.loads(text) if len(text) <= _LARGEST else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, Mapping) or not isinstance(read.get("name"), str):
        return None
    return KerasObject(read["name"], str(read.get("class_name", "")), identifier in _MODELS)


def _texts_beside(data: bytes) -> dict[int, bytes]:
    texts = {}
    try:
        for item in walk(data):
            if (item.number, item.wire_type) != (_OBJECT, LENGTH_DELIMITED):
                continue
            number, text = 0, b""
            for field in walk(data, item.start, item.stop):
                if (field.number, field.wire_type) == (_NODE_ID, VARINT):
                    number = _whole(data[field.start : field.stop])
                elif (field.number, field.wire_type) == (_METADATA, LENGTH_DELIMITED):
                    text = data[field.start : field.stop]
            texts[number] = text
    except WireError:  # names are a comfort: the graph is read without them
        pass
    return texts


def _whole(varint: bytes) -> int:
    return sum((byte & 0x7F) << (7 * i) for i, byte in enumerate(varint))
