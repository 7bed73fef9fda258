"""The table: search, order, filters, totals, and one selection for table and drawing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import RNNView
from tests.browser.networks import HOSTILE

SCOPE = "rnn/multi_rnn_cell/cell_1/basic_rnn_cell"


def test_searching_sorting_and_filtering_the_table(view: RNNView) -> None:
    search = view.frame.get_by_role("searchbox")
    stage = view.frame.locator(".stage")

    def place() -> list[int]:
        box = stage.bounding_box()
        assert box
        return [round(size) for size in box.values()]

    before = place()
    foot = view.frame.locator("tfoot")
    view.cell("layer0", 0).focus()
    view.page.keyboard.press("/")
    expect(search).to_be_focused()
    view.page.keyboard.type("layer 1")
    expect(view.rows).to_have_count(2)
    expect(foot).to_contain_text("2 of 6 variables")
    expect(foot).to_contain_text("20,100 of 52,900")
    expect(view.frame.locator(".found .hit")).to_have_text(["Layer 1 cell_1"])
    assert place() == before, "what is typed does not move the picture"
    with view.page.expect_download() as saved:
        view.frame.get_by_role("button", name="CSV").click()
    lines = saved.value.path().read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "variable",
        f"{SCOPE}/kernel",
        f"{SCOPE}/bias",
    ]
    search.focus()
    view.page.keyboard.press("Enter")
    expect(view.frame.locator(".found .hit")).to_be_focused()
    view.page.keyboard.press("Enter")
    expect(view.details.locator(".name")).to_have_text(f"{SCOPE}/kernel")
    assert view.lit() == {"layer0": 0, "layer1": 3, "layer2": 0}
    expect(view.rows.first).to_have_class("lit ")

    search.press("Escape")
    expect(view.rows).to_have_count(6)
    size = view.frame.locator("th.column-parameters")
    size.get_by_role("button").click()
    size.get_by_role("button").click()
    expect(size).to_have_attribute("aria-sort", "descending")
    expect(view.rows.locator("td:last-child")).to_have_text(
        ["20,000", "20,000", "12,600", "100", "100", "100"]
    )
    view.frame.locator("[data-filter=role]").select_option("bias")
    expect(view.rows).to_have_count(3)
    view.frame.get_by_role("button", name="List all").click()
    expect(view.rows).to_have_count(6)
    size.get_by_role("button").click()
    expect(size).to_have_attribute("aria-sort", "none")

    # A letter that is typed is no key of the page.
    search.fill("")
    search.press("?")
    expect(view.frame.get_by_role("dialog")).to_have_count(0)
    view.cell("layer0", 0).focus()
    view.page.keyboard.press("?")
    expect(view.frame.get_by_role("dialog", name="Keys")).to_be_visible()
    view.page.keyboard.press("Escape")
    expect(view.frame.get_by_role("dialog")).to_have_count(0)


def test_a_search_finds_findings_and_hostile_names_as_text(view: RNNView) -> None:
    view.chooser("run").select_option("hostile/rnnview")
    expect(view.headline).to_have_text("1 layer × 3 timesteps")
    view.frame.get_by_role("searchbox").fill("<img src=x")
    expect(view.rows).to_have_count(2)
    hits = view.frame.locator(".found .hit")
    expect(hits.last).to_contain_text(HOSTILE[:30])
    hits.last.click()
    expect(view.frame.locator(".findings .more").first).to_be_visible()
    expect(view.frame.locator("img")).to_have_count(0)
