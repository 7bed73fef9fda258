"""The page as a guest of TensorBoard: choosers, address, theme, reload, and what may go wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tb_rnnview.writing import write_timeline
from tests.browser.conftest import RNNView
from tests.server.logs import LiveWriter
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

NewView = Callable[..., RNNView]
DRAWN = re.compile(".+")
VIOLATIONS = """
window.violations = [];
addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective));
"""


def violations(page: Page) -> list[str]:
    """Violations of the content security policy, in all frames."""
    return [v for frame in page.frames for v in frame.evaluate("window.violations ?? []")]


def hash_of(page: Page) -> str:
    return str(page.evaluate("decodeURIComponent(location.hash)"))


def test_it_says_nothing_that_tensorboard_alone_does_not_say(
    new_view: NewView, tensorboard: TensorBoardProcess
) -> None:
    alone = new_view()
    alone.page.add_init_script(VIOLATIONS)
    alone.page.goto(f"{tensorboard.url}/#timeseries")
    expect(alone.page.get_by_text("RNN VIEW").first).to_be_visible()
    alone.page.wait_for_load_state("networkidle")

    ours = new_view()
    ours.page.add_init_script(VIOLATIONS)
    ours.open(tensorboard.url)
    expect(ours.canvas).to_have_attribute("data-drawn", DRAWN)
    ours.page.wait_for_load_state("networkidle")
    for run, headline in (
        ("hostile", "1 layer × 3 timesteps"),
        ("large", "10 layers × 1,000 timesteps"),
        ("starting_program", "3 layers × 3 timesteps"),
    ):
        ours.chooser("run").select_option(f"{run}/rnnview")
        expect(ours.headline).to_have_text(headline)
    ours.kernel("layer1").hover()
    expect(ours.details.locator("h2")).to_have_text("Kernel of layer 1")

    def texts(view: RNNView) -> set[str]:
        return {re.sub(r"\d+", "N", m.split(" (http")[0]) for m in view.messages}

    assert [m for m in ours.messages if "rnnview" in m] == []
    assert texts(ours) <= texts(alone)
    assert set(violations(ours.page)) <= set(violations(alone.page))
    frame = next(f for f in ours.page.frames if "name=rnnview" in f.url)
    assert frame.evaluate("violations") == []


def test_the_tab_opens_by_a_click(new_view: NewView, tensorboard: TensorBoardProcess) -> None:
    view = new_view()
    view.page.goto(tensorboard.url)
    tab = view.page.get_by_role("tab", name="RNN VIEW")
    tab.click()
    expect(view.headline).to_have_text(re.compile("layer"))


def test_choosers_switch_runs_tags_and_steps_and_a_reload_keeps_them(
    view: RNNView,
) -> None:
    view.chooser("run").select_option("several/rnnview")
    expect(view.headline).to_have_text("2 layers × 1 timestep")  # "sample" is the first tag
    view.chooser("tag").select_option("train")
    expect(view.headline).to_have_text("2 layers × 6 timesteps")  # the latest step
    view.chooser("step").select_option("0")
    expect(view.headline).to_have_text("2 layers × 4 timesteps")
    assert view.drawn()["cells"] == 8
    assert "p.rnnview.run=several/rnnview" in hash_of(view.page)
    assert "p.rnnview.step=0" in hash_of(view.page)

    view.page.reload()
    expect(view.headline).to_have_text("2 layers × 4 timesteps")
    expect(view.chooser("tag")).to_have_value("train")
    expect(view.chooser("step")).to_have_value("0")


def test_an_address_leads_to_what_it_names(
    new_view: NewView, tensorboard: TensorBoardProcess
) -> None:
    view = new_view()
    view.open(tensorboard.url, run="several/rnnview", tag="train", step="100")
    expect(view.headline).to_have_text("2 layers × 6 timesteps")
    view.page.evaluate("location.hash = '#rnnview&p.rnnview.run=bidirectional%2Frnnview'")
    expect(view.headline).to_have_text("1 bidirectional layer × 5 timesteps")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_tensorboard(
    new_view: NewView, tensorboard: TensorBoardProcess, scheme: str
) -> None:
    view = new_view(color_scheme=scheme)
    view.open(tensorboard.url, run="starting_program/rnnview")
    expect(view.canvas).to_have_attribute("data-drawn", DRAWN)
    root = view.frame.locator("html")
    expect(root).to_have_attribute("data-theme", scheme)
    other = "light" if scheme == "dark" else "dark"
    before = view.pixels(view.cell("layer0", 0), [(40.0, -3.0)])
    assert before == [view.colour("cell")]

    view.page.evaluate("document.body.classList.toggle('dark-mode')")
    expect(root).to_have_attribute("data-theme", other)
    view.kernel("layer1").hover()
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 1")
    after = view.pixels(view.cell("layer0", 0), [(40.0, -3.0)])
    assert after == [view.colour("cell")] != before


def test_below_a_path_prefix(new_view: NewView, tmp_path: Path) -> None:
    write_timeline(stacked(), tmp_path / "run", tag="net")
    with TensorBoardProcess(tmp_path, "--path_prefix", "/some/prefix") as process:
        process.wait_for_steps({("run/rnnview", "net"): [0]})
        view = new_view()
        view.open(process.url)
        expect(view.headline).to_have_text("3 layers × 3 timesteps")
        expect(view.frame.locator("[data-cell]")).to_have_count(9)


def test_a_reload_of_the_data_shows_what_is_new_and_keeps_what_is_chosen(
    new_view: NewView, tmp_path: Path
) -> None:
    write_timeline(stacked(), tmp_path / "first", tag="net")
    other = LiveWriter(tmp_path / "other")  # fills a tab to go to
    other.scalar("loss", 0, 1.0)
    other.close()
    first = {("first/rnnview", "net"): [0]}
    with TensorBoardProcess(tmp_path) as process:
        process.wait_for_steps(first)
        view = new_view()
        view.open(process.url)
        expect(view.canvas).to_have_attribute("data-drawn", DRAWN)
        view.kernel("layer2").click()
        write_timeline(stacked(1, 4), tmp_path / "second", tag="net")
        process.wait_for_steps({**first, ("second/rnnview", "net"): [0]})
        view.page.locator("button.reload-button").click()
        expect(view.chooser("run").locator("option")).to_have_count(2)
        expect(view.details.locator("h2")).to_have_text("Kernel of layer 2")
        expect(view.headline).to_have_text("3 layers × 3 timesteps")

        # Out of sight it asks for nothing; back in sight it catches up.
        asked: list[str] = []
        view.page.on("request", lambda r: asked.append(r.url))
        view.page.get_by_role("tab", name="Time Series").click()
        expect(view.frame.locator("html")).to_be_hidden()
        write_timeline(stacked(1, 5), tmp_path / "third", tag="net")
        steps = {**first, ("second/rnnview", "net"): [0], ("third/rnnview", "net"): [0]}
        process.wait_for_steps(steps)
        asked.clear()
        with view.page.expect_response(re.compile("data/runs")):
            view.page.locator("button.reload-button").click()
        assert [url for url in asked if "/rnnview/" in url] == []
        view.page.get_by_role("tab", name="RNN VIEW").click()
        expect(view.chooser("run").locator("option")).to_have_count(3)


def test_without_data_it_shows_the_line_to_add(new_view: NewView, tmp_path: Path) -> None:
    with TensorBoardProcess(tmp_path) as process:
        view = new_view()
        view.open(process.url)
        expect(view.frame.locator("body")).to_contain_text(
            "tb_rnnview.export(tf.compat.v1.get_default_graph(), logdir)"
        )
        expect(view.frame.locator("body")).to_contain_text(
            "tb-rnnview export model.meta --logdir logs"
        )


def test_a_failing_answer_is_told_and_the_page_goes_on(view: RNNView) -> None:
    problem = view.frame.get_by_role("alert")

    def half(route: Route) -> None:
        route.fulfill(status=200, content_type="application/json", body='{"schema_version": 1, "la')

    for answer, words in (
        (lambda r: r.abort(), "cannot be reached"),
        (half, "incomplete"),
        (lambda r: r.fulfill(status=200, body=json.dumps({"x": 1})), "no timeline"),
        (lambda r: r.fulfill(status=404, body="Not found: no such step"), "no such step"),
        (lambda r: r.fulfill(status=500, body="<b>oops</b>"), "answered 500: <b>oops</b>"),
        (
            lambda r: r.fulfill(status=200, body='{"schema_version":2,"layers":[],"variables":[]}'),
            "pip install -U tb-rnnview",
        ),
    ):
        view.page.route("**/rnnview/timeline*", answer)
        view.chooser("run").select_option("bidirectional/rnnview")
        expect(problem).to_contain_text(words)
        expect(problem).to_contain_text("still starting_program of starting_program/rnnview")
        view.page.unroute("**/rnnview/timeline*")
        # What was there is still there, and can still be used.
        view.kernel("layer1").hover()
        expect(view.details.locator("h2")).to_have_text("Kernel of layer 1")
        problem.get_by_role("button", name="Try again").click()
        expect(problem).to_have_count(0)
        expect(view.headline).to_have_text("1 bidirectional layer × 5 timesteps")
        view.chooser("run").select_option("starting_program/rnnview")
        expect(view.headline).to_have_text("3 layers × 3 timesteps")


def test_a_slow_answer_is_waited_for_and_an_overtaken_one_is_dropped(view: RNNView) -> None:
    held: list[Route] = []
    view.page.route("**/rnnview/timeline?run=bidirectional*", lambda route: held.append(route))
    view.chooser("run").select_option("bidirectional/rnnview")
    expect(view.frame.get_by_role("status")).to_contain_text("Waiting")
    expect(view.headline).to_have_text("3 layers × 3 timesteps")
    view.chooser("run").select_option("large/rnnview")
    expect(view.headline).to_have_text("10 layers × 1,000 timesteps")
    expect(view.frame.get_by_role("status")).to_be_empty()
    for route in held:
        route.abort()
    expect(view.headline).to_have_text("10 layers × 1,000 timesteps")
    expect(view.frame.get_by_role("alert")).to_have_count(0)
