"""How often a variable is used: DESIGN §2, uses on a nested axis repeat for every outer step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_rnnview.timeline import Kind, Use
from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.text import render
from tb_rnnview.views.uses import axes_around, total_words
from tests.views import samples


def words_and_letters(words: int | None, letters: int | None, *, bound: bool = False):
    outer = samples.time_axis(words, id="words", label="words", bound=bound)
    inner = samples.time_axis(letters, id="letters", label="letters", parent="words")
    return {"words": outer, "letters": inner}


ONCE = Use("layer0")
OUTER = Use("layer0", "words", 0, 3)
INNER = Use("layer0", "letters", 0, 4)
OPEN_OUTER = Use("layer0", "words")
OPEN_INNER = Use("layer0", "letters")


@pytest.mark.parametrize(
    ("lengths", "uses", "said"),
    [
        ((3, 4), [OUTER], "3"),
        ((3, 4), [INNER], "3 × 4 = 12"),
        ((3, 4), [replace(INNER, stop=2)], "3 × 2 = 6"),
        ((3, 4), [replace(INNER, reads=2)], "3 × 4 × 2 = 24"),
        ((3, 4), [INNER, OUTER, ONCE], "16"),
        ((3, 4), [replace(OUTER, stride=2, reads=2)], "4"),
        ((None, 4), [INNER], "T × 4"),
        ((3, None), [OPEN_INNER], "3 × T"),
        ((1, None), [OPEN_INNER], "T"),
        ((None, 4), [OPEN_OUTER, ONCE], "1 + T"),
        ((None, 4), [OPEN_OUTER, INNER], "5 × T"),
        ((None, None), [OPEN_INNER], "T₁ × T₂"),
        ((None, None), [OPEN_INNER, OPEN_INNER, OPEN_OUTER, ONCE], "1 + T₁ + 2 × T₁ × T₂"),
        ((None, 4), [replace(OPEN_OUTER, start=1)], "not known"),
        ((3, 4), [replace(INNER, reads=0)], "not known"),
        ((3, 4), [ONCE, replace(ONCE, reads=0)], "not known"),
    ],
)
def test_uses_multiply_along_nested_axes(lengths, uses, said: str) -> None:
    assert total_words(words_and_letters(*lengths), uses) == said


def test_a_bound_stays_a_bound_wherever_it_is() -> None:
    axes = words_and_letters(3, 4, bound=True)
    assert total_words(axes, [OUTER]) == "≤ 3"
    assert total_words(axes, [INNER]) == "≤ 12"
    assert total_words(axes, [ONCE]) == "1"
    unknown = words_and_letters(None, 4, bound=True)
    assert total_words(unknown, [INNER]) == "T × 4", "there is no number that bounds it"


def test_axes_that_lie_around_each_other_end() -> None:
    axes = {
        "a": samples.time_axis(2, id="a", parent="b"),
        "b": samples.time_axis(3, id="b", parent="a"),
        "c": samples.time_axis(3, id="c", parent="c"),
    }
    assert axes_around(axes, "a") == [axes["b"]]
    assert axes_around(axes, "c") == []


def test_a_nested_network_is_counted_and_named_by_labels() -> None:
    timeline = samples.nested()
    text = render(timeline, width=110)
    kernels = [line for line in text.splitlines() if "letters/kernel" in line]
    assert "3 × 4 = 12" in kernels[0]
    assert "Time axis letters: 4 timesteps, repeated at each of the 3 timesteps of words\n" in text
    assert "shared × 3 × 4" in text
    assert "axis0" not in text
    # 50 numbers at 3 × 4 timesteps, 77 at 3.
    assert sentence(timeline).detail == (
        "Each layer's weights are shared by its timesteps: "
        "127 parameters (831 if every timestep had its own)."
    )


def test_a_nested_axis_in_one_that_is_open() -> None:
    timeline = samples.nested()
    outer = replace(timeline.axes[0], length=None)
    uses = [
        replace(u, stop=None) if u.axis == "axis0" else u
        for v in timeline.variables
        for u in v.uses
    ]
    variables = [replace(v, uses=(u,)) for v, u in zip(timeline.variables, uses, strict=True)]
    text = render(
        replace(timeline, axes=(outer, timeline.axes[1]), variables=tuple(variables)), width=110
    )
    assert "repeated at each timestep of words\n" in text
    assert "shared × T × 4" in text


def test_what_no_layer_uses_is_told_apart() -> None:
    timeline = samples.what_was_meant()
    kernel, bias = timeline.variables
    decay = Use("", "", reads=1)
    text = render(
        replace(timeline, variables=(replace(kernel, uses=(*kernel.uses, decay)), bias)), width=110
    )
    assert "\n  also used once outside time, by no layer\n" in text
    lonely = replace(kernel, layers=(), uses=(replace(decay, reads=2),))
    for width in (50, 110):
        text = render(replace(timeline, variables=(lonely, bias)), width=width)
        assert "\n  used 2 times outside time, by no layer\n" in text
        row = " ".join(text[text.index("Variable") :].split())
        assert "no layer" in row
        assert "unused" not in row


def test_what_is_not_known_is_never_zero() -> None:
    timeline = samples.what_was_meant()
    kernel = timeline.variables[0]
    uses = tuple(replace(use, reads=0) for use in kernel.uses)
    text = render(replace(timeline, variables=(replace(kernel, uses=uses),)), width=110)
    (row,) = [line for line in text.splitlines() if "(126, 100)" in line]
    assert row.split()[-3:] == ["not", "known", "12,600"]


def test_when_an_unrecognised_layer_runs_is_not_known() -> None:
    timeline = samples.no_recurrence()
    layer = replace(timeline.layers[0], kind=Kind.UNKNOWN, reason="nobody knows")
    text = render(replace(timeline, layers=(layer,)), width=110)
    (row,) = [line for line in text.splitlines() if "dense/kernel" in line]
    assert row.split()[-4:] == ["not", "known", "1", "8"]
