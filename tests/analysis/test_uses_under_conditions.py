"""A use that a condition may leave out is said to be the most that there may be."""

from __future__ import annotations

import tensorflow as tf

from tb_rnnview.facade import analyze
from tests.programs.program import fill


def _reason(both: bool) -> str:
    own = tf.Variable(fill(5, 5), name="own")

    @tf.function
    def run(x, flag):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            if flag:
                h = tf.tanh(x[t] + tf.matmul(h, own))
            elif both:
                h = tf.nn.relu(x[t] + tf.matmul(h, own))
        return h

    flag = tf.TensorSpec([], tf.bool)
    claimed = analyze(run, inputs=[tf.TensorSpec([4, 2, 5], tf.float32), flag])
    (variable,) = claimed.variables
    assert [(use.start, use.stop, use.reads) for use in variable.uses] == [(0, 4, 1)]
    return variable.reason


def test_one_branch():
    assert "condition" in _reason(both=False)


def test_both_branches():
    assert _reason(both=True) == ""
