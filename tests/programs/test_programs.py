"""The programs are what they claim to be, before anything is analysed."""

from __future__ import annotations

import pytest

from tests.oracle.counted import uses_of
from tests.programs.catalogue import NAMES, TF1_NAMES, TF2_NAMES, program
from tests.programs.program import Program, Uses


def steps(case: Program, axis: str) -> int:
    """How often something on ``axis`` happens in a run of the program at full length."""
    times = 1
    while axis:
        known = case.truth.axes[axis]
        times *= known.length or case.steps
        axis = known.parent
    return times


def times(case: Program, use: Uses) -> int:
    """How often a use happens in a run of the program at full length."""
    if use.only is None:
        return use.reads * steps(case, use.axis)
    start, stop = use.only
    return use.reads * (stop - start) * steps(case, case.truth.axes[use.axis].parent)


@pytest.mark.parametrize("name", TF1_NAMES)
def test_loops_are_v1_while_frames(name):
    types = {op.type for op in program(name).graph.get_operations()}
    assert not types & {"While", "StatelessWhile", "PartitionedCall", "StatefulPartitionedCall"}
    assert bool(types & {"Enter", "RefEnter"}) == bool(types & {"NextIteration"})
    if any(not axis.unrolled for axis in program(name).truth.axes.values()):
        assert "Exit" in types


@pytest.mark.parametrize("name", NAMES)
def test_stated_uses_are_the_counted_uses(name):
    """The truth was written from the program's text; running the program agrees with it."""
    case = program(name)
    stated = {
        variable: case.rounds * sum(times(case, use) for use in weight.uses)
        for variable, weight in case.truth.weights.items()
    }
    assert stated == uses_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_is_consistent(name):
    truth = program(name).truth
    axes, layers = {"", *truth.axes}, set(truth.layers)
    assert {axis.parent for axis in truth.axes.values()} <= axes
    for layer in truth.layers.values():
        assert {axis for axis, _ in layer.runs or ()} <= axes
    for weight in truth.weights.values():
        assert {use.layer for use in weight.uses} <= {"", *layers}
        assert {use.axis for use in weight.uses} <= axes
    assert {start.layer for start in truth.starts} <= layers
    assert {end for one, other, _ in truth.connections for end in (one, other)} <= layers


def test_there_are_enough_of_them():
    assert len(TF1_NAMES) >= 20
    assert len(TF2_NAMES) >= 20
    assert len(set(NAMES)) == len(NAMES)
