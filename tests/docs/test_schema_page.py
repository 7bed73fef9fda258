"""docs/schema.md and docs/statistics.md against timeline.proto; the example against the program."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tb_rnnview import timeline_pb2
from tb_rnnview.timeline import Timeline
from tests.docs.pages import ROOT, code_blocks

PAGE = ROOT / "docs" / "schema.md"
TEXT = "\n".join(page.read_text("utf-8") for page in (PAGE, ROOT / "docs" / "statistics.md"))

MESSAGES = [m for m in timeline_pb2.DESCRIPTOR.message_types_by_name.values() if m.fields]
ENUMERATIONS = [
    e
    for m in timeline_pb2.DESCRIPTOR.message_types_by_name.values()
    for e in m.enum_types_by_name.values()
]


def section(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", TEXT, re.S | re.M)
    assert found, f"{name} has no section"
    return found.group(1)


def rows(name: str) -> dict[str, str]:
    """The description of each field of a section's table."""
    table: dict[str, str] = {}
    for line in section(name).splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| `"):
            table.update({field.strip("` "): " ".join(cells[1:]) for field in cells[0].split(",")})
    return table


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_every_field_is_described(message: Descriptor) -> None:
    assert set(rows(message.name)) == {f.name for f in message.fields}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_it_says_which_fields_may_be_absent(message: Descriptor) -> None:
    may_be_absent = {name for name, text in rows(message.name).items() if "may be absent" in text}
    # A proto3 `optional` scalar is the only member of a oneof of its own.
    optional = {
        f.name
        for f in message.fields
        if f.containing_oneof is not None and f.type != FieldDescriptor.TYPE_MESSAGE
    }
    assert may_be_absent == optional


@pytest.mark.parametrize("enumeration", ENUMERATIONS, ids=lambda e: e.containing_type.name)
def test_every_name_of_an_enumeration_is_listed(enumeration: EnumDescriptor) -> None:
    page = PAGE.read_text("utf-8")
    assert [v.name for v in enumeration.values if f"`{v.name}`" not in page] == []


@pytest.mark.tensorflow
def test_the_example_is_what_the_program_is() -> None:
    (block,) = code_blocks(PAGE, "json")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tb_rnnview", "show", "examples/what_was_meant.py:build"),
            *("--format", "json"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    written, made = json.loads(block), json.loads(done.stdout)
    assert list(written) == list(made)
    for part in ("name", "source"):  # the version is the installed TensorFlow's
        del written[part], made[part]
    assert written == made
    assert Timeline.from_json(block).recurrent_layers[0].units == 100


def test_every_kind_of_source_is_listed() -> None:
    kinds = {
        call.args[0].value
        for path in (ROOT / "tb_rnnview" / "sources").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("Source", "_source")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert kinds >= {"graph", "keras_model", "keras_file"}
    assert {kind for kind in kinds if f"`{kind}`" not in rows("Source")["kind"]} == set()
