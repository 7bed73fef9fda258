"""Beam search: the states of a step are picked by what was computed from that step's output."""

from __future__ import annotations

from tb_rnnview.facade import analyze
from tb_rnnview.timeline import Kind
from tests.oracle.count import count
from tests.programs.beam import beam_search


def test_picking_states_by_their_parents_makes_the_scores_no_part_of_the_recurrence() -> None:
    claimed = analyze(beam_search().graph)
    kinds = {frozenset(v.name for v in claimed.variables_of(x.id)): x.kind for x in claimed.layers}
    assert kinds == {
        frozenset({"table"}): Kind.STEPWISE,
        frozenset({"cell/kernel", "cell/bias"}): Kind.RECURRENT,
        frozenset({"weight"}): Kind.STEPWISE,
    }


def test_the_rows_of_the_kernel_are_those_of_input_and_state() -> None:
    (kernel,) = (v for v in analyze(beam_search().graph).variables if v.name == "cell/kernel")
    rows = {b.name: (b.start, b.stop) for b in kernel.blocks if b.dimension == 0}
    assert rows == {"input": (0, 3), "hidden": (3, 7)}


def test_every_weight_is_used_once_a_step() -> None:
    case = beam_search()
    claimed = analyze(case.graph)
    (axis,) = claimed.axes
    assert {
        v.name: [(u.axis, u.start, u.stop, u.reads) for u in v.uses] for v in claimed.variables
    } == {v: [(axis.id, 0, 4, 1)] for v in case.truth.weights}
    assert count(case).totals == dict.fromkeys(case.truth.weights, 4)
