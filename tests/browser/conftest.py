"""A real TensorBoard, a real browser, and the page in the plugin's frame."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect, sync_playwright

from tests.browser.networks import write_all
from tests.server.tensorboard_process import TensorBoardProcess

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# TensorBoard on a busy machine: what has not come by then never will.
expect.set_options(timeout=60_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What TensorBoard shows; a test may add runs of its own."""
    return tmp_path_factory.mktemp("log")


@pytest.fixture(scope="session")
def tensorboard(log_folder: Path) -> Iterator[TensorBoardProcess]:
    """A TensorBoard that shows `tests.browser.networks`."""
    written = write_all(log_folder)
    with TensorBoardProcess(log_folder) as process:
        process.wait_for_steps(written)
        yield process


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser that is installed here: none is downloaded, and a missing one fails."""
    found = [path for name in _BROWSERS if (path := shutil.which(name))]
    assert found, f"no browser: none of {', '.join(_BROWSERS)} is installed"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found[0], args=_ARGUMENTS)
        yield launched
        launched.close()


@dataclass
class RNNView:
    """The page inside TensorBoard's."""

    page: Page
    frame: FrameLocator
    messages: list[str] = field(default_factory=list)

    def open(self, url: str, **chosen: str) -> None:
        """Opens the tab, with what is chosen in the address."""
        state = urlencode({f"p.rnnview.{key}": value for key, value in chosen.items()})
        self.page.goto(f"{url}/#rnnview{'&' + state if state else ''}")

    @property
    def headline(self) -> Locator:
        return self.frame.locator("h1")

    @property
    def canvas(self) -> Locator:
        return self.frame.locator(".stage canvas")

    @property
    def stage(self) -> Locator:
        return self.frame.locator(".stage")

    @property
    def minimap(self) -> Locator:
        return self.frame.locator(".minimap")

    @property
    def details(self) -> Locator:
        return self.frame.locator("aside")

    @property
    def rows(self) -> Locator:
        return self.frame.locator("tbody tr")

    def kernel(self, layer: str) -> Locator:
        return self.frame.locator(f"[data-kernel={layer}]")

    def cell(self, layer: str, column: int) -> Locator:
        return self.frame.locator(f"[data-cell={layer}][data-column='{column}']")

    def chooser(self, name: str) -> Locator:
        return self.frame.locator(f"[data-chooser={name}]")

    def painted(self) -> None:
        """Waits until what the page has asked to be painted by now is painted, and at rest."""
        expect(self.stage).not_to_have_attribute("data-moving", "")
        self.canvas.evaluate(
            """() => new Promise((done) =>
              requestAnimationFrame(() => requestAnimationFrame(() => done(null))))"""
        )

    def drawn(self) -> Any:
        """What the canvas says it holds."""
        self.painted()
        return json.loads(self.canvas.get_attribute("data-drawn") or "{}")

    def lit(self) -> dict[str, int]:
        """Lit taps by layer."""
        return {wire["layer"]: wire["lit"] for wire in self.drawn()["wires"]}

    def colour(self, name: str) -> list[int]:
        """A colour of the page's style sheet, as red, green, blue."""
        text = self.canvas.evaluate(
            "(_, name) => getComputedStyle(document.documentElement).getPropertyValue(name)",
            f"--{name}",
        ).strip()
        return [int(text[i : i + 2], 16) for i in (1, 3, 5)]

    def pixels(self, locator: Locator, points: list[tuple[float, float]]) -> list[list[int]]:
        """What is painted at points given from the left bottom corner of a cell."""
        self.painted()
        box = locator.bounding_box()
        canvas = self.canvas.bounding_box()
        assert box
        assert canvas
        places = [
            (box["x"] + x - canvas["x"], box["y"] + box["height"] + y - canvas["y"])
            for x, y in points
        ]
        found: list[list[int]] = self.canvas.evaluate(
            """(canvas, places) => {
              const ratio = canvas.width / canvas.clientWidth;
              const ctx = canvas.getContext('2d');
              return places.map(([x, y]) =>
                [...ctx.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data]
                  .slice(0, 3));
            }""",
            places,
        )
        return found


@pytest.fixture
def new_view(browser: Browser) -> Iterator[Callable[..., RNNView]]:
    """Makes pages of a fresh browser profile; ``new_view(color_scheme="dark")``."""
    contexts = []

    def make(width: int = 1280, height: int = 720, **options: Any) -> RNNView:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        view = RNNView(page, page.frame_locator("iframe[src*='name=rnnview']"))
        page.on("console", lambda m: view.messages.append(f"{m.type}: {m.text} ({_place(m)})"))
        page.on("pageerror", lambda e: view.messages.append(f"error: {e}"))
        return view

    yield make
    for context in contexts:
        context.close()


def _place(message: Any) -> str:
    return str(message.location.get("url", ""))


@pytest.fixture
def view(new_view: Callable[..., RNNView], tensorboard: TensorBoardProcess) -> RNNView:
    """The starting program, drawn."""
    made = new_view()
    made.open(tensorboard.url, run="starting_program/rnnview")
    expect(made.headline).to_have_text("3 layers × 3 timesteps")
    expect(made.canvas).to_have_attribute("data-drawn", re.compile(".+"))
    return made
