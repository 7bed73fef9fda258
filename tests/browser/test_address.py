"""A link to the page brings back what somebody looked at."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import RNNView
from tests.server.tensorboard_process import TensorBoardProcess


def test_what_is_chosen_rolled_up_and_near_comes_back(
    view: RNNView, new_view: Callable[..., RNNView], tensorboard: TensorBoardProcess
) -> None:
    view.frame.get_by_role("button", name="Roll up Layer 1").click()
    view.frame.get_by_role("button", name="Closer").click()
    view.kernel("layer2").click()
    expect(view.details).to_contain_text("Kernel of layer 2")
    # Written down soon after the last of it.
    for key in ("variable=4", "rolled=layer1", "view="):
        expect(view.page).to_have_url(re.compile(re.escape(f"p.rnnview.{key}")))
    expect(view.frame.locator(".stage[data-moving]")).to_have_count(0)
    seen = view.drawn()

    again = new_view()
    again.page.goto(view.page.url)
    expect(again.details).to_contain_text("Kernel of layer 2")
    assert again.drawn() == seen
    assert again.messages == view.messages


def test_an_address_that_makes_no_sense_shows_the_network(
    new_view: Callable[..., RNNView], tensorboard: TensorBoardProcess
) -> None:
    view = new_view()
    view.open(
        tensorboard.url,
        run="starting_program/rnnview",
        variable="99",
        cell="1,nobody,%E0%A4",
        rolled="nobody,%",
        view="x,1e999",
    )
    expect(view.headline).to_have_text("3 layers × 3 timesteps")
    assert view.drawn()["cells"] == 9
    expect(view.details).to_contain_text("Kernel of layer 0")
