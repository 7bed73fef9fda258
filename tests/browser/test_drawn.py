"""What is drawn for the starting program, and what lights up."""

from __future__ import annotations

import itertools

from playwright.sync_api import expect

from tests.browser.conftest import RNNView

LAYERS = ("layer0", "layer1", "layer2")
TAP = (10.0, 7.0)
"""Where a wire's tap is, from the left bottom corner of a cell."""
TRUNK = (10.0, 13.0)


def test_the_sentence_is_the_headline(view: RNNView) -> None:
    expect(view.headline).to_have_text("3 layers × 3 timesteps")
    expect(view.frame.locator("header p")).to_have_text(
        "Each layer's weights are shared by its 3 timesteps: 52,900 parameters "
        "(158,700 if every timestep had its own)."
    )


def test_three_kernels_nine_cells_one_wire_each_with_three_taps(view: RNNView) -> None:
    expect(view.frame.locator("[data-kernel]")).to_have_count(3)
    expect(view.frame.locator("[data-cell]")).to_have_count(9)
    drawn = view.drawn()
    assert drawn["cells"] == 9
    assert [(w["layer"], w["taps"]) for w in drawn["wires"]] == [(x, 3) for x in LAYERS]


def test_the_canvas_shows_the_wires(view: RNNView) -> None:
    wires = {"layer0": view.colour("wire")}  # chosen at first
    for layer in LAYERS:
        wire = wires.get(layer, view.colour("wire-quiet"))
        for t in range(3):
            assert view.pixels(view.cell(layer, t), [TAP, TRUNK]) == [wire, wire], (layer, t)
        # One wire: unbroken from the first tap to the last, and no farther.
        first, last = (view.cell(layer, t).bounding_box() for t in (0, 2))
        assert first
        assert last
        length = last["x"] - first["x"]
        along = [(TRUNK[0] + length * k / 40, TRUNK[1]) for k in range(41)]
        painted = view.pixels(view.cell(layer, 0), along)
        # The arrows of data cross the wire; everything else on its way is wire.
        assert sum(p == wire for p in painted) >= 37, layer
        beyond = view.pixels(view.cell(layer, 2), [(TRUNK[0] + 30, TRUNK[1])])
        assert beyond == [view.colour("grid")], layer


def test_layers_go_up_and_time_goes_right(view: RNNView) -> None:
    boxes = {(layer, t): view.cell(layer, t).bounding_box() for layer in LAYERS for t in range(3)}
    for layer in LAYERS:
        xs = [box["x"] for t in range(3) if (box := boxes[layer, t])]
        assert xs == sorted(xs)
        assert len(set(xs)) == 3
    ys = [box["y"] for layer in LAYERS if (box := boxes[layer, 0])]
    assert ys == sorted(ys, reverse=True)
    assert len(set(ys)) == 3


def test_kernels_are_drawn_to_scale(view: RNNView) -> None:
    boxes = [view.kernel(layer).bounding_box() for layer in LAYERS]
    heights = [box["height"] - 7 for box in boxes if box]  # the bias is below, after a gap
    assert abs(heights[0] / heights[1] - 126 / 200) < 0.01
    assert heights[1] == heights[2]
    inputs, hidden = (
        float(view.kernel("layer0").locator("rect").nth(i).get_attribute("height") or 0)
        for i in range(2)
    )
    assert abs(inputs / hidden - 26 / 100) < 0.01


def test_pointing_at_a_kernel_lights_every_use(view: RNNView) -> None:
    view.kernel("layer1").hover()
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 1")
    assert view.lit() == {"layer0": 0, "layer1": 3, "layer2": 0}
    for t in range(3):
        assert view.pixels(view.cell("layer1", t), [TAP]) == [view.colour("wire")]
        assert view.pixels(view.cell("layer0", t), [TAP]) == [view.colour("wire-quiet")]
    expect(view.rows.nth(2)).to_have_class("lit ")
    view.headline.hover()
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 0")
    assert view.lit() == {"layer0": 3, "layer1": 0, "layer2": 0}


