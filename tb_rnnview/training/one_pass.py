"""Votes by one forward-mode product over all timesteps at once.

With s_t = f(x_t, s_{t-1}; W) and G_t = (∂f/∂W)ᵀ dL/ds_t, what timestep t contributes to the
gradient G of a variable W, the vote of t is

    share_t = <G_t, G> / <G, G> = <(∂f/∂W) G, dL/ds_t> / <G, G>.

The product (∂f/∂W) G needs no G_t, which is as large as W, and no loop over time: what each
timestep took is known, so all are computed side by side. It holds for any cell that gives the same
when it is run again on the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tb_rnnview.training.cell_calls import CellCall
from tb_rnnview.training.replay import of_all_timesteps, replay

# Timesteps side by side: what lies between them is kept for so many only.
AT_ONCE = 128


def products(call: CellCall, length: Any, gradients: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """<G_t, tangent> for each variable of a call.

    Args:
        call: the call, whose `CellCall.taken` is known.
        length: T.
        gradients: float32 [T, batch, …]: dL/d of each of its results.
        tangents: for each variable a tensor of its shape, G itself or a multiple of it.

    Returns:
        float32 [T, variables]
    """
    import tensorflow as tf

    def of_timestep(row: Any) -> Any:
        taken, cotangents = row
        found = []
        for value, tangent in zip(call.stand_ins, tangents, strict=True):
            with tf.autodiff.ForwardAccumulator(value, tangent) as accumulator:
                results = replay(call, taken, call.stand_ins)
            product = tf.zeros((), tf.float32)
            for result, cotangent in zip(results, cotangents, strict=True):
                moved = accumulator.jvp(result) if result.dtype.is_floating else None
                if moved is not None:
                    product += tf.reduce_sum(tf.cast(moved, tf.float32) * cotangent)
            found.append(product)
        return tf.stack(found)

    return of_all_timesteps(of_timestep, (list(call.taken), list(gradients)), length, AT_ONCE)
