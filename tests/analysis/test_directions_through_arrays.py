"""One loop fills an array and another one reads it: in which direction does the second one run?"""

from __future__ import annotations

import pytest

from tb_rnnview.facade import analyze
from tb_rnnview.timeline import Direction
from tests.programs.tf1 import tf

STEPS = 4


def rising(t):
    return t


def falling(t):
    return STEPS - 1 - t


def in_some_order(t):
    return tf.math.floormod(3 * t, STEPS)


def recurrence(name, read, done=lambda made, *_: made, made=0.0):
    """A loop of one layer: what it reads at t, and what it does with the new state there."""
    w = tf.get_variable(name, [8, 4])

    def step(t, h, made):
        h = tf.tanh(tf.matmul(tf.concat([read(t), h], 1), w))
        return t + 1, h, done(made, t, h)

    start = (tf.constant(0), tf.zeros([2, 4]), made)
    return tf.while_loop(lambda t, *_: t < STEPS, step, start)[1:]


def second_direction(reads, writes, by_itself):
    """That of a loop over what another one has written, which reads a sequence itself."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [STEPS, 2, 4])
        array = tf.TensorArray(tf.float32, STEPS, element_shape=[2, 4], clear_after_read=False)

        def written(array, t, h):
            return array.write(writes(t), h)

        _, array = recurrence("first", lambda t: x[reads(t)], written, array)
        stack = None if by_itself else array.stack()
        last, _ = recurrence("second", lambda t: array.read(t) if by_itself else stack[t])
        tf.identity(last)
    first, second = analyze(graph).recurrent_layers
    assert first.applications[0].axis == second.applications[0].axis
    return second.applications[0].direction


@pytest.mark.parametrize("by_itself", [False, True], ids=["stacked", "element by element"])
@pytest.mark.parametrize(
    ("reads", "writes", "direction"),
    [
        (rising, rising, Direction.FORWARD),
        (falling, rising, Direction.BACKWARD),  # its last timestep was written first
        (rising, falling, Direction.BACKWARD),
        (falling, falling, Direction.FORWARD),
        (rising, in_some_order, Direction.UNKNOWN),
    ],
)
def test_the_direction_of_who_reads_an_array(reads, writes, direction, by_itself):
    assert second_direction(reads, writes, by_itself) is direction
