"""docs/words.md explains every word that the schema and the findings use."""

from __future__ import annotations

import re

import pytest

from tb_rnnview import timeline_pb2
from tests.docs.pages import ROOT

WORDS = (ROOT / "docs" / "words.md").read_text("utf-8")

CODES = {
    code
    for path in (ROOT / "tb_rnnview").rglob("*.py")
    for code in re.findall(r"\bcode=\"(\w+)\"", path.read_text("utf-8"))
}


def test_the_package_has_findings() -> None:
    assert "NOT_RECOGNISED" in CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_a_finding_is_explained(code: str) -> None:
    assert re.search(rf"^\| `{code}` \|", WORDS, re.M)


@pytest.mark.parametrize("kind", timeline_pb2.Kind.Value.keys())
def test_every_kind_is_explained(kind: str) -> None:
    assert f"`{kind}`" in WORDS


@pytest.mark.parametrize("evidence", timeline_pb2.Evidence.Value.keys())
def test_every_evidence_is_explained(evidence: str) -> None:
    assert f"`{evidence}`" in WORDS
