"""The rules of findings: found by lying in their folder, each explained on a page of its own."""

from __future__ import annotations

import re

import pytest

from tb_rnnview.findings.codes import codes
from tb_rnnview.findings.rules import by_severity, log_rules, network_rules
from tb_rnnview.timeline import Finding, Severity
from tests.docs.pages import ROOT

PACKAGE = ROOT / "tb_rnnview"
PAGE = (ROOT / "docs" / "findings.md").read_text("utf-8")
FOLDERS = {"network": network_rules(), "log": log_rules()}
RULES = sorted(rule.CODE for rules in FOLDERS.values() for rule in rules)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_in_a_folder_of_rules_is_one_and_is_called_as_its_code(folder: str) -> None:
    files = (PACKAGE / "findings" / folder).glob("*.py")
    names = {file.stem.upper() for file in files if file.stem != "__init__"}
    assert {rule.CODE for rule in FOLDERS[folder]} == names


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_its_page_and_its_row(code: str) -> None:
    page = (ROOT / "docs" / "findings" / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code}\n")
    assert "## When it is told" in page
    assert "## What to do" in page
    assert re.search(rf"^\| \[`{code}`\]\(findings/{code}\.md\) \|", PAGE, re.M)


def test_no_page_is_of_a_rule_that_is_gone() -> None:
    assert {path.stem for path in (ROOT / "docs" / "findings").glob("*.md")} == set(RULES)


@pytest.mark.parametrize("code", sorted(set(codes()) - set(RULES)))
def test_every_other_code_has_its_row(code: str) -> None:
    assert re.search(rf"^\| `{code}` \|", PAGE, re.M)


def test_all_codes_that_the_package_writes_are_known() -> None:
    written = {
        code
        for path in PACKAGE.rglob("*.py")
        for code in re.findall(r"\bcode=\"(\w+)\"", path.read_text("utf-8"))
    }
    assert written <= set(codes())
    assert "NOT_RECOGNISED" in written


def test_what_matters_most_comes_first() -> None:
    note, warning, error = (Finding(s.value, s) for s in Severity)
    assert by_severity((note, warning, error, Finding("again", Severity.WARNING))) == (
        error,
        warning,
        Finding("again", Severity.WARNING),
        note,
    )
