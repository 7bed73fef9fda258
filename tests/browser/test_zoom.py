"""Rolling up and unrolling, and looking closer: by wheel, drag, double click and keys."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import RNNView
from tests.server.tensorboard_process import TensorBoardProcess

NewView = Callable[..., RNNView]


def opened(view: RNNView, url: str, run: str) -> RNNView:
    view.open(url, run=f"{run}/rnnview")
    expect(view.canvas).to_have_attribute("data-drawn", re.compile(".+"))
    return view


def centre(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_one_control_rolls_time_up_and_unrolls_it(view: RNNView) -> None:
    view.frame.get_by_role("button", name="Roll up", exact=True).click()
    drawn = view.drawn()
    assert (drawn["cells"], drawn["columns"]) == (3, 1)
    assert [wire["taps"] for wire in drawn["wires"]] == [1, 1, 1]
    view.cell("layer1", 0).focus()
    expect(view.details.locator("h2")).to_have_text("Layer 1 at every timestep t")
    expect(view.details).to_contain_text("from timestep t−1; starts from zeros")
    assert "every timestep" in (view.cell("layer1", 0).get_attribute("aria-label") or "")
    view.page.keyboard.press("r")
    assert view.drawn()["cells"] == 9
    expect(view.frame.get_by_role("button", name="Roll up", exact=True)).to_be_visible()


def test_a_roll_can_be_turned_round_on_its_way(view: RNNView) -> None:
    view.cell("layer0", 0).focus()
    for _ in range(5):
        view.page.keyboard.press("r")
    assert view.drawn()["cells"] == 3
    for _ in range(4):
        view.page.keyboard.press("r")
    assert view.drawn()["cells"] == 3
    view.page.keyboard.press("r")
    assert view.drawn()["cells"] == 9


def test_a_single_layer_is_rolled_up_by_its_card_and_by_the_keyboard(view: RNNView) -> None:
    view.frame.get_by_role("button", name="Roll up Layer 1").click()
    drawn = view.drawn()
    assert drawn["cells"] == 7
    assert [(w["layer"], w["taps"]) for w in drawn["wires"]] == [
        ("layer0", 3),
        ("layer1", 1),
        ("layer2", 3),
    ]
    view.cell("layer0", 1).focus()
    view.page.keyboard.press("Shift+R")
    assert view.drawn()["cells"] == 5
    view.frame.get_by_role("button", name="Roll up Layer 1").click()
    assert view.drawn()["cells"] == 7


def test_the_wheel_brings_what_is_under_the_pointer_nearer(view: RNNView) -> None:
    x, y = centre(view.cell("layer1", 1))
    view.page.mouse.move(x, y)
    for _ in range(9):
        view.page.mouse.wheel(0, -100)
        view.painted()
    # The elements for the keyboard follow: then the cell's own box is where it is painted.
    expect(view.frame.locator(".cells.late")).to_have_count(0)
    box = view.cell("layer1", 1).bounding_box()
    assert box
    assert box["width"] > 300
    assert box["height"] > 150
    assert box["x"] < x < box["x"] + box["width"]
    assert box["y"] < y < box["y"] + box["height"]
    expect(view.minimap).to_be_visible()
    for _ in range(12):
        view.page.mouse.wheel(0, 100)
        view.painted()
    expect(view.minimap).to_be_hidden()
    assert view.drawn()["cells"] == 9


def test_a_double_click_goes_into_a_cell_and_back(view: RNNView) -> None:
    view.page.mouse.dblclick(*centre(view.cell("layer2", 2)))
    view.painted()
    stage = view.stage.bounding_box()
    box = view.cell("layer2", 2).bounding_box()
    assert stage
    assert box
    assert box["x"] >= stage["x"]
    assert box["y"] >= stage["y"] - 1
    assert box["x"] + box["width"] <= stage["x"] + stage["width"]
    # The rows for the input have the input's colour, in the cell as on the card.
    x, y = box["width"] / 2, box["height"]
    assert view.pixels(view.cell("layer2", 2), [(x, 50 - y)]) == [view.colour("input")]
    view.page.mouse.dblclick(*centre(view.cell("layer2", 2)))
    assert view.drawn()["cells"] == 9


def test_a_drag_moves_the_picture_and_chooses_nothing(
    new_view: NewView, tensorboard: TensorBoardProcess
) -> None:
    view = opened(new_view(), tensorboard.url, "large")
    view.cell("layer0", 0).focus()
    chosen = view.details.locator("h2").inner_text()
    for _ in range(12):
        view.page.keyboard.press("+")
    view.painted()
    before = view.stage.evaluate("e => [e.scrollLeft, e.scrollTop]")
    box = view.stage.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5
    view.page.mouse.move(x, y)
    view.page.mouse.down()
    view.page.mouse.move(x - 120, y + 20, steps=4)
    view.page.mouse.up()
    after = view.stage.evaluate("e => [e.scrollLeft, e.scrollTop]")
    assert after[0] - before[0] == pytest.approx(120, abs=1)
    assert after[1] - before[1] == pytest.approx(-20, abs=1)
    expect(view.details.locator("h2")).to_have_text(chosen)
    # In the minimap, the end of all timesteps is at its right.
    x, y = centre(view.minimap)
    view.page.mouse.click(x + 78, y)
    view.painted()
    assert view.stage.evaluate("e => e.scrollLeft / (e.scrollWidth - e.clientWidth)") > 0.9
    view.page.keyboard.press("0")
    assert view.drawn()["runs"] > 0


def test_who_wants_no_movement_sees_none(
    new_view: NewView, tensorboard: TensorBoardProcess
) -> None:
    view = opened(new_view(reduced_motion="reduce"), tensorboard.url, "starting_program")
    moves = view.stage.evaluate(
        """stage => new Promise((done) => {
          let drawn = 0;
          const canvas = stage.querySelector('canvas');
          new MutationObserver(() => { drawn += 1; }).observe(canvas, { attributes: true });
          document.querySelector('.roll').click();
          setTimeout(() => done([drawn, JSON.parse(canvas.dataset.drawn).cells]), 700);
        })"""
    )
    assert moves[1] == 3
    assert moves[0] <= 4, "the picture is painted as it will be, and not on its way there"
