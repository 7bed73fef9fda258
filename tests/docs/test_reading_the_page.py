"""What docs/reading_the_page.md says the page shows is what the page's code writes."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import PAGES, ROOT

PAGE = (ROOT / "docs" / "reading_the_page.md").read_text("utf-8")
CODE = "\n".join(path.read_text("utf-8") for path in (ROOT / "plugin_static").glob("*.js"))

SHOWN = sorted(
    text
    for row in re.findall(r"^\| (`.*?) \|", PAGE, re.M)
    for text in re.findall(r"`([^`]+)`", row)
)


def test_the_table_is_found() -> None:
    assert len(SHOWN) > 10


@pytest.mark.parametrize("text", SHOWN)
def test_the_page_writes_it(text: str) -> None:
    # Numbers are filled in while the page is drawn, and so is the noun that follows them.
    fixed = re.split(r"\d+( timesteps)?", text)[0].strip()
    assert fixed in CODE


def test_the_files_that_the_pictures_show_are_there() -> None:
    used = {
        (page.parent / path).resolve()
        for page in PAGES
        for path in re.findall(r"!\[[^]]*\]\((.*?)\)", page.read_text("utf-8"))
    }
    assert {path.stat().st_size > 10_000 for path in used} == {True}
    assert used == set((ROOT / "docs" / "images").iterdir())
