"""Several layers, each with a slice of one stack of kernels: what a use is there."""

from __future__ import annotations

import tensorflow as tf

from tb_rnnview import analyze
from tests.programs.program import fill


def test_each_layer_uses_its_own_slice_once_a_timestep() -> None:
    """Three layers, five timesteps: each layer uses the stack five times, no element more often."""
    stack = tf.Variable(fill(3, 8, 4), name="stack")

    @tf.function
    def run(x):
        states = [tf.zeros([2, 4])] * 3
        for t in tf.range(5):
            value, new = x[t], []
            for k in range(3):
                value = tf.tanh(tf.concat([value, states[k]], 1) @ stack[k])
                new.append(value)
            states = new
        return states[2]

    claimed = analyze(run, inputs=tf.TensorSpec([5, 2, 4]))
    (variable,) = claimed.variables
    assert [(layer.kind.name, layer.depth) for layer in claimed.layers] == [
        ("RECURRENT", 0),
        ("RECURRENT", 1),
        ("RECURRENT", 2),
    ]
    axis = claimed.axes[0].id
    assert [(use.layer, use.axis, use.start, use.stop, use.reads) for use in variable.uses] == [
        (layer.id, axis, 0, 5, 1) for layer in claimed.layers
    ]
