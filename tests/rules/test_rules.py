"""The list of rules is in step with the code and with the tests. Breaking them is the script's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rules.rules import Rule, all_rules

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tb_rnnview"
RULES = all_rules()
WITHOUT = {
    "questions.py": "how a rule of folding asks; it states none",
    "result.py": "what was found, side by side",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.file}: {rule.says}")
def test_a_rule_stands_where_it_is_said_to_stand(rule: Rule) -> None:
    source = (PACKAGE / rule.file).read_text("utf-8")
    assert rule.times(source) == 1, "put the new text into tests/rules, or take the rule out"
    assert ast.dump(ast.parse(rule.broken(source))) != ast.dump(ast.parse(source))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.file}: {rule.says}")
def test_what_is_to_notice_is_there(rule: Rule) -> None:
    assert rule.tests
    for test in rule.tests:
        path, _, name = test.partition("::")
        defined = f"def {name.partition('[')[0]}(" if name else "def test_"
        assert defined in (ROOT / "tests" / path).read_text("utf-8")


def test_no_rule_is_listed_twice() -> None:
    said = [(rule.file, rule.says) for rule in RULES]
    assert len(said) == len(set(said))


def test_each_pass_has_a_rule() -> None:
    files = {
        path.relative_to(PACKAGE).as_posix()
        for path in (PACKAGE / "analysis").rglob("*.py")
        if path.name not in {"__init__.py", *WITHOUT}
    }
    assert files - {rule.file for rule in RULES} == set()
