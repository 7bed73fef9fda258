"""Other networks, other sizes of window, and readers of other kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RNNView
from tests.browser.networks import HOSTILE
from tests.server.tensorboard_process import TensorBoardProcess

NewView = Callable[..., RNNView]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


def choose(view: RNNView, run: str, headline: str) -> None:
    view.chooser("run").select_option(f"{run}/rnnview")
    expect(view.headline).to_have_text(headline)


def test_a_backward_layer_runs_right_to_left(view: RNNView) -> None:
    choose(view, "bidirectional", "1 bidirectional layer × 5 timesteps")
    assert [(w["layer"], w["taps"]) for w in view.drawn()["wires"]] == [
        ("layer0", 5),
        ("layer1", 5),
    ]
    cell = view.cell("layer1", 4).bounding_box()
    card = view.kernel("layer1").bounding_box()
    assert cell
    assert card
    assert card["x"] > cell["x"]
    view.cell("layer1", 4).focus()
    expect(view.details).to_contain_text("starts from zeros")
    view.page.keyboard.press("ArrowLeft")
    expect(view.details).to_contain_text("from timestep 4")


def test_an_unknown_length_is_drawn_with_a_gap_and_the_reason(view: RNNView) -> None:
    choose(view, "unknown_length", "3 layers × T timesteps")
    expect(view.frame.locator("header p")).to_contain_text("dimension 1 of x is open")
    expect(view.frame.locator("[data-cell]")).to_have_count(9)
    expect(view.cell("layer0", 2)).to_have_attribute(
        "aria-label", "Layer 0, timestep T−1: reads kernel, bias"
    )
    expect(view.rows.first).to_contain_text("0 – T−1")


def test_no_recurrence_is_said_plainly(view: RNNView) -> None:
    choose(view, "no_recurrence", "No recurrent layer was found.")
    expect(view.rows).to_have_count(1)
    assert view.drawn()["columns"] == 1


def test_hostile_names_are_text(view: RNNView) -> None:
    choose(view, "hostile", "1 layer × 3 timesteps")
    shown = HOSTILE.replace("\u202e", "\\u{202e}")
    expect(view.frame.locator(".findings")).to_contain_text(shown)
    expect(view.rows.first).to_contain_text(shown)
    expect(view.frame.locator("img, script[src*=x]")).to_have_count(0)
    assert "\u202e" not in view.frame.locator("body").inner_text()
    assert view.page.title() == "TensorBoard"


def test_what_nothing_uses_is_connected_to_nothing(view: RNNView) -> None:
    choose(view, "hostile", "1 layer × 3 timesteps")
    expect(view.frame.locator(".unused-thing")).to_have_text(
        "left/over (3, 4): connected to nothing"
    )
    expect(view.rows.last).to_contain_text("not used")


def test_many_timesteps_are_merged_and_can_be_brought_near(view: RNNView) -> None:
    choose(view, "large", "10 layers × 1,000 timesteps")
    far = view.drawn()
    assert far["cells"] == 0
    assert far["runs"] > 0
    assert view.frame.locator("[data-cell]").count() == 10
    closer = view.frame.get_by_role("button", name="Closer")
    for _ in range(20):
        closer.click()
    near = view.drawn()
    assert 0 < near["cells"] < 200
    assert near["runs"] == 0
    view.cell("layer0", view_column(view)).focus()
    view.page.keyboard.press("End")
    expect(view.details.locator("h2")).to_have_text("Layer 0 at timestep 999")
    expect(view.cell("layer0", 999)).to_be_in_viewport()
    view.frame.get_by_role("button", name="Fit").click()
    assert view.drawn()["cells"] == 0


def view_column(view: RNNView) -> int:
    """A column of layer 0 that the keyboard can reach."""
    reachable = view.frame.locator("[data-cell=layer0][tabindex='0']")
    return int(reachable.get_attribute("data-column") or 0)


@pytest.mark.parametrize(("width", "height"), [(1000, 800), (1280, 720), (1440, 900), (2560, 1300)])
def test_everything_is_in_sight_at_every_size(
    new_view: NewView, tensorboard: TensorBoardProcess, width: int, height: int
) -> None:
    view = new_view(width, height)
    view.open(tensorboard.url, run="starting_program/rnnview")
    expect(view.frame.locator("[data-cell]")).to_have_count(9)
    for part in (*view.frame.locator("[data-cell], [data-kernel]").all(), *view.rows.all()):
        expect(part).to_be_in_viewport(ratio=1)
    overflow = view.frame.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
    assert overflow == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("run", ["starting_program", "bidirectional", "hostile", "no_recurrence"])
def test_readers_of_all_kinds_can_use_it(
    new_view: NewView, tensorboard: TensorBoardProcess, run: str, scheme: str
) -> None:
    view = new_view(color_scheme=scheme)
    view.open(tensorboard.url, run=f"{run}/rnnview")
    expect(view.rows.first).to_be_visible()
    frame = next(f for f in view.page.frames if "name=rnnview" in f.url)
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found: Any = frame.evaluate("axe.run()")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
