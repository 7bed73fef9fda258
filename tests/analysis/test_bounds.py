"""A length that data may make shorter is a bound, and what may make it so is told."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tb_rnnview import analyze


@pytest.mark.parametrize(("steps", "is_bound"), [("fed", True), (7, False)])
def test_a_limit_that_is_fed_beside_one_that_is_fixed(steps: str | int, is_bound: bool) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        limit = v1.placeholder(tf.int32, [], name="limit") if steps == "fed" else steps
        sequence = v1.placeholder(tf.float32, [10, 2, 3])
        kernel = v1.get_variable("kernel", [3, 3])
        _, state = tf.while_loop(
            lambda i, _: i < limit,
            lambda i, h: (i + 1, tf.tanh(h @ kernel + sequence[i])),
            (0, tf.zeros([2, 3])),
            maximum_iterations=10,
        )
        tf.identity(state)
    (axis,) = analyze(graph).axes
    assert (axis.length, axis.length_is_bound) == (10 if is_bound else 7, is_bound)
    assert ("'limit'" in axis.reason) == is_bound
