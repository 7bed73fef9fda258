"""The files that the pages name are there."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import PAGES, ROOT, prose

NAMED = sorted(
    {
        (page.name, path)
        for page in PAGES
        for path in re.findall(
            r"`((?:tb_rnnview|plugin_static|tests|scripts|docs|examples|\.ci)/[\w./]*)`",
            prose(page),
        )
    }
)


@pytest.mark.parametrize(("page", "path"), NAMED)
def test_a_path_that_a_page_names_is_there(page: str, path: str) -> None:
    assert (ROOT / path).exists(), f"{page} names {path}"


def test_pages_name_paths() -> None:
    assert len(NAMED) > 10
