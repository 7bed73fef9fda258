"""The Timeline, its message and its JSON say the same, and refuse what is none."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings

from tb_rnnview import timeline as model
from tb_rnnview import timeline_pb2
from tb_rnnview.errors import FormatError, NewerSchemaError
from tb_rnnview.timeline import Axis, Layer, Timeline, Use, Variable
from tb_rnnview.timeline_codec import from_bytes, to_dict
from tests.timelines import arbitrary, stacked

MESSAGES = [
    cls for cls in vars(model).values() if isinstance(cls, type) and dataclasses.is_dataclass(cls)
]
ENUMERATIONS = [
    cls
    for cls in vars(model).values()
    if isinstance(cls, type) and issubclass(cls, Enum) and cls is not Enum
]


@settings(max_examples=200, deadline=None)
@given(arbitrary())
def test_message_and_json_give_back_what_was_put_in(timeline: Timeline) -> None:
    assert from_bytes(timeline.to_proto().SerializeToString()) == timeline
    assert Timeline.from_json(timeline.to_json()) == timeline
    assert Timeline.from_json(timeline.to_json(indent=None).encode()) == timeline


def test_equal_timelines_are_equal_bytes() -> None:
    first, second = (stacked().to_proto().SerializeToString(deterministic=True) for _ in "ab")
    assert first == second
    assert stacked().to_json() == stacked().to_json()


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda c: c.__name__)
def test_dataclass_has_the_fields_of_its_message(cls: type) -> None:
    descriptor = getattr(timeline_pb2, cls.__name__).DESCRIPTOR
    hints = typing.get_type_hints(cls)
    keywords = {"from_layer": "from", "to_layer": "to"}
    ours = {keywords.get(f.name, f.name): hints[f.name] for f in dataclasses.fields(cls)}
    theirs = {f.name: f for f in descriptor.fields if f.name != "shape_unknown"}
    assert set(ours) == set(theirs)
    for name, hint in ours.items():
        if hint == model.Shape:
            assert "shape_unknown" in descriptor.fields_by_name
            continue
        may_be_absent = isinstance(hint, types.UnionType)
        assert may_be_absent == (theirs[name].has_presence and theirs[name].message_type is None), (
            name
        )
        assert (typing.get_origin(hint) is tuple) == _is_repeated(theirs[name]), name


def _is_repeated(field: Any) -> bool:
    # `label` is gone in protobuf 7, `is_repeated` is missing before 6.31.
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == field.LABEL_REPEATED)


@pytest.mark.parametrize("cls", ENUMERATIONS, ids=lambda c: c.__name__)
def test_enumeration_has_the_values_of_its_message(cls: type[Enum]) -> None:
    values = getattr(timeline_pb2, cls.__name__).Value.keys()
    assert [member.value for member in cls] == values


def test_every_message_has_a_dataclass() -> None:
    messages = set(timeline_pb2.DESCRIPTOR.message_types_by_name)
    messages -= {"StatisticsLabel", "StatisticsRow"}  # of tests/test_statistics_codec.py
    assert messages == {c.__name__ for c in MESSAGES} | {c.__name__ for c in ENUMERATIONS}


def test_json_prints_defaults_and_leaves_out_what_is_not_known() -> None:
    timeline = Timeline(
        axes=(Axis("axis0"),),
        layers=(Layer("layer0", depth=0), Layer("layer1")),
        variables=(
            Variable("w", shape=(None, 4), trainable=False, uses=(Use("layer0", "axis0"),)),
            Variable("v"),
        ),
    )
    data = json.loads(timeline.to_json())
    assert next(iter(data)) == "schema_version"
    assert data["schema_version"] == 1
    assert data["states"] == []
    (axis,) = data["axes"]
    assert "length" not in axis
    assert axis["length_is_bound"] is False
    assert axis["length_source"] == "UNKNOWN"
    assert data["layers"][0]["depth"] == 0
    assert "depth" not in data["layers"][1]
    assert "units" not in data["layers"][0]
    w, v = data["variables"]
    assert (w["shape"], w["shape_unknown"], w["trainable"]) == ([-1, 4], False, False)
    assert (v["shape"], v["shape_unknown"]) == ([], True)
    assert "trainable" not in v
    assert w["uses"] == [{"layer": "layer0", "axis": "axis0", "start": 0, "stride": 1, "reads": 1}]


def test_connections_are_from_and_to_in_json() -> None:
    data = to_dict(stacked(2))
    assert data["connections"] == [
        {"from": "layer0", "to": "layer1", "offset": 0, "starts_state": False}
    ]


def test_json_with_nothing_but_a_version_is_an_empty_timeline() -> None:
    assert Timeline.from_json('{"schema_version": 1}') == Timeline()


def test_a_scalar_variable_is_not_one_of_unknown_shape() -> None:
    timeline = Timeline(variables=(Variable("s", shape=()), Variable("u", shape=None)))
    assert Timeline.from_proto(timeline.to_proto()) == timeline
    assert Timeline.from_json(timeline.to_json()) == timeline


def test_newer_schema_is_refused_with_the_remedy() -> None:
    message = stacked().to_proto()
    message.schema_version = 2
    data = to_dict(stacked()) | {"schema_version": 2}
    for load in (
        lambda: Timeline.from_proto(message),
        lambda: from_bytes(message.SerializeToString()),
        lambda: Timeline.from_json(json.dumps(data)),
    ):
        with pytest.raises(NewerSchemaError, match=r"schema 2.*upgrade") as raised:
            load()
        assert "\n" not in str(raised.value)


def test_additions_of_a_later_version_are_passed_over() -> None:
    data = to_dict(stacked())
    data["mood"] = "cheerful"
    data["layers"][0]["colour"] = {"hue": 3}
    data["layers"][1]["kind"] = "SPIRAL"
    timeline = Timeline.from_json(json.dumps(data))
    assert timeline.layers[0] == stacked().layers[0]
    assert timeline.layers[1].kind is model.Kind.UNKNOWN
    # Field 1000, wire type 2, two bytes; and an enumeration value nobody knows yet.
    unknown_field = b"\xc2\x3e\x02hi"
    assert from_bytes(stacked().to_proto().SerializeToString() + unknown_field) == stacked()
    message = stacked().to_proto()
    message.layers[1].kind = 99  # type: ignore[assignment]
    assert from_bytes(message.SerializeToString()).layers[1].kind is model.Kind.UNKNOWN


def _edited(**changes: Any) -> str:
    return json.dumps(to_dict(stacked()) | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema_version": 0}',
        '{"schema_version": -1}',
        '{"schema_version": true}',
        '{"schema_version": "1"}',
        b"\xff\xfe{}",
        "[" * 100_000,
        _edited(name=3),
        _edited(axes={}),
        _edited(axes=["axis0"]),
        _edited(layers=[{}]),
        _edited(layers=[{"id": "a", "applications": ["axis0"]}]),
        _edited(layers=[{"id": "a", "depth": 1.5}]),
        _edited(layers=[{"id": "a", "depth": True}]),
        _edited(axes=[{"id": "a", "length": -1}]),
        _edited(axes=[{"id": "a", "length": 2**32}]),
        _edited(axes=[{"id": "a", "length": None}]),
        _edited(variables=[{"name": "v", "shape": 3}]),
        _edited(variables=[{"name": "v", "shape": ["3"]}]),
        _edited(variables=[{"name": "v", "shape": [2**31]}]),
        _edited(variables=[{"name": "v", "layers": [0]}]),
    ],
    ids=lambda text: repr(text)[:40],
)
def test_json_that_is_no_timeline_is_refused_in_one_line(text: str | bytes) -> None:
    with pytest.raises(FormatError, match="not a timeline") as raised:
        Timeline.from_json(text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"\x12\x05ab", b"\x08\x01\x12\x02\xff\xff"],
    ids=["empty", "garbage", "cut off", "no UTF-8"],
)
def test_bytes_that_are_no_timeline_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="not a timeline"):
        from_bytes(data)


def test_size_grows_with_layers_and_not_with_timesteps() -> None:
    short, long = (len(stacked(200, t).to_proto().SerializeToString()) for t in (3, 100_000))
    # A longer number takes up to two more bytes in each of the 400 uses and in the axis.
    assert long - short <= 401 * 2
    few, many = (len(stacked(n, 3).to_proto().SerializeToString()) for n in (10, 100))
    assert many < 12 * few
