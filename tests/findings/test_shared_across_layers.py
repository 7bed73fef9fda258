"""SHARED_ACROSS_LAYERS: several recurrent layers read one storage."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tb_rnnview import analyze
from tb_rnnview.timeline import Finding, Severity
from tests.analysis.claims import timeline
from tests.programs.program import fill

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
    stack = tf.Variable(fill(3, 8, 4), name="stack")

    @tf.function
    def run(x: tf.Tensor) -> tf.Tensor:
        states = [tf.zeros([2, 4])] * 3
        for t in tf.range(5):
            value, new = x[t], []
            for k in range(3):
                value = tf.tanh(tf.concat([value, states[k]], 1) @ stack[k])
                new.append(value)
            states = new
        return states[2]

    claimed = analyze(run, inputs=tf.TensorSpec([5, 2, 4]))
    assert len(claimed.variables[0].layers) == 3
    assert CODE not in [f.code for f in claimed.findings]
