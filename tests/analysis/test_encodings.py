"""How an axis is said to be written where the loops along it are written in several ways."""

from __future__ import annotations

from typing import Any

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Encoding
from tests.programs.tf1 import tf


def _fused(x: Any) -> Any:
    """A BlockLSTM of 4 units; time first."""
    zeros, peephole = tf.zeros([2, 4]), tf.zeros([4])
    return tf.raw_ops.BlockLSTM(
        seq_len_max=tf.constant(5, tf.int64),
        x=x,
        cs_prev=zeros,
        h_prev=zeros,
        w=tf.get_variable("fused/w", [int(x.shape[2]) + 4, 16]),
        wci=peephole,
        wcf=peephole,
        wco=peephole,
        b=tf.get_variable("fused/b", [16]),
    ).h


def _plain(x: Any) -> Any:
    w = tf.get_variable("plain/w", [int(x.shape[2]) + 4, 4])
    return tf.scan(lambda h, v: tf.tanh(tf.concat([v, h], 1) @ w), x, tf.zeros([2, 4]))


def _unrolled(x: Any) -> Any:
    w = tf.get_variable("unrolled/w", [int(x.shape[2]) + 4, 4])
    h, found = tf.zeros([2, 4]), []
    for v in tf.unstack(x):
        h = tf.tanh(tf.concat([v, h], 1) @ w)
        found.append(h)
    return tf.stack(found)


def _stepwise(x: Any) -> Any:
    """No recurrence: a loop all the same."""
    w = tf.get_variable("each/w", [int(x.shape[2]), 3])
    return tf.map_fn(lambda v: v @ w, x)


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ((_fused, _plain), Encoding.FUSED_OP),
        ((_plain, _fused), Encoding.WHILE_FRAME),
        ((_unrolled, _plain), Encoding.UNROLLED),
        ((_plain, _unrolled), Encoding.WHILE_FRAME),
        ((_stepwise, _fused), Encoding.FUSED_OP),
        ((_stepwise,), Encoding.WHILE_FRAME),
    ],
)
def test_it_is_that_of_the_first_recurrence(layers: Any, told: Encoding) -> None:
    with tf.Graph().as_default() as graph:
        found = tf.placeholder(tf.float32, [5, 2, 3])
        for layer in layers:
            found = layer(found)
        tf.identity(found, name="out")
    (axis,) = analyze(graph, outputs=["out"]).axes
    assert (axis.length, axis.encoding) == (5, told)
