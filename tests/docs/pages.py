"""The project's pages, cut into the parts that tests look at."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/findings/*.md"),
        ROOT / "tb_rnnview" / "plugin" / "http_api.md",
    ]
)


def code_blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M)


def commands(page: Path) -> Iterator[list[str]]:
    """The command lines of a page: those in bash blocks, and those quoted in its prose."""
    quoted = re.findall(r"`((?:tb-rnnview|make|python|scripts/)[^`\n]*)`", prose(page))
    blocks = "\n".join(code_blocks(page, "bash")).replace("\\\n", " ").splitlines()
    for line in [*quoted, *blocks]:
        words = shlex.split(line, comments=True)
        if words:
            yield words


def anchors(page: Path) -> set[str]:
    """The fragments that the page's headings can be linked to with."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
