"""What people build with Keras, drawn: several kinds of layers, both directions, several axes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest
from keras import Input, Model, Sequential, layers
from playwright.sync_api import expect

from tb_rnnview import Timeline, export
from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.uses import total_words, when_words
from tests.browser.conftest import RNNView
from tests.browser.test_in_tensorboard import DRAWN, NewView
from tests.browser.test_shapes import AXE
from tests.server.tensorboard_process import TensorBoardProcess


def sentiment() -> Model:
    """Layers of three kinds, below, between and above two recurrent ones."""
    return Sequential(
        [
            Input((12,), dtype="int32"),
            layers.Embedding(50, 8, name="lookup"),
            layers.LSTM(8, return_sequences=True, name="low"),
            layers.BatchNormalization(name="norm"),
            layers.LSTM(8, name="high"),
            layers.Dense(3, name="head"),
        ],
        name="sentiment",
    )


def tagger() -> Model:
    """Two bidirectional layers over sequences of any length."""
    return Sequential(
        [
            Input((None,), dtype="int32"),
            layers.Embedding(50, 8, mask_zero=True, name="lookup"),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="words"),
            layers.Bidirectional(layers.GRU(4), name="sentence"),
            layers.Dense(2, name="head"),
        ],
        name="tagger",
    )


def translator() -> Model:
    """A decoder that starts from the encoder's final state."""
    source, target = Input((7, 3)), Input((4, 2))
    _, h, c = layers.LSTM(8, return_state=True, name="encoder")(source)
    decoded = layers.LSTM(8, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    return Model([source, target], layers.Dense(6, name="vocabulary")(decoded), name="translator")


def siamese() -> Model:
    """One layer that reads two sequences."""
    left, right, reader = Input((7, 3)), Input((4, 3)), layers.LSTM(4, name="reader")
    both = layers.concatenate([reader(left), reader(right)])
    return Model([left, right], layers.Dense(1, name="alike")(both), name="siamese")


MODELS = {build.__name__: build for build in (sentiment, tagger, translator, siamese)}


@pytest.fixture(scope="module")
def timelines(log_folder: Path, tensorboard: TensorBoardProcess) -> dict[str, Timeline]:
    """What is written of each model, and shown by TensorBoard."""
    keras.utils.clear_session()
    made = {name: export(build(), str(log_folder / name)) for name, build in MODELS.items()}
    wanted = {(f"{name}/rnnview", name) for name in made}
    tensorboard.wait_for(lambda: wanted <= tensorboard.steps().keys())
    return made


class Drawn:
    """A model's page, by the names of its layers."""

    def __init__(self, view: RNNView, timeline: Timeline) -> None:
        self.view = view
        self.timeline = timeline

    def id(self, layer: str) -> str:
        return self.timeline.layer(layer).id

    def cells(self, layer: str) -> Any:
        return self.view.frame.locator(f"[data-cell={self.id(layer)}]")

    def height(self, layer: str) -> float:
        """How far down the page a layer's first cell is."""
        box = self.cells(layer).first.bounding_box()
        assert box
        return float(box["y"])

    def card(self, layer: str) -> Any:
        return self.view.frame.locator(f"[data-layer={self.id(layer)}]")

    def pressed(self, layer: str) -> None:
        self.view.kernel(self.id(layer)).first.click()


@pytest.fixture
def draw(new_view: NewView, tensorboard: TensorBoardProcess, timelines: dict[str, Timeline]) -> Any:
    def drawn(name: str, width: int = 1440, height: int = 1100, **options: Any) -> Drawn:
        view = new_view(width, height, **options)
        view.page.add_init_script(path=Path(__file__).parent / "texts.js")
        view.open(tensorboard.url, run=f"{name}/rnnview")
        expect(view.canvas).to_have_attribute("data-drawn", DRAWN)
        return Drawn(view, timelines[name])

    return drawn


Draw = Callable[..., Drawn]


def test_layers_of_three_kinds_have_their_place_in_the_flow(draw: Draw) -> None:
    page = draw("sentiment")
    expect(page.view.headline).to_have_text("2 layers × 12 timesteps")
    said = page.view.frame.locator("header p")
    # 50 · 8 of the embedding, 4 · 8 of the norm, 8 · 3 + 3 of the head
    expect(said).to_contain_text(
        "3 other layers, 459 parameters: lookup, norm (all timesteps at once), head (once)."
    )
    upwards = ("lookup", "low", "norm", "high", "head")
    heights = [page.height(layer) for layer in upwards]
    assert heights == sorted(heights, reverse=True)
    expect(page.view.rows.first).to_contain_text("all at once")
    for layer, cells in zip(upwards, (1, 12, 1, 12, 1), strict=True):
        expect(page.cells(layer)).to_have_count(cells)
    expect(page.card("low")).to_contain_text("low · LSTM")
    expect(page.card("low").locator(".shared")).to_have_text("shared × 12")
    expect(page.card("norm").locator(".shared")).to_have_count(0)


def test_what_runs_once_or_all_at_once_can_be_asked(draw: Draw) -> None:
    page = draw("sentiment")
    details = page.view.details
    page.cells("norm").focus()
    expect(details.locator("h2")).to_have_text("norm")
    expect(details).to_contain_text("Input from Layer 0")
    expect(details).to_contain_text("Goes to Layer 1")
    page.cells("head").focus()
    expect(details.locator("h2")).to_have_text("head")
    expect(details).to_contain_text("Input from Layer 1")
    page.pressed("lookup")
    expect(details.locator("h2")).to_have_text("Embedding of lookup")
    expect(details).to_contain_text("Used at timesteps once, for all timesteps at once")
    page.view.page.keyboard.press("Escape")


def test_both_directions_are_one_layer_side_by_side(draw: Draw) -> None:
    page = draw("tagger")
    expect(page.view.headline).to_have_text("2 bidirectional layers × T timesteps")
    forward, backward = "words/forward_lstm", "words/backward_lstm"
    for layer, title in ((forward, "Layer 0 forward"), (backward, "Layer 0 backward")):
        expect(page.card(layer).locator("h2")).to_have_text(title)
        expect(page.card(layer)).to_contain_text("words · LSTM")
    rows = [
        "lookup",
        *(backward, forward),
        *("sentence/backward_gru", "sentence/forward_gru"),
        "head",
    ]
    heights = [page.height(layer) for layer in rows]
    assert heights == sorted(heights, reverse=True)
    page.pressed(backward)
    lit = page.view.lit()
    assert {layer: n for layer, n in lit.items() if n} == {page.id(backward): 3}
    # The sequence comes in from below, and what both give goes on to the next layer.
    for layer in (backward, "sentence/backward_gru"):
        box = page.cells(layer).first.bounding_box()
        assert box
        middle = box["width"] / 2
        line, beside = page.view.pixels(page.cells(layer).first, [(middle, 22), (middle + 8, 22)])
        ground = page.view.colour("grid")
        assert beside == ground
        assert sum(line) < sum(ground) - 150, "a dark line on the light ground of the column"


def test_a_decoder_starts_where_the_encoder_ends(draw: Draw) -> None:
    page = draw("translator")
    expect(page.view.headline).to_have_text(
        "Encoder: 1 layer × 7 timesteps → decoder: 1 layer × 4 timesteps"
    )
    expect(page.view.frame.locator("header p")).to_contain_text(
        "'decoder' starts from the final state of 'encoder'."
    )
    expect(page.cells("encoder")).to_have_count(7)
    expect(page.cells("decoder")).to_have_count(4)
    assert page.height("decoder") < page.height("encoder")
    details = page.view.details
    page.cells("decoder").first.focus()
    expect(details).to_contain_text("starts from the final state of encoder")
    page.view.page.keyboard.press("ArrowRight")
    expect(details).to_contain_text("from timestep 0")
    page.cells("encoder").last.focus()
    expect(details).to_contain_text("Goes to Layer 0 · decoder (its initial state)")


def test_one_layer_on_two_sequences_has_one_kernel(draw: Draw) -> None:
    page = draw("siamese")
    expect(page.view.headline).to_have_text("1 layer × (7 + 4) timesteps")
    expect(page.cells("reader")).to_have_count(7 + 4)
    kernels = page.view.kernel(page.id("reader"))
    expect(kernels).to_have_count(2)  # for the input and for the state, drawn once
    page.pressed("reader")
    wires = [w for w in page.view.drawn()["wires"] if w["layer"] == page.id("reader")]
    assert sorted(w["lit"] for w in wires) == [4, 7]
    words = page.view.frame.locator(f"[data-layer={page.id('reader')}] .shared")
    assert sorted(words.all_inner_texts()) == ["shared × 4", "shared × 7"]


def test_arrow_keys_go_on_from_a_click_on_either_sequence(draw: Draw) -> None:
    page = draw("siamese")
    ids = [axis.id for axis in page.timeline.axes]
    title = page.view.details.locator("h2")
    for axis, last in zip(ids, (6, 3), strict=True):
        cell = page.view.frame.locator(f"[data-axis={axis}][data-column='1']").first
        box = cell.bounding_box()
        assert box
        page.view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(cell).to_be_focused()
        expect(title).to_have_text("Layer 0 at timestep 1")
        page.view.page.keyboard.press("ArrowRight")
        expect(title).to_have_text("Layer 0 at timestep 2")
        page.view.page.keyboard.press("End")
        expect(title).to_have_text(f"Layer 0 at timestep {last}")


@pytest.mark.parametrize("size", [(1000, 800), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("name", MODELS)
def test_everything_can_be_read_and_the_console_is_quiet(
    draw: Draw, name: str, size: tuple[int, int]
) -> None:
    view = draw(name, *size).view
    frame = next(f for f in view.page.frames if "name=rnnview" in f.url)
    texts: Any = frame.evaluate("hardToRead()")
    assert texts["count"] > 20
    assert texts["found"] == []
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [m for m in view.messages if "rnnview" in m] == []


@pytest.mark.parametrize("name", MODELS)
def test_the_page_says_what_the_terminal_says(
    draw: Draw, timelines: dict[str, Timeline], name: str
) -> None:
    said = sentence(timelines[name])
    view = draw(name).view
    expect(view.headline).to_have_text(said.headline)
    expect(view.frame.locator("header p")).to_have_text(" ".join([said.detail, *said.notes]))
    axes = {axis.id: axis for axis in timelines[name].axes}
    kinds = {layer.id: layer.kind for layer in timelines[name].layers}
    variables = timelines[name].variables
    when = [when_words(axes, variable.uses, kinds) for variable in variables]
    expect(view.rows.locator("td:nth-child(5)")).to_have_text(when)
    totals = [total_words(axes, variable.uses) for variable in variables]
    expect(view.rows.locator("td:nth-child(6)")).to_have_text(totals)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["tagger", "translator"])
def test_readers_of_all_kinds_can_use_it(draw: Draw, name: str, scheme: str) -> None:
    view = draw(name, color_scheme=scheme).view
    frame = next(f for f in view.page.frames if "name=rnnview" in f.url)
    frame.evaluate(AXE.read_text(encoding="utf-8"))
    found: Any = frame.evaluate("axe.run()")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
