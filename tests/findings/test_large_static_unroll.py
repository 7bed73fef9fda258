"""LARGE_STATIC_UNROLL: timesteps that are written out, where a loop would be a small graph."""

from __future__ import annotations

import pytest

from tb_rnnview import analyze
from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.network import large_static_unroll
from tb_rnnview.timeline import Encoding, Severity
from tests.findings.network import found, with_axis
from tests.programs.tf1 import rnn_cell, tf
from tests.timelines import stacked

CODE = "LARGE_STATIC_UNROLL"


def test_it_says_what_a_loop_would_save() -> None:
    timeline = with_axis(stacked(2, 501), encoding=Encoding.UNROLLED)
    (finding,) = found(CODE, timeline, Facts(written_out={"axis0": 12}))
    assert finding.severity is Severity.INFO
    assert "501 timesteps are written out one by one. Each has about 12 op" in finding.message
    assert "would save about 6,000," in finding.message
    assert finding.layers == ("layer0", "layer1")


@pytest.mark.parametrize(
    ("timesteps", "encoding", "operations", "tells"),
    [
        (1001, Encoding.UNROLLED, 5, True),
        (1000, Encoding.UNROLLED, 5, False),
        (1001, Encoding.WHILE_FRAME, 5, False),
        (1001, Encoding.UNROLLED, 0, False),
        (None, Encoding.UNROLLED, 5, False),
    ],
)
def test_where_it_begins(
    timesteps: int | None, encoding: Encoding, operations: int, tells: bool
) -> None:
    timeline = with_axis(stacked(1, 2), length=timesteps, encoding=encoding)
    assert bool(found(CODE, timeline, Facts(written_out={"axis0": operations}))) is tells


def test_the_operations_of_a_timestep_are_those_of_its_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large_static_unroll, "FROM", 1)
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        elements = tf.unstack(x, axis=1)
        tf.nn.static_rnn(rnn_cell.BasicRNNCell(5), elements, dtype=tf.float32)
    (finding,) = (f for f in analyze(graph).findings if f.code == CODE)
    # A concatenation, a product, a sum, a tanh.
    assert "6 timesteps are written out one by one. Each has about 4 operations" in finding.message
