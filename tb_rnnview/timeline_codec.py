"""Translates a Timeline to and from its protobuf message and JSON.

All directions walk the dataclasses of `tb_rnnview.timeline`, so the schema is written down once
there and once in ``timeline.proto``; a test holds the two against each other.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

from google.protobuf.message import DecodeError

from tb_rnnview import timeline as model
from tb_rnnview import timeline_pb2
from tb_rnnview.errors import FormatError, NewerSchemaError

# Python keywords cannot be attribute names.
_RENAMED = {"from_layer": "from", "to_layer": "to"}


def to_proto(value: model.Timeline) -> timeline_pb2.Timeline:
    """The message that stands for the timeline."""
    message = timeline_pb2.Timeline()
    _fill(message, value)
    return message


def from_proto(message: timeline_pb2.Timeline) -> model.Timeline:
    """The timeline that a message stands for.

    Raises:
        FormatError: the message follows a newer schema, or carries no schema version.
    """
    _check_version(message.schema_version)
    return typing.cast(model.Timeline, _from_message(model.Timeline, message))


def from_bytes(data: bytes) -> model.Timeline:
    """The timeline in the bytes of a message.

    Raises:
        FormatError: the bytes are damaged or follow a newer schema.
    """
    message = timeline_pb2.Timeline()
    try:
        message.ParseFromString(data)
    except (DecodeError, ValueError) as error:  # ValueError: a text that is no UTF-8
        raise FormatError("not a timeline: the bytes are no tb_rnnview.Timeline message") from error
    return from_proto(message)


def to_dict(value: model.Timeline) -> dict[str, Any]:
    """The timeline as JSON-ready dictionaries with proto field names; absent = not known."""
    return typing.cast(dict[str, Any], _to_plain(value))


def to_json(value: model.Timeline, *, indent: int | None = 2) -> str:
    """The timeline as JSON text."""
    return json.dumps(to_dict(value), indent=indent, ensure_ascii=False, allow_nan=False)


def from_json(text: str | bytes) -> model.Timeline:
    """The timeline in a JSON text.

    Raises:
        FormatError: the text is no JSON, no timeline, or follows a newer schema.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not a timeline: the text is no JSON ({error})") from error
    if not isinstance(data, dict) or not _is_count(data.get("schema_version")):
        raise FormatError("not a timeline: the JSON has no schema_version")
    _check_version(data["schema_version"])
    try:
        return typing.cast(model.Timeline, _from_plain(model.Timeline, data))
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise FormatError(f"not a timeline: {error}") from error


def _check_version(version: int) -> None:
    if version == 0:
        raise FormatError("not a timeline: it has no schema_version")
    if version > model.SCHEMA_VERSION:
        raise NewerSchemaError(
            f"this timeline follows schema {version}, and this tb_rnnview knows up to schema "
            f"{model.SCHEMA_VERSION}: upgrade with pip install -U tb-rnnview"
        )


def _read_fields(cls: Any) -> tuple[tuple[str, str, Any], ...]:
    """(attribute, proto field, type) of each field of a dataclass."""
    hints = typing.get_type_hints(cls)
    return tuple(
        (f.name, _RENAMED.get(f.name, f.name), hints[f.name]) for f in dataclasses.fields(cls)
    )


_fields: Callable[[Any], tuple[tuple[str, str, Any], ...]] = cache(_read_fields)


def _is_shape(hint: Any) -> bool:
    return bool(hint == model.Shape)


