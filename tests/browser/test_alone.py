"""The page as one file: opened from disk, and in a frame of a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tb_rnnview.timeline import Timeline
from tb_rnnview.views.page import page as page_of
from tb_rnnview.views.sentence import sentence
from tests.browser.networks import HOSTILE, bidirectional
from tests.timelines import stacked


@pytest.fixture
def visitor(browser: Browser) -> Page:
    """A tab that keeps what is said on its console, and every address that it asks for."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url))
    page.said = said  # type: ignore[attr-defined]
    yield page
    page.close()


def asked_for(page: Page) -> list[str]:
    """What was said, and asked for, apart from what the file itself holds."""
    return [text for text in page.said if not text.startswith(("data:", "file:", "about:"))]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "timeline", [stacked(), bidirectional(), stacked(1, 3, HOSTILE), Timeline()]
)
def test_opened_from_disk(timeline: Timeline, visitor: Page, tmp_path: Path) -> None:
    file = tmp_path / "network.html"
    file.write_text(page_of(timeline), "utf-8")
    visitor.goto(file.as_uri())
    expect(visitor.locator("h1")).to_have_text(sentence(timeline).headline)
    expect(visitor.locator("tbody tr")).to_have_count(len(timeline.variables))
    expect(visitor.locator("[data-chooser]")).to_have_count(0)
    assert visitor.title() != "owned"
    assert asked_for(visitor) == []


def test_kernels_light_up_and_the_address_brings_it_back(visitor: Page, tmp_path: Path) -> None:
    file = tmp_path / "network.html"
    file.write_text(page_of(stacked()), "utf-8")
    visitor.goto(file.as_uri())
    visitor.locator("[data-kernel=layer2]").click()
    expect(visitor.locator("aside")).to_contain_text("Kernel of layer 2")
    visitor.reload()
    expect(visitor.locator("h1")).to_have_text("3 layers × 3 timesteps")
    assert asked_for(visitor) == []


def test_in_a_notebook(visitor: Page) -> None:
    """Its frame has no rights to the page around it, and styles stay on their side."""
    timeline = stacked()
    visitor.set_content(
        f"<style>h1, td {{ display: none }}</style><h1>Notebook</h1>{timeline._repr_html_()}"
    )
    inside = visitor.frame_locator("iframe")
    expect(inside.locator("h1")).to_have_text(sentence(timeline).headline)
    expect(inside.locator("h1")).to_be_visible()
    inside.locator("[data-kernel=layer1]").click()
    expect(inside.locator("aside")).to_contain_text("Kernel of layer 1")
    expect(visitor.locator("h1")).to_be_hidden()
    assert asked_for(visitor) == []
