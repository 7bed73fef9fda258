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


def test_more_conditions_than_are_tried():
    own = tf.Variable(fill(5, 5), name="own")

    @tf.function
    def run(x, *flags):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            for flag in flags:
                if flag:
                    h = tf.tanh(x[t] + tf.matmul(h, own))
        return h

    flags = [tf.TensorSpec([], tf.bool)] * 8
    specs = (tf.TensorSpec([4, 2, 5], tf.float32), *flags)
    (variable,) = analyze(run, inputs=specs).variables
    assert [use.reads for use in variable.uses] == [8]
    assert "condition" in variable.reason


def test_conditions_out_of_one_tensor_are_several():
    own = tf.Variable(fill(5, 5), name="own")

    @tf.function
    def run(x, flags):
        one, other = tf.unstack(flags)
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            if one:
                h = tf.tanh(x[t] + tf.matmul(h, own))
            if other:  # noqa: SIM108 - autograph reads both branches
                h = h + 1.0
            else:
                h = tf.tanh(x[t] + tf.matmul(h, own))
        return h

    specs = (tf.TensorSpec([4, 2, 5], tf.float32), tf.TensorSpec([2], tf.bool))
    (variable,) = analyze(run, inputs=specs).variables
    assert [use.reads for use in variable.uses] == [2]
