"""Statistics of training on the page: the colours of the cells, the steps, the curves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import RNNView
from tests.browser.test_shapes import AXE
from tests.browser.trained import PADDED, STEPS, add_step, write_trained
from tests.server.logs import LiveWriter
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked


@pytest.fixture(scope="module")
def live() -> list[LiveWriter]:
    """The writer of the run that goes on; the test that follows it adds to it."""
    return []


@pytest.fixture(scope="module")
def board(
    tmp_path_factory: pytest.TempPathFactory, live: list[LiveWriter]
) -> Iterator[TensorBoardProcess]:
    log = tmp_path_factory.mktemp("trained")
    write_trained(log, "trained", 8).close()
    write_trained(log, "padded", 12, padded=PADDED, broken=True).close()
    write_trained(log, "long", 10_000, steps=(0, 100)).close()
    live.append(write_trained(log, "live", 4, steps=(0, 100)))
    write_plain(log)
    with TensorBoardProcess(log) as process:
        for run in ("trained", "padded", "long", "live"):
            process.wait_for(lambda run=run: listed(process, run) == 2)
        process.wait_for(lambda: ("plain", "net") in process.steps())
        yield process
    live[0].close()


def write_plain(log: Path) -> None:
    writer = LiveWriter(log / "plain")
    writer.timeline("net", 0, stacked(2, 4))
    writer.close()


def listed(board: TensorBoardProcess, run: str) -> int:
    return len(board.plugin("statistics", run=run).json["layers"])


@pytest.fixture
def shown(new_view: Callable[..., RNNView], board: TensorBoardProcess) -> Callable[..., RNNView]:
    """Opens a run of the board."""

    def show(run: str, *, width: int = 1280, height: int = 720, dark: bool = False, **chosen: str):
        view = new_view(width, height, color_scheme="dark" if dark else "light")
        view.open(board.url, run=run, **chosen)
        expect(view.canvas).to_have_attribute("data-drawn", re.compile(".+"))
        return view

    return show


def slider(view: RNNView) -> Locator:
    return view.frame.locator("[data-steps]")


def step(view: RNNView) -> Locator:
    return view.frame.locator(".training-bar output")


def measure(view: RNNView) -> Locator:
    return view.chooser("measure")


def fills(view: RNNView, layer: str, columns: range) -> list[list[int]]:
    """What the cells are filled with, above the wire's tap."""
    return [
        view.pixels(view.cell(layer, t), [(4.0, -view_height(view, layer) / 2)])[0] for t in columns
    ]


def view_height(view: RNNView, layer: str) -> float:
    box = view.cell(layer, 0).bounding_box()
    assert box
    return box["height"]


def brightness(colour: list[int]) -> int:
    return sum(colour)


def test_the_cells_have_the_colours_of_the_newest_step(
    shown: Callable[..., RNNView],
) -> None:
    view = shown("trained")
    expect(step(view)).to_have_text("training step 1,000")
    expect(measure(view)).to_have_value("state_gradient:h")
    for layer in ("layer0", "layer1"):
        found = [brightness(c) for c in fills(view, layer, range(8))]
        assert found == sorted(found, reverse=True), "the larger the gradient, the darker"
        assert len(set(found)) == 8
    # Layer 0 forgets faster.
    assert brightness(fills(view, "layer0", range(1))[0]) > brightness(
        fills(view, "layer1", range(1))[0]
    )


def test_the_scale_is_the_same_at_every_step(shown: Callable[..., RNNView]) -> None:
    view = shown("trained")
    ends = view.frame.locator(".ramp")
    before = ends.text_content()
    newest = fills(view, "layer0", range(8))
    slider(view).focus()
    view.page.keyboard.press("Home")
    expect(step(view)).to_have_text("training step 0")
    view.painted()
    assert ends.text_content() == before
    first = fills(view, "layer0", range(8))
    assert all(brightness(a) < brightness(b) for a, b in zip(first, newest, strict=True))
    expect(view.page).to_have_url(re.compile(r"p\.rnnview\.at=0"))
    view.page.keyboard.press("ArrowRight")
    expect(step(view)).to_have_text("training step 100")
    view.page.keyboard.press("End")
    expect(step(view)).to_have_text("training step 1,000")
    # The newest step is not written down: a link to it leads to the newest.
    expect(view.page).not_to_have_url(re.compile(r"p\.rnnview\.at="))


