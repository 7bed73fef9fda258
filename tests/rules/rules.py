"""Reads the lists of rules beside it: ``*.rules``, one rule after the other.

    file analysis/loops.py
    rule Only a loop that reads or writes a sequence at its counter is a time axis
    -         return bool(self.elements)
    +         return True
    test analysis/test_truth.py::test_truth[axes-counter]

``file`` goes for all rules after it, within ``tb_rnnview/``. The lines with ``-`` stand there once;
those with ``+`` take their place, and the rule is broken. ``test``, of which there may be several
lines, is what has to fail then, within ``tests/``. A line with ``#`` is a remark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass
class Rule:
    """A rule, and how to break it."""

    says: str
    file: str
    """Where it stands, within ``tb_rnnview/``."""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    """What notices, within ``tests/``."""

    def times(self, source: str) -> int:
        """How often the text that is to be replaced stands in a file: once, if all is well."""
        return source.count("\n".join(self.old))

    def broken(self, source: str) -> str:
        """The file with the rule broken."""
        return source.replace("\n".join(self.old), "\n".join(self.new))


def all_rules() -> list[Rule]:
    """The rules of all lists, list by list."""
    return [rule for path in sorted(FOLDER.glob("*.rules")) for rule in _read(path)]


def _read(path: Path) -> Iterator[Rule]:
    file = ""
    rule: Rule | None = None
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        kind, _, text = line.partition(" ")
        if kind == "file":
            file = text
        elif kind == "rule":
            if rule is not None:
                yield rule
            rule = Rule(text, file)
        elif kind in ("-", "+", "test") and rule is not None:
            {"-": rule.old, "+": rule.new, "test": rule.tests}[kind].append(text)
        elif line and kind != "#":
            raise ValueError(f"{path.name}, line {number}: no line of a rule: {line!r}")
    if rule is not None:
        yield rule
