"""TIME_MAJOR_SUSPECT: the loop runs along what looks like the batch."""

from __future__ import annotations

from typing import Any

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Finding, Severity
from tests.programs.tf1 import rnn_cell, tf

CODE = "TIME_MAJOR_SUSPECT"


def told(shape: list[int | None], time_major: bool, started: bool = False) -> list[Finding]:
    """What the rule tells of a ``dynamic_rnn`` over a placeholder of that shape."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, shape, name="x")
        batch = shape[1 if time_major else 0]
        start: dict[str, Any] = {"dtype": tf.float32}
        if started:
            start = {"initial_state": tf.placeholder(tf.float32, [batch, 5])}
        cell = rnn_cell.BasicRNNCell(5, name="cell")
        tf.nn.dynamic_rnn(cell, x, time_major=time_major, **start)
    return [f for f in analyze(graph).findings if f.code == CODE]


def test_an_open_first_dimension_that_is_taken_for_time() -> None:
    (finding,) = told([None, 20, 26], time_major=True)
    assert finding.severity is Severity.INFO
    assert "run along the first dimension of x [?, 20, 26], which is open, " in finding.message
    assert "take the second, of 20, for the batch" in finding.message
    assert finding.layers == ("layer0",)
    assert "`time_major=False`" in finding.advice


@pytest.mark.parametrize(
    ("shape", "time_major", "started"),
    [
        ([None, 20, 26], False, False),
        ([20, None, 26], True, False),
        ([None, None, 26], True, False),
        ([20, 8, 26], True, False),
        ([None, 1, 26], True, False),
        ([8, None, 26], False, False),
        ([None, 20, 26], True, True),
    ],
)
def test_near_misses(shape: list[int | None], time_major: bool, started: bool) -> None:
    assert told(shape, time_major, started) == []
