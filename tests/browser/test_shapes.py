"""Other networks, other sizes of window, and readers of other kinds."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.uses import total_words
from tests.browser.conftest import RNNView
from tests.browser.networks import FINDINGS, HOSTILE, NETWORKS
from tests.server.tensorboard_process import TensorBoardProcess

NewView = Callable[..., RNNView]
FIRST_SENTENCES = [
    "3 different graphs are logged here.",
    "initial_state [?, 100] is connected to nothing.",
]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


def choose(view: RNNView, run: str, headline: str) -> None:
    view.chooser("run").select_option(f"{run}/rnnview")
    expect(view.headline).to_have_text(headline)


def test_a_backward_layer_runs_right_to_left(view: RNNView) -> None:
    choose(view, "bidirectional", "1 bidirectional layer × 5 timesteps")
    assert {w["layer"]: w["taps"] for w in view.drawn()["wires"]} == {"layer0": 5, "layer1": 5}
    forward = view.cell("layer0", 4).bounding_box()
    cell = view.cell("layer1", 4).bounding_box()
    card = view.kernel("layer1").bounding_box()
    assert forward
    assert cell
    assert card
    assert card["x"] > cell["x"]
    assert forward["y"] < cell["y"], "the forward one is above it, as in the terminal"
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


def test_the_page_says_what_the_terminal_says(view: RNNView) -> None:
    for run, tag, _, timeline in NETWORKS:
        if tag != "net":
            continue
        said = sentence(timeline)
        choose(view, run, said.headline)
        expect(view.frame.locator("header p").first).to_contain_text(said.detail)
        axes = {axis.id: axis for axis in timeline.axes}
        totals = [total_words(axes, variable.uses) for variable in timeline.variables]
        expect(view.rows.locator("td:nth-child(6)")).to_have_text(totals)


def test_what_is_declared_is_said_to_be(view: RNNView) -> None:
    choose(view, "declared", "2 layers × 3 timesteps")
    expect(view.frame.locator("header p").first).to_contain_text(
        "Declared by a configuration: no graph was there to prove it."
    )
    view.kernel("layer0").hover()
    expect(view.details).to_contain_text("what a configuration declares")


def test_a_nested_timeline_says_how_often_it_runs(view: RNNView) -> None:
    choose(view, "nested", "Letters: 1 layer × 4 timesteps; words: 1 layer × 3 timesteps")
    expect(view.frame.locator(".shared")).to_have_text(["shared × 3", "shared × 3 × 4"])
    expect(view.rows.first.locator("td").nth(5)).to_have_text("3 × 4 = 12")
    view.kernel("layer0").hover()
    expect(view.details).to_contain_text("0 – 3 at each of the 3 timesteps of words")


def test_a_bound_is_said_to_be_one(view: RNNView) -> None:
    choose(
        view,
        "encoder_decoder",
        "Encoder: 1 layer × 4 timesteps → decoder: 1 layer × up to 3 timesteps",
    )
    expect(view.frame.locator("header p")).to_contain_text(
        "A run may stop earlier: it depends on data ('rnn/Maximum')."
    )
    expect(view.frame.locator(".shared").first).to_have_text("shared × up to 3")


def test_weights_kept_apart_are_drawn_as_one_kernel(view: RNNView) -> None:
    choose(view, "separate", "1 layer × 30 timesteps")
    upper, lower = (x.bounding_box() for x in view.kernel("layer0").all())
    assert upper
    assert lower
    assert upper["x"] == lower["x"]
    assert upper["width"] == lower["width"]
    assert upper["y"] + upper["height"] < lower["y"]
    expect(view.frame.locator("[data-layer=layer0] .block-label")).to_have_text(["26 in", "100 h"])
    expect(view.frame.locator("[data-layer=layer0] .fill-bias")).to_have_count(1)
    # 9,013 rows: cut short, and said to be.
    expect(view.frame.locator("[data-layer=layer1] .tear")).to_have_count(1)
    expect(view.kernel("layer1")).to_have_attribute("title", re.compile("longer than drawn"))
    expect(view.frame.locator(".legend")).to_contain_text("all kernels to one scale, unless torn")


def test_findings_stand_beside_the_headline_and_move_nothing(view: RNNView) -> None:
    choose(view, "findings", "3 layers × 3 timesteps")
    shown = view.frame.locator(".findings li")
    expect(shown.locator("summary b")).to_have_text([FINDINGS[0].message, *FIRST_SENTENCES])
    expect(view.frame.locator(".unused-thing")).to_have_text(
        "initial_state [?, 100]: connected to nothing"
    )
    before = view.frame.locator(".stage").bounding_box()
    headline = view.headline.bounding_box()
    for part in shown.all():
        box = part.bounding_box()
        assert box
        assert headline
        assert before
        assert box["x"] > headline["x"]
        assert box["y"] + box["height"] < before["y"]
    shown.nth(2).locator("summary").click()
    more = shown.nth(2).locator(".more")
    expect(more).to_be_visible()
    expect(more).to_contain_text(FINDINGS[2].advice)
    assert view.frame.locator(".stage").bounding_box() == before
    more.get_by_role("button", name="Layer 1").click()
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 1")
    view.page.keyboard.press("Escape")
    expect(more).to_be_hidden()


def test_what_is_not_recognised_is_said_first_and_not_denied(view: RNNView) -> None:
    choose(view, "not_recognised", "Part of this graph is not recognised.")
    expect(view.frame.locator("header p").first).to_have_text(
        "So it is not known whether it has a recurrent layer. This is the reason: "
        f"{FINDINGS[0].message} {FINDINGS[0].advice}"
    )
    expect(view.frame.locator(".findings summary b")).to_have_text([FIRST_SENTENCES[0]])
    assert view.drawn()["cells"] == 0


@pytest.mark.parametrize(("width", "height"), [(1000, 800), (1280, 720), (1440, 900)])
@pytest.mark.parametrize(
    "run",
    [
        "starting_program",
        "bidirectional",
        "encoder_decoder",
        "findings",
        "large",
        "nested",
        "separate",
        "unknown_length",
    ],
)
def test_no_text_is_small_or_lies_over_another(
    new_view: NewView, tensorboard: TensorBoardProcess, run: str, width: int, height: int
) -> None:
    view = new_view(width, height)
    view.page.add_init_script(path=Path(__file__).parent / "texts.js")
    view.open(tensorboard.url, run=f"{run}/rnnview")
    expect(view.canvas).to_have_attribute("data-drawn", re.compile(".+"))
    frame = next(f for f in view.page.frames if "name=rnnview" in f.url)
    texts: Any = frame.evaluate("hardToRead()")
    assert texts["count"] > 20
    assert texts["found"] == []


def test_in_a_low_window_the_page_scrolls_and_the_picture_keeps_its_size(
    new_view: NewView, tensorboard: TensorBoardProcess
) -> None:
    view = new_view(853, 480, device_scale_factor=1.5)  # 1280 × 720, zoomed to 150 %
    view.open(tensorboard.url, run="starting_program/rnnview")
    expect(view.canvas).to_have_attribute("data-drawn", re.compile(".+"))
    stage = view.frame.locator(".stage").bounding_box()
    assert stage
    assert stage["height"] >= 260
    view.rows.last.scroll_into_view_if_needed()
    expect(view.rows.last).to_be_in_viewport()


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
@pytest.mark.parametrize(
    "run", ["starting_program", "bidirectional", "findings", "hostile", "no_recurrence", "separate"]
)
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
