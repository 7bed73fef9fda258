"""The rules that read statistics: each says at which timesteps and training steps it holds."""

from __future__ import annotations

import numpy as np
import pytest

from tb_rnnview.findings.places import timesteps
from tb_rnnview.findings.rules import findings_of_log
from tb_rnnview.statistics import LayerStatistics, StatisticsRow
from tb_rnnview.timeline import Severity
from tests.findings.logs import T, backward, falling, found, logged
from tests.timelines import stacked

NAN = float("nan")
H, C = ("state_gradient", "h"), ("state_gradient", "c")
LIVE = ("live", "")
CALM = {H: falling(0.8)}


def test_numbers_that_are_not_finite() -> None:
    fine = {("non_finite", "values"): [0] * T, ("non_finite", "gradients"): [0] * T}
    bad = {**fine, ("non_finite", "gradients"): [7, 1, 0, 0, 0, 0, 0, 0, 0, 4]}
    assert found("NON_FINITE", logged(fine, fine)) == []
    (finding,) = found("NON_FINITE", logged(fine, bad, fine))
    assert (finding.severity, finding.layers) == (Severity.ERROR, ("layer0",))
    assert finding.message == (
        "cell_0 has gradients that are NaN or infinite, at 1 of 3 logged training steps, 100. At "
        "the first of these steps, 100, it is 12 of them, at timesteps 0 – 1 and 9."
    )


def test_a_gradient_that_vanishes() -> None:
    small = {H: falling(0.1)}
    (finding,) = found("VANISHING", logged(CALM, small, small))
    assert (finding.severity, finding.layers) == (Severity.WARNING, ("layer0",))
    assert finding.message.startswith("The gradient vanishes in cell_0: at timesteps 0 – 3 it is")
    assert "at timestep 9." in finding.message
    assert finding.message.endswith("It is so at 2 of 3 logged training steps, 100 – 200.")


def test_a_backward_layer_forgets_the_end_of_the_sequence() -> None:
    (finding,) = found("VANISHING", logged({H: falling(0.1)[::-1]}), backward())
    assert "at timesteps 6 – 9 it is less" in finding.message
    assert finding.message.endswith("It is so at training step 0.")


@pytest.mark.parametrize(
    "rows",
    [
        CALM,
        {H: falling(0.1), C: falling(0.9)},
        {H: falling(0.1)[::-1]},
        {H: [0.0] * 6 + [1.0] * 4},
        {H: [0.0] * T},
        {H: [NAN] * T},
        {H: [1e-9] * 5 + [1.0] * 5, LIVE: [0.0] * 5 + [1.0] * 5},
        {("activation", "h"): [1.0] * T},
    ],
    ids=[
        "calm",
        "another state carries it",
        "what is visited later",
        "stopped on purpose",
        "no gradient at all",
        "not defined",
        "before the sequences begin",
        "not measured",
    ],
)
def test_gradients_that_do_not_vanish(rows: dict[tuple[str, str], list[float]]) -> None:
    assert found("VANISHING", logged(rows)) == []


def test_what_is_over_is_not_told() -> None:
    assert found("VANISHING", logged({H: falling(0.1)}, CALM)) == []
    assert found("EXPLODING", logged({H: falling(10)}, CALM)) == []


def test_a_gradient_that_explodes() -> None:
    (finding,) = found("EXPLODING", logged({H: falling(4)}))
    assert (finding.severity, finding.layers) == (Severity.WARNING, ("layer0",))
    # 4 ** 5 = 1024 times as much, five timesteps before the last
    assert "at timesteps 0 – 4 it is more than 1,000 times" in finding.message
    (finding,) = found("EXPLODING", logged({H: falling(4)[::-1]}), backward())
    assert "at timesteps 5 – 9 it is more than 1,000 times" in finding.message


@pytest.mark.parametrize("by", [0.5, 1, 2])
def test_gradients_that_do_not_explode(by: float) -> None:
    assert found("EXPLODING", logged({H: falling(by)})) == []


def test_padding_is_no_place_where_the_loss_reaches_a_layer() -> None:
    padded = {H: [1.0] * 5 + [1e-6] * 5, LIVE: [1.0] * 5 + [0.0] * 5}
    assert found("EXPLODING", logged(padded)) == []
    assert found("EXPLODING", logged({H: [1.0] * 5 + [0.0] * 5})) == []


def test_infinite_gradients_are_told_once() -> None:
    rows = {H: [np.inf] * 3 + [1.0] * 7, ("non_finite", ""): [9] * 3 + [0] * 7}
    findings = findings_of_log(stacked(1, T), {"net/cell_0": logged(rows)})
    assert [f.code for f in findings] == ["NON_FINITE"]


def test_a_saturated_gate() -> None:
    shut, open_ = ("saturation", "f"), ("saturation", "i")
    rows = {("saturation", ""): [0.99] * T, shut: [0.8] + [1.0] * 9, open_: [0.8] * T}
    (finding,) = found("SATURATED_GATE", logged(rows))
    assert (finding.severity, finding.layers) == (Severity.INFO, ("layer0",))
    assert finding.message.startswith("Gate f of cell_0 is saturated: 98% of its units")
    assert "at timesteps 1 – 9," in finding.message


def test_dead_units() -> None:
    h, live = ("activation", "h"), [1.0] * 6 + [0.0] * 4
    dead = {h: [0.0] * 6 + [NAN] * 4, ("activation", "c"): [0.0] * 5 + [0.1] * 5, LIVE: live}
    (finding,) = found("DEAD_UNITS", logged({**dead, h: [0.5] * T}, dead))
    assert (finding.severity, finding.layers) == (Severity.WARNING, ("layer0",))
    assert finding.message.startswith("All units of h in cell_0 are dead: they are zero for the")
    assert "at timesteps 0 – 5." in finding.message
    assert finding.message.endswith("It is so at 1 of 2 logged training steps, 100.")


def test_columns_of_several_timesteps_are_told_as_timesteps() -> None:
    record = LayerStatistics.from_timesteps(
        "x", [StatisticsRow("live")], np.ones((1, 100)), whole=[1], max_columns=10
    )
    flags = np.zeros(10, bool)
    flags[[0, 1, 5]] = True
    assert timesteps(record, flags) == "timesteps 0 – 19 and 50 – 59"
    flags[[3, 7]] = True
    assert timesteps(record, flags) == "timesteps 0 – 19, 30 – 39, 50 – 59 and more"


def test_what_matters_most_comes_first() -> None:
    rows = {H: falling(0.1), ("non_finite", "values"): [1] * T, ("saturation", "f"): [1.0] * T}
    findings = findings_of_log(stacked(1, T), {"net/cell_0": logged(rows)})
    assert [f.code for f in findings] == ["NON_FINITE", "VANISHING", "SATURATED_GATE"]