def test_votes_for_and_against_have_two_colours(shown: Callable[..., RNNView]) -> None:
    view = shown("trained", measure="vote:kernel")
    expect(measure(view)).to_have_value("vote:kernel")
    found = fills(view, "layer1", range(8))
    warm = [red > blue + 12 for red, _, blue in found]
    cold = [blue > red + 12 for red, _, blue in found]
    assert warm == [t % 3 == 2 for t in range(8)]
    assert cold[6:] == [True, True]
    expect(view.frame.locator(".ramp")).to_contain_text("−")


def test_a_link_leads_back(shown: Callable[..., RNNView]) -> None:
    view = shown("trained", measure="activation:h", scale="log", at="300")
    expect(measure(view)).to_have_value("activation:h")
    expect(step(view)).to_have_text("training step 300")
    expect(view.frame.get_by_role("button", name="Log")).to_have_attribute("aria-pressed", "true")
    view.frame.get_by_role("button", name="Linear").click()
    expect(view.page).to_have_url(re.compile(r"p\.rnnview\.scale=linear"))
    measure(view).select_option("none")
    expect(view.frame.locator(".ramp")).to_have_count(0)
    view.painted()
    assert fills(view, "layer1", range(1)) == [view.colour("cell")]
    expect(view.page).to_have_url(re.compile(r"p\.rnnview\.measure=none"))


def test_broken_and_padded_timesteps_are_marked(shown: Callable[..., RNNView]) -> None:
    view = shown("padded")
    found = fills(view, "layer1", range(12))
    assert found[:3] == [view.colour("warn-bg")] * 3
    assert found[6:] == [view.colour("over")] * PADDED
    assert view.colour("over") not in found[:6]
    view.cell("layer1", 0).focus()
    expect(view.details).to_contain_text("t = 0: ∞")
    expect(view.cell("layer1", 0)).to_have_attribute("aria-label", re.compile("timestep 0: ∞; "))
    view.cell("layer1", 11).focus()
    expect(view.details).to_contain_text("t = 11: no sequence")
    measure(view).select_option("vote:kernel")
    for column, words in ((2, "NaN"), (3, "not defined")):  # of numbers that are broken, of none
        view.cell("layer1", column).focus()
        expect(view.details).to_contain_text(f"t = {column}: {words}")


def test_the_panel_has_the_curves_and_numbers_of_a_cell(shown: Callable[..., RNNView]) -> None:
    view = shown("trained")
    panel = view.frame.locator(".training-panel")
    expect(panel.locator("h2")).to_have_text("Layer 0, training step 1,000")
    expect(panel.locator("h3")).to_have_text("Gradient of the state h")
    expect(panel.locator(".chart")).to_have_count(2)
    view.cell("layer1", 7).focus()
    # 0.5 · 0.999^1000, in three digits.
    expect(panel.locator("figcaption").first).to_contain_text("t = 7: 0.184")
    expect(panel.locator("dl")).to_contain_text("Votes on the kernel")
    curves = panel.locator("path.curve")
    # 0.5 · 0.999^1000 again: the timestep over training ends where the other one does.
    expect(panel.locator("figcaption").nth(1)).to_have_text("t = 7 over training 0.184")
    assert [(c.get_attribute("d") or "").count("L") for c in curves.all()] == [7, len(STEPS) - 1]
    view.kernel("layer1").focus()
    # 2 · 0.999^1000.
    measure(view).select_option("vote:kernel")
    expect(panel.locator("figcaption").nth(1)).to_contain_text(
        "gradient |G|: 0.735, from elsewhere 0.1"
    )
    assert [(c.get_attribute("d") or "").count("L") for c in curves.all()] == [7, len(STEPS) - 1]


