"""docs/words.md explains every word that the schema uses."""

from __future__ import annotations

import pytest

from tb_rnnview import timeline_pb2
from tests.docs.pages import ROOT

WORDS = (ROOT / "docs" / "words.md").read_text("utf-8")


@pytest.mark.parametrize("kind", timeline_pb2.Kind.Value.keys())
def test_every_kind_is_explained(kind: str) -> None:
    assert f"`{kind}`" in WORDS


@pytest.mark.parametrize("evidence", timeline_pb2.Evidence.Value.keys())
def test_every_evidence_is_explained(evidence: str) -> None:
    assert f"`{evidence}`" in WORDS