def _strip_optional(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(a for a in typing.get_args(hint) if a is not type(None))
    return hint


def _fill(message: Any, value: Any) -> None:
    for attribute, name, hint in _fields(type(value)):
        item = getattr(value, attribute)
        if _is_shape(hint):
            if item is None:
                message.shape_unknown = True
            else:
                message.shape.extend(-1 if d is None else d for d in item)
        elif isinstance(item, tuple):
            target = getattr(message, name)
            for element in item:
                if dataclasses.is_dataclass(element):
                    _fill(target.add(), element)
                else:
                    target.append(element)
        elif dataclasses.is_dataclass(item):
            target = getattr(message, name)
            target.SetInParent()
            _fill(target, item)
        elif isinstance(item, Enum):
            field = message.DESCRIPTOR.fields_by_name[name]
            setattr(message, name, field.enum_type.values_by_name[item.value].number)
        elif item is not None:
            setattr(message, name, item)


def _from_message(cls: type, message: Any) -> Any:
    values: dict[str, Any] = {}
    for attribute, name, hint in _fields(cls):
        if _is_shape(hint):
            known = not message.shape_unknown
            values[attribute] = (
                tuple(None if d < 0 else d for d in message.shape) if known else None
            )
            continue
        item = getattr(message, name)
        plain = _strip_optional(hint)
        if typing.get_origin(plain) is tuple:
            element = typing.get_args(plain)[0]
            is_message = dataclasses.is_dataclass(element)
            values[attribute] = tuple(_from_message(element, x) if is_message else x for x in item)
        elif dataclasses.is_dataclass(plain):
            values[attribute] = _from_message(typing.cast(type, plain), item)
        elif isinstance(plain, type) and issubclass(plain, Enum):
            numbers = message.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number
            # A newer writer may know more values; the first one always means "not known".
            known_name = numbers[item].name if item in numbers else numbers[0].name
            values[attribute] = plain(known_name)
        elif plain is not hint and not message.HasField(name):
            values[attribute] = None
        else:
            values[attribute] = item
    return cls(**values)


def _to_plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_to_plain(x) for x in value]
    if not dataclasses.is_dataclass(value):
        return value
    out: dict[str, Any] = {}
    for attribute, name, hint in _fields(type(value)):
        item = getattr(value, attribute)
        if _is_shape(hint):
            out["shape"] = [-1 if d is None else d for d in item or ()]
            out["shape_unknown"] = item is None
        elif item is not None:
            out[name] = _to_plain(item)
    if "schema_version" in out:  # first, as in the schema
        out = {"schema_version": out.pop("schema_version"), **out}
    return out


def _from_plain(cls: type, data: Any) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{cls.__name__} should be an object, not {_shortened(data)}")
    values: dict[str, Any] = {}
    for attribute, name, hint in _fields(cls):
        if _is_shape(hint):
            if data.get("shape_unknown", False):
                values[attribute] = None
            elif "shape" in data:
                values[attribute] = tuple(_dimension(d) for d in data["shape"])
            continue
        if name not in data:
            continue
        item = data[name]
        plain = _strip_optional(hint)
        if typing.get_origin(plain) is tuple:
            element = typing.get_args(plain)[0]
            if not isinstance(item, list):
                raise ValueError(f"{name} is no list")
            is_message = dataclasses.is_dataclass(element)
            if not is_message and not all(isinstance(x, str) for x in item):
                raise ValueError(f"{name} should hold texts only")
            values[attribute] = tuple(_from_plain(element, x) if is_message else x for x in item)
        elif dataclasses.is_dataclass(plain):
            values[attribute] = _from_plain(typing.cast(type, plain), item)
        elif isinstance(plain, type) and issubclass(plain, Enum):
            members = plain.__members__
            values[attribute] = members.get(str(item), next(iter(members.values())))
        elif not (_is_count(item) if plain is int else isinstance(item, plain)):
            expected = "a whole number from 0 on" if plain is int else plain.__name__
            raise ValueError(f"{name} should be {expected}, not {_shortened(item)}")
        else:
            values[attribute] = item
    return cls(**values)


def _is_count(item: Any) -> bool:
    """Whether it fits a uint32 of the schema."""
    return isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 2**32


def _dimension(item: Any) -> int | None:
    if not isinstance(item, int) or isinstance(item, bool) or not -1 <= item < 2**31:
        raise ValueError(f"shape should hold whole numbers, not {_shortened(item)}")
    return None if item < 0 else item


def _shortened(item: Any) -> str:
    text = repr(item)
    return text if len(text) <= 60 else text[:60] + "…"
