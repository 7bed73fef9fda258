"""The terminal view: what it says, and that nothing in a graph can spoil it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tb_rnnview.timeline import Connection, Timeline, Use
from tb_rnnview.views.text import render
from tests.timelines import arbitrary
from tests.views import samples

ESCAPE = re.compile("\x1b\\[[0-9;]*m")


def lines_with(text: str, part: str) -> list[str]:
    return [line for line in text.splitlines() if part in line]


def columns_of(line: str, symbol: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(symbol), line)]


def test_the_starting_program() -> None:
    text = render(samples.starting_program(), width=100)
    assert "\n3 layers × 3 timesteps\n" in text
    said = " ".join(text.split())
    assert (
        "Each layer's weights are shared by its 3 timesteps: "
        "52,900 parameters (158,700 if every timestep had its own)." in said
    )
    kernels = lines_with(text, "shared × 3")
    assert [re.findall(r"\d+ × \d+", line)[0] for line in kernels] == [
        "200 × 100",
        "200 × 100",
        "126 × 100",
    ], "layers go up: the one that reads the input is the lowest"
    assert "126 rows = 26 input + 100 hidden" in kernels[-1]
    cells = lines_with(text, "h0")
    assert len(cells) == 3
    for cell, wire in zip(cells, kernels, strict=True):
        taps = columns_of(wire, "●")
        assert taps == [cell.index(f"h{t}") for t in range(3)], "one tap under every timestep"
        assert "zeros → h0 ──→ h1 ──→ h2 → final h" in cell
    steps = lines_with(text, "timestep 0")[0]
    assert [steps.index(f" {t} ") + 1 for t in range(3)] == columns_of(kernels[0], "●")


def test_one_timestep() -> None:
    text = render(samples.starting_program(length=1), width=100)
    assert "\n3 layers × 1 timestep\n" in text
    assert "Each layer's weights are used at its only timestep: 52,900 parameters." in text
    assert len(lines_with(text, "used once")) == 3
    assert "0 – 0" not in text
    one = render(samples.starting_program(layers=1, length=1), width=100)
    assert "Its weights are used at its only timestep: 12,700 parameters." in one


def test_the_table_is_in_the_programs_order_with_the_columns_that_it_leaves_out() -> None:
    text = render(samples.starting_program(), width=110)
    rows = [line.split() for line in lines_with(text, "basic_rnn_cell/")]
    assert rows == [
        [f"rnn/multi_rnn_cell/cell_{i}/basic_rnn_cell/{name}", *shape, name, str(i), *uses, size]
        for i, rows_of_kernel in enumerate((126, 200, 200))
        for name, shape, uses, size in (
            (
                "kernel",
                [f"({rows_of_kernel},", "100)"],
                ["0", "–", "2", "3"],
                f"{rows_of_kernel * 100:,}",
            ),
            ("bias", ["(100,)"], ["0", "–", "2", "3"], "100"),
        )
    ]
    assert lines_with(text, "6 variables")[0].split() == ["6", "variables", "52,900"]


def test_long_names_stand_whole_on_a_line_of_their_own() -> None:
    for width in (60, 80):
        text = render(samples.starting_program(), width=width)
        for variable in samples.starting_program().variables:
            assert f"\n{variable.name}\n" in text


def test_an_unknown_length_is_drawn_open_and_says_why() -> None:
    text = render(samples.unknown_length(), width=90)
    assert "\n3 layers × T timesteps\n" in text
    assert "T is not known: dimension 1 of “x” is not fixed.\n" in text
    assert "h0 ─→ h1 ─→ h2 ─→ … ─→ hT−1 → final h" in re.sub("─+", "─", text)
    assert "shared × T" in text
    assert "--length axis0=N" in text
    assert "0 – T−1" in text
    assert "if every timestep had its own" not in text


def test_layers_that_may_take_parts_of_one_variable_are_not_counted_as_copies_of_it() -> None:
    plain = samples.starting_program()
    whole, *others = plain.variables
    uses = (*whole.uses, *others[1].uses)
    shared = replace(whole, uses=uses, layers=tuple(u.layer for u in uses))
    claimed = replace(plain, variables=(shared, *others))
    assert "if every timestep had its own" in " ".join(render(claimed, width=90).split())
    shared = replace(shared, reason="only cuDNN knows where in it each kernel lies")
    claimed = replace(plain, variables=(shared, *others))
    assert "if every timestep had its own" not in " ".join(render(claimed, width=90).split())


def test_many_timesteps_are_folded_and_the_fold_is_not_tapped() -> None:
    text = render(samples.long_lstm(), width=90)
    cells, wire = lines_with(text, "h199")[0], lines_with(text, "shared × 200")[0]
    shown = [f"h{t}" for t in (0, 1, 2, 199)]
    assert columns_of(wire, "●") == [cells.index(cell) for cell in shown]
    assert wire[cells.index("…")] == "─"
    assert "96 rows = 32 input + 64 hidden" in text
    assert "256 columns = 64 i + 64 c + 64 f + 64 o" in text
    assert "24,832 parameters (4,966,400 if every timestep had its own)" in " ".join(text.split())
    assert "final c, h" in text


def test_a_backward_layer_runs_from_right_to_left() -> None:
    text = render(samples.bidirectional(), width=120)
    assert "\n1 bidirectional layer × up to 5 timesteps\n" in text
    forward, backward = lines_with(text, "h0 ")[:2]
    assert "Layer 0 forward" in forward
    assert "zeros → h0 ──→ h1 ──→ h2 ──→ h3 ──→ h4 → final h" in forward
    assert "Layer 0 backward" in backward
    assert "final h ← h0 ←── h1 ←── h2 ←── h3 ←── h4 ← initial_state_bw" in backward
    assert "≤ 5" in text
    said = " ".join(text.split())
    # By hand: two directions of (60·40 + 40 + 60·20 + 20), five timesteps at most.
    assert "7,320 parameters (up to 36,600 if every timestep had its own)" in said
    assert "A run may stop earlier: sequence_length stops each sequence." in said


def test_layers_without_a_state_have_their_place() -> None:
    text = render(samples.bidirectional(), width=120)
    lines = text.splitlines()
    head, below = lines.index(lines_with(text, "once, outside time")[0]), lines_with(text, "all at")
    assert lines[head].startswith("dense ")
    assert below[0].startswith("embedding ")
    assert "═" * 20 in below[0]
    recurrent = lines.index(lines_with(text, "Layer 0 forward")[0])
    assert head < recurrent < lines.index(below[0]), "in the order of data flow, upwards"
    assert "2 other layers, 40,123 parameters: " in text
    row = lines_with(text, "global_step")[0].split()
    assert row == ["global_step", "()", "other", "unused", "–", "0", "1"]
    assert "warning UNUSED_VARIABLE: global_step is used by no layer." in text


def test_every_axis_has_a_panel_of_its_own() -> None:
    text = render(samples.encoder_decoder(), width=100)
    assert "\nSource: 1 layer × 7 timesteps; target: 1 layer × 4 timesteps\n" in text
    assert text.index("Time axis source") < text.index("h6") < text.index("Time axis target")
    assert len(columns_of(lines_with(text, "projection  ")[0], "■")) == 4
    assert "projection at timestep t feeds Layer 0 · decoder at timestep t + 1." in text


def test_without_recurrence_it_says_so_and_draws_nothing() -> None:
    text = render(samples.no_recurrence(), width=80)
    assert "\nNo recurrent layer was found.\n" in text
    assert "Nothing in this graph hands a state" in text
    assert "●" not in text
    assert "dense/kernel" in text


def test_what_is_not_recognised_is_not_called_absent() -> None:
    text = render(samples.not_recognised(), width=80)
    assert "Nothing in this graph" not in text
    assert "No recurrent layer" not in text
    assert "The graph has no variables" not in text
    said = " ".join(text.split())
    assert "Part of this graph is not recognised. So it is not known whether it has a recu" in said
    assert said.index("which is not read yet") < said.index("there are no variables"), "at once"
    assert "Give the TensorFlow 1 graph." in said


def test_of_what_is_not_recognised_nothing_is_drawn() -> None:
    text = render(samples.partly_recognised(), width=100)
    assert "\n1 layer × 3 timesteps\n" in text
    assert "\nPart of this graph is not recognised; the reason is below.\n" in text
    assert lines_with(text, "mystery  ")[0].split() == ["mystery", "not", "recognised"]
    (kernel,) = lines_with(text, "8 × 8")
    assert kernel.split() == ["kernel", "8", "×", "8"]
    assert "Layer mystery is not recognised, because its loop" in text


def test_a_bound_is_said_in_words() -> None:
    bound = samples.bidirectional()
    said = " ".join(render(bound, width=120).split())
    assert (
        "Each direction's weights are shared by its timesteps, up to 5 of them: 7,320 parame"
        in said
    )
    assert "shared × up to 5" in said
    assert "A run may stop earlier: sequence_length stops each sequence." in said
    for reason, clause in (
        ("'rnn/Maximum' is computed from data", "it depends on data ('rnn/Maximum')."),
        ("'a' may end the loop at any step", "'a' may end the loop at any step."),
        ("Some sentence.", "Some sentence."),
    ):
        axis = replace(bound.axes[0], reason=reason)
        said = " ".join(render(replace(bound, axes=(axis,)), width=120).split())
        assert f"A run may stop earlier: {clause}" in said


def test_a_use_at_some_timesteps_taps_only_those() -> None:
    timeline = samples.what_was_meant()
    kernel = replace(timeline.variables[0], uses=(Use("layer0", "axis0", 1, 3),))
    text = render(replace(timeline, variables=(kernel,)), width=100)
    cells, wire = lines_with(text, "h0")[0], lines_with(text, "shared × 2")[0]
    assert columns_of(wire, "●") == [cells.index("h1"), cells.index("h2")]


def test_str_is_the_same_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    assert str(samples.starting_program()) == render(samples.starting_program(), width=90)
    assert "\x1b" not in str(samples.starting_program()), "a string can go anywhere"


def test_colour_changes_nothing_but_the_colour() -> None:
    for sample in samples.ALL:
        colored = render(sample(), width=90, color=True)
        lines = [line.rstrip() for line in ESCAPE.sub("", colored).splitlines()]
        assert lines == render(sample(), width=90).splitlines()
    assert "\x1b[" in render(samples.starting_program(), width=90, color=True)


@pytest.mark.parametrize("sample", samples.ALL)
@pytest.mark.parametrize("width", [40, 47, 60, 79, 80, 100, 133, 250])
def test_no_line_is_wider_than_the_terminal(sample, width: int) -> None:
    for line in render(sample(), width=width).splitlines():
        assert cell_len(line) <= width


@pytest.mark.parametrize("color", [False, True])
def test_hostile_names_are_spelled_out(color: bool) -> None:
    text = render(samples.hostile(), width=200, color=color)
    assert "a\\u{1b}[31mb\\u{d}\\u{a}c\\u{202e}d" in text
    assert "[bold red]f[/]" in text, "markup is text"
    assert ":smile:" in text
    assert_harmless(ESCAPE.sub("", text) if color else text)


def assert_harmless(text: str) -> None:
    acting = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert acting <= {"\n"}
    text.encode("utf-8")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(timeline=arbitrary(), width=st.integers(40, 200))
def test_any_timeline_can_be_drawn(timeline: Timeline, width: int) -> None:
    text = render(timeline, width=width)
    assert_harmless(text)
    assert all(cell_len(line) <= width for line in text.splitlines())


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=40), width=st.integers(40, 120))
def test_any_name_can_be_drawn(name: str, width: int) -> None:
    base = samples.encoder_decoder()
    timeline = replace(
        base,
        name=name,
        axes=tuple(replace(x, label=name, reason=name) for x in base.axes),
        layers=tuple(replace(x, name=name, cell=name) for x in base.layers),
        variables=tuple(replace(x, name=name, role=name) for x in base.variables),
        states=tuple(replace(x, name=name, initial=name) for x in base.states),
        connections=(*base.connections, Connection(name, name, 1)),
    )
    text = render(timeline, width=width)
    assert_harmless(text)
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_an_output_that_cannot_encode_the_drawing_gets_ascii(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ascii:
        encoding = "ascii"

    monkeypatch.setattr("sys.stdout", Ascii())
    text = render(samples.unknown_length(), width=90)
    text.encode("ascii")
    assert "3 layers x T timesteps" in text
    assert "h0 -> h1 -> h2 -> . -> hT-1 > final h" in re.sub("-+>", "->", text)