def test_focus_does_what_the_pointer_does(view: RNNView) -> None:
    view.frame.get_by_role("button", name="Closer").focus()
    view.page.keyboard.press("Tab")
    expect(view.cell("layer0", 0)).to_be_focused()
    view.page.keyboard.press("Tab")
    expect(view.kernel("layer0")).to_be_focused()
    view.page.keyboard.press("ArrowUp")
    expect(view.kernel("layer1")).to_be_focused()
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 1")
    assert view.lit() == {"layer0": 0, "layer1": 3, "layer2": 0}
    outline = view.kernel("layer1").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_the_table_is_one_stop_of_the_keyboard(view: RNNView) -> None:
    view.frame.locator(".variables").focus()
    view.page.keyboard.press("Tab")
    expect(view.frame.get_by_role("button", name="Variable")).to_be_focused()
    view.page.keyboard.press("ArrowRight")
    expect(view.frame.get_by_role("button", name="Shape")).to_be_focused()
    for only in ("role", "layer"):
        view.page.keyboard.press("Tab")
        expect(view.frame.locator(f"[data-filter={only}]")).to_be_focused()
    view.page.keyboard.press("Tab")
    expect(view.rows.nth(0).locator("button")).to_be_focused()
    view.page.keyboard.press("End")
    expect(view.rows.nth(5).locator("button")).to_be_focused()
    expect(view.details.locator("h2")).to_have_text("Bias of layer 2")
    view.page.keyboard.press("ArrowUp")
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 2")
    for name in ("CSV", "JSON"):
        view.page.keyboard.press("Tab")
        expect(view.frame.get_by_role("button", name=name)).to_be_focused()
    view.page.keyboard.press("Tab")
    expect(view.details).to_be_focused()


def test_words_are_explained_to_who_points_at_them(view: RNNView) -> None:
    for word in ("Layer", "Timesteps", "Role", "Uses"):
        heading = view.frame.locator("th", has_text=word)
        assert (heading.get_attribute("title") or "").startswith(word.removesuffix("s"))
    legend = view.frame.locator(".legend li")
    expect(legend).to_have_text(
        [
            "rows for the input",
            "rows for the state",
            "bias",
            "the one kernel, read at every tap",
            "state, handed on",
            "all kernels to one scale",
        ]
    )
    assert all(item.get_attribute("title") for item in legend.all())


def test_the_wire_stands_for_its_kernel(view: RNNView) -> None:
    box = view.cell("layer2", 1).bounding_box()
    assert box
    view.page.mouse.move(box["x"] + box["width"] + 20, box["y"] + box["height"] + TRUNK[1])
    expect(view.details.locator("h2")).to_have_text("Kernel of layer 2")
    assert view.lit() == {"layer0": 0, "layer1": 0, "layer2": 3}


def test_a_cell_shows_the_variables_it_reads(view: RNNView) -> None:
    box = view.cell("layer1", 2).bounding_box()
    assert box
    view.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(view.details.locator("h2")).to_have_text("Layer 1 at timestep 2")
    reads = view.details.locator(".reads li .mono")
    scope = "rnn/multi_rnn_cell/cell_1/basic_rnn_cell"
    expect(reads).to_have_text([f"{scope}/kernel", f"{scope}/bias"])
    expect(view.details).to_contain_text("from timestep 1")
    expect(view.frame.locator("tbody tr.lit")).to_have_count(2)


def test_arrow_keys_walk_from_cell_to_cell(view: RNNView) -> None:
    view.cell("layer0", 0).focus()
    expect(view.details.locator("h2")).to_have_text("Layer 0 at timestep 0")
    expect(view.details).to_contain_text("starts from zeros")
    for key, place in (
        ("ArrowRight", "Layer 0 at timestep 1"),
        ("ArrowUp", "Layer 1 at timestep 1"),
        ("End", "Layer 1 at timestep 2"),
        ("ArrowRight", "Layer 1 at timestep 2"),
        ("Home", "Layer 1 at timestep 0"),
    ):
        view.page.keyboard.press(key)
        expect(view.details.locator("h2")).to_have_text(place)


def test_the_panel_gives_the_reason_for_the_shape(view: RNNView) -> None:
    expect(view.details).to_contain_text("Why 126 rows?")
    expect(view.details.locator(".sum")).to_have_text("26 input + 100 hidden")
    expect(view.details.locator(".formula")).to_contain_text(
        "ht = tanh([xt, ht−1] · kernel + bias)"
    )


def test_the_table_is_the_programs_own_list_and_more(view: RNNView) -> None:
    expected = []
    for i, rows in enumerate((126, 200, 200)):
        scope = f"rnn/multi_rnn_cell/cell_{i}/basic_rnn_cell"
        kernel = [f"{scope}/kernel", f"({rows}, 100)", "kernel", str(i), "0 – 2", "3", "× 3"]
        bias = [f"{scope}/bias", "(100,)", "bias", str(i), "0 – 2", "3", "× 3", "100"]
        expected += [[*kernel, f"{rows * 100:,}"], bias]
    found = [
        [" ".join(cell.split()) for cell in row.locator("td").all_text_contents()]
        for row in view.rows.all()
    ]
    assert found == expected
    expect(view.frame.locator("tfoot")).to_contain_text("52,900")


def test_the_wires_colour_is_no_colour_of_data(view: RNNView) -> None:
    names = ("wire", "wire-back", "input", "hidden", "bias", "edge", "other")
    for a, b in itertools.combinations(names, 2):
        assert view.colour(a) != view.colour(b)
