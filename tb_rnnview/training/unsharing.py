"""Votes by giving each timestep a variable of its own: W + α_t G, with α_t = 0.

The gradient with respect to α_t is <G_t, G>: what the votes are made of (see `one_pass`), for any
cell and any variable, in memory that does not grow with the variable's size. The timesteps run one
after the other, in the order of the loop, each on what it took there; so what a cell draws or
writes at a timestep is again what it was, if the variables that it writes start as they did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tb_rnnview.training.replay import Replayed, replay, saturation
from tb_rnnview.training.watched_loop import Application


def products(application: Application, replayed: Sequence[Replayed]) -> list[Any]:
    """<G_t, tangent> for each variable, and the saturation of gates, of all calls of a timestep.

    Args:
        application: a run of a layer.
        replayed: what is known of each of its calls.

    Returns:
        For each call float32 [T, variables + 2 gates], as `one_pass.products`.
    """
    import tensorflow as tf

    for handle, value in application.written:
        tf.raw_ops.AssignVariableOp(resource=handle, value=value)

    def of_timestep(t: Any, done: Any) -> Any:
        written = []
        for array, of_call in zip(done, replayed, strict=True):
            row = _of_call(of_call, *tf.nest.map_structure(lambda x: x[t], of_call.over_time))
            written.append(array.write(t, row))
        return t + 1, written

    done = [tf.TensorArray(tf.float32, size=application.length) for _ in replayed]
    _, done = tf.while_loop(
        lambda t, _: t < application.length,
        of_timestep,
        (tf.constant(0), done),
        parallel_iterations=1,
    )
    return [array.stack()[:, :-1] for array in done]


def _of_call(of: Replayed, taken: Any, cotangents: Any, is_live: Any) -> Any:
    import tensorflow as tf

    alphas = [tf.zeros((), value.dtype) for value in of.values]
    with tf.GradientTape() as tape:
        tape.watch(alphas)
        own = [w + a * g for w, a, g in zip(of.values, alphas, of.tangents, strict=True)]
        results, gates = replay(of.call, taken, own)
        of.call.gates = [gate.name for gate in gates]
        moved = tf.zeros((), tf.float32)
        for result, cotangent in zip(results, cotangents, strict=True):
            if result.dtype.is_floating:
                moved += tf.reduce_sum(tf.cast(result, tf.float32) * cotangent)
    found = tape.gradient(moved, alphas, unconnected_gradients="zero")
    return tf.stack(
        [*(tf.cast(g, tf.float32) for g in found), *saturation(gates, is_live), tf.zeros(())]
    )
