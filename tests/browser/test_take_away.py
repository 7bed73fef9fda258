"""The picture as a file: all rows of it, with text as text, and the pixels made of that."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from xml.dom import minidom

import pytest
from playwright.sync_api import Download, expect

from tests.browser.conftest import RNNView
from tests.server.tensorboard_process import TensorBoardProcess


def taken(view: RNNView, name: str) -> Download:
    view.frame.locator(".take summary").click()
    with view.page.expect_download() as download:
        view.frame.get_by_role("button", name=name, exact=True).click()
    return download.value


def texts(file: Path) -> list[str]:
    """What is written in a picture."""
    document = minidom.parseString(file.read_text("utf-8"))
    return [
        "".join(child.data for child in element.childNodes)
        for element in document.getElementsByTagName("text")
    ]


def test_vectors(view: RNNView, tmp_path: Path) -> None:
    seen = view.drawn()
    download = taken(view, "SVG")
    assert download.suggested_filename == "starting_program.svg"
    file = tmp_path / "picture.svg"
    download.save_as(file)
    written = texts(file)
    # The cards, which are elements on the page, and what is painted beside them.
    for words in ("Layer 0", "Layer 1", "Layer 2", "shared × 3", "26 in", "cell_2 · SimpleRNN"):
        assert words in written, words
    for words in ("timestep 0", "timestep 1", "timestep 2", "zeros", "output 2", "[batch, 100]"):
        assert words in written, words
    assert written.count("h") == 9
    # Nothing on the page has moved for it.
    assert view.drawn() == seen
    expect(view.frame.locator(".problem")).to_have_count(0)


def test_rows_that_are_scrolled_away_are_in_it(
    new_view: Callable[..., RNNView], tensorboard: TensorBoardProcess, tmp_path: Path
) -> None:
    view = new_view(900, 480)
    view.open(tensorboard.url, run="starting_program/rnnview")
    expect(view.headline).to_have_text("3 layers × 3 timesteps")
    view.painted()
    taken(view, "SVG").save_as(tmp_path / "picture.svg")
    assert {"Layer 0", "Layer 1", "Layer 2"} <= set(texts(tmp_path / "picture.svg"))


def test_the_menu_closes_when_the_reader_goes_on(view: RNNView) -> None:
    menu = view.frame.locator("details.take")
    for leave in ("click", "escape", "focus"):
        menu.locator("summary").click()
        expect(menu).to_have_attribute("open", "")
        if leave == "click":
            view.headline.click()
        elif leave == "escape":
            view.page.keyboard.press("Escape")
        else:
            view.frame.get_by_role("searchbox").focus()
        expect(menu).not_to_have_attribute("open", "")


def test_pixels_are_twice_as_many(view: RNNView, tmp_path: Path) -> None:
    taken(view, "SVG").save_as(tmp_path / "picture.svg")
    taken(view, "PNG").save_as(tmp_path / "picture.png")
    root = minidom.parse(str(tmp_path / "picture.svg")).documentElement
    data = (tmp_path / "picture.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    size = struct.unpack(">II", data[16:24])
    assert size == (2 * int(root.getAttribute("width")), 2 * int(root.getAttribute("height")))


def test_the_clipboard_gets_pixels_or_the_page_says_why_not(
    new_view: Callable[..., RNNView], tensorboard: TensorBoardProcess
) -> None:
    view = new_view(permissions=["clipboard-read", "clipboard-write"])
    view.open(tensorboard.url, run="starting_program/rnnview")
    expect(view.headline).to_have_text("3 layers × 3 timesteps")
    view.frame.locator(".take summary").click()
    view.frame.get_by_role("button", name="Copy", exact=True).click()
    view.frame.locator("body").evaluate(
        """async () => {
          for (;;) {
            const items = await navigator.clipboard.read().catch(() => []);
            if (items[0]?.types.includes('image/png')) return;
            if (document.querySelector('.problem')) return;
            await new Promise((again) => setTimeout(again, 50));
          }
        }"""
    )
    problem = view.frame.locator(".problem")
    assert problem.count() == 0, problem.inner_text()


@pytest.mark.parametrize("run", ["hostile"])
def test_names_stay_text(
    run: str, new_view: Callable[..., RNNView], tensorboard: TensorBoardProcess, tmp_path: Path
) -> None:
    view = new_view()
    view.open(tensorboard.url, run=f"{run}/rnnview")
    view.painted()
    download = taken(view, "SVG")
    assert "/" not in download.suggested_filename
    assert "<" not in download.suggested_filename
    download.save_as(tmp_path / "picture.svg")
    document = minidom.parseString((tmp_path / "picture.svg").read_text("utf-8"))
    assert not document.getElementsByTagName("img")
    assert not document.getElementsByTagName("script")