def test_the_steps_can_be_played_by_keyboard(shown: Callable[..., RNNView]) -> None:
    view = shown("trained", at="0")
    expect(step(view)).to_have_text("training step 0")
    view.page.evaluate(
        """() => {
          window.written = 0;
          const write = history.replaceState.bind(history);
          history.replaceState = (...args) => { window.written += 1; write(...args); };
        }"""
    )
    view.frame.get_by_role("button", name="Play the training steps").focus()
    view.page.keyboard.press("Enter")
    expect(view.frame.get_by_role("button", name="Stop")).to_be_visible()
    expect(step(view)).to_have_text("training step 1,000")
    expect(view.frame.get_by_role("button", name="Play the training steps")).to_be_visible()
    expect(view.page).not_to_have_url(re.compile(r"p\.rnnview\.at="))
    # Browsers refuse to be told a new address many times a second.
    assert view.page.evaluate("window.written") == 1


def test_a_long_sequence_is_coloured_as_a_whole(shown: Callable[..., RNNView]) -> None:
    view = shown("long", measure="activation:h")
    box = view.cell("layer1", 0).bounding_box()
    assert box
    y = -box["height"] / 2
    shades = {tuple(c) for c in view.pixels(view.cell("layer1", 0), [(x, y) for x in range(5, 60)])}
    assert tuple(view.colour("cell")) not in shades
    view.cell("layer1", 0).focus()
    expect(view.frame.locator(".all-values summary")).to_have_text("Timesteps 0 – 9 together")


def test_without_statistics_one_line_tells_how_to_get_them(
    shown: Callable[..., RNNView],
) -> None:
    view = shown("plain")
    expect(view.frame.locator(".training-bar")).to_have_count(0)
    expect(view.frame.locator(".no-statistics")).to_contain_text("RNNViewCallback")
    assert fills(view, "layer1", range(2)) == [view.colour("cell")] * 2


def test_the_page_follows_training_and_keeps_a_chosen_step(
    shown: Callable[..., RNNView], board: TensorBoardProcess, live: list[LiveWriter]
) -> None:
    following = shown("live")
    kept = shown("live", at="0")
    expect(step(following)).to_have_text("training step 100")
    expect(step(kept)).to_have_text("training step 0")
    top = following.cell("layer1", 0).bounding_box()
    add_step(live[0], 200, 4)
    board.wait_for(lambda: b"200@" in board.plugin("statistics", run="live").body)
    for view in (following, kept):
        view.page.locator("button.reload-button").click()
    expect(step(following)).to_have_text("training step 200")
    expect(slider(kept)).to_have_attribute("max", "2")
    expect(step(kept)).to_have_text("training step 0")
    assert following.cell("layer1", 0).bounding_box() == top, "nothing has moved"


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 800), (800, 800)])
@pytest.mark.parametrize("dark", [False, True])
def test_all_of_the_bar_is_in_view(
    shown: Callable[..., RNNView], width: int, height: int, dark: bool
) -> None:
    view = shown("trained", width=width, height=height, dark=dark)
    for part in (measure(view), slider(view), step(view), view.frame.locator(".colour-key")):
        box = part.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["width"] > 30
    expect(view.cell("layer1", 0)).to_be_in_viewport()
    overflow = view.frame.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
    assert overflow == 0
    assert [m for m in view.messages if "Three.js" not in m] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("run", ["trained", "padded", "plain"])
def test_readers_of_all_kinds_can_use_it(
    shown: Callable[..., RNNView], run: str, scheme: str
) -> None:
    view = shown(run, dark=scheme == "dark", measure="vote:kernel")
    view.cell("layer1", 3).focus()
    frame = next(f for f in view.page.frames if "name=rnnview" in f.url)
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found = frame.evaluate("axe.run()")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
