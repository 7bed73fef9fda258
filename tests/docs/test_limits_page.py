"""docs/limits.md says what is not looked into, and what is recognised."""

from __future__ import annotations

import re

import pytest

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.fused_sequences import OPENED
from tests.docs.pages import ROOT

LIMITS = (ROOT / "docs" / "limits.md").read_text("utf-8")


@pytest.mark.parametrize("op", sorted(ops.NOT_COVERED))
def test_every_operation_that_is_not_covered_is_named(op: str) -> None:
    assert f"`{op}`" in LIMITS


@pytest.mark.parametrize("op", sorted(ops.FUSED_CELLS))
def test_every_fused_cell_that_is_recognised_is_named(op: str) -> None:
    assert f"`{op}`" in LIMITS


@pytest.mark.parametrize("op", sorted(OPENED))
def test_every_operation_along_a_sequence_is_named(op: str) -> None:
    assert f"`{op}`" in LIMITS


def test_every_cell_that_is_named_by_its_equations_is_named_here() -> None:
    sources = (ROOT / "tb_rnnview" / "analysis").glob("*.py")
    texts = [path.read_text("utf-8") for path in sources]
    names = {name for text in texts for name in re.findall(r"\bCell\(\s*\"(\w+)\"", text)}
    names |= {name for text in texts for name in re.findall(r"\bcell\.name = \"(\w+)\"", text)}
    assert names >= {"SimpleRNN", "LSTM", "GRU"}
    assert [name for name in sorted(names) if name not in LIMITS] == []


@pytest.mark.parametrize("ending", [".keras", ".h5", ".meta", ".pb", ".pbtxt"])
def test_every_kind_of_file_is_said_to_be_read_or_refused(ending: str) -> None:
    assert f"`{ending}`" in LIMITS
