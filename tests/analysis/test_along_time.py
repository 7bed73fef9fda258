"""Of a layer along time whose positions are no timesteps, that is said; of no other is it."""

from __future__ import annotations

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Kind
from tests.programs.catalogue import program


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pooled_windows_keras3", {"window"}),
        ("pooled_windows_keras2", {"window"}),
        ("transposed_windows_keras3", {"scores"}),
        ("transposed_windows_keras2", {"scores"}),
        ("dilated_causal_windows_keras3", set()),
        ("dilated_causal_windows_keras2", set()),
        ("dilated_windows_after_keras3", set()),
        ("windows_without_padding_keras3", set()),
        ("windows_between_keras3", set()),
        ("next_frames_keras3", set()),
        ("attention_of_many_heads_keras3", set()),
    ],
)
def test_positions_that_are_no_timesteps(name: str, told: set[str]) -> None:
    layers = [x for x in analyze(program(name).source).layers if x.kind is Kind.SEQUENCE]
    assert {x.name for x in layers if x.reason} == told
    assert all("no timesteps" in x.reason for x in layers if x.reason)
