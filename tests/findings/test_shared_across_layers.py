"""SHARED_ACROSS_LAYERS: several recurrent layers read one storage."""

from __future__ import annotations

import pytest

from tb_rnnview.timeline import Finding, Severity
from tests.analysis.claims import timeline

CODE = "SHARED_ACROSS_LAYERS"


def told(program: str) -> list[Finding]:
    return [f for f in timeline(program).findings if f.code == CODE]


@pytest.mark.parametrize("program", ["one_cell_twice", "static_one_cell_twice"])
def test_one_cell_in_a_list_twice(program: str) -> None:
    (finding,) = told(program)
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("2 layers read one storage. ")
    assert "`[cell] * n`" in finding.message
    assert " for _ in range(2)]`" in finding.advice
    assert finding.layers == ("layer0", "layer1")
    assert [name.rsplit("/")[-1] for name in finding.variables] == ["kernel", "bias"]


@pytest.mark.parametrize(
    "program", ["starting_program", "train_and_validate", "siamese", "towers", "tied_embedding"]
)
def test_layers_of_their_own_and_one_layer_in_several_places(program: str) -> None:
    assert told(program) == []


def test_layers_that_take_parts_of_one_variable_do_not_share_it() -> None:
    assert len(timeline("cudnn_both_ways").recurrent_layers) > 1
    assert told("cudnn_both_ways") == []
