"""Uses claimed must equal uses counted: each program is really run, and its reads are counted."""

from __future__ import annotations

import pytest

from tests.analysis.claims import executions, timeline
from tests.oracle.counted import uses_of
from tests.programs.catalogue import NAMES, program


@pytest.mark.parametrize("name", NAMES)
def test_claimed_uses_are_the_counted_uses(name):
    case, claimed = program(name), timeline(name)
    used = [v for v in claimed.variables if v.uses]
    totals = {v.name: case.rounds * executions(claimed, v, case.steps) for v in used}
    assert totals == uses_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_layers_cover_the_used_variables(name):
    claimed = timeline(name)
    ids = {layer.id for layer in claimed.layers}
    for variable in claimed.variables:
        # A weight decay belongs to no layer: "".
        assert {use.layer for use in variable.uses} - {""} == set(variable.layers)
        assert set(variable.layers) <= ids
    assert ids == {layer for variable in claimed.variables for layer in variable.layers}
