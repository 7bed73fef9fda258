"""Votes by one forward-mode product over all timesteps at once.

With s_t = f(x_t, s_{t-1}; W) and G_t = (∂f/∂W)ᵀ dL/ds_t, what timestep t contributes to the
gradient G of a variable W, the vote of t is

    share_t = <G_t, G> / <G, G> = <(∂f/∂W) G, dL/ds_t> / <G, G>.

The product (∂f/∂W) G needs no G_t, which is as large as W, and no loop over time: what each
timestep took is known, so all are computed side by side. It holds for any cell that gives the same
when it is run again on the same.
"""

from __future__ import annotations

from typing import Any

from tb_rnnview.training.replay import Replayed, of_all_timesteps, replay, saturation

# Timesteps side by side: what lies between them is kept for so many only.
AT_ONCE = 128


def products(of: Replayed, length: Any) -> Any:
    """<G_t, tangent> for each variable of a call, and the saturation of its gates.

    Args:
        of: the call.
        length: T.

    Returns:
        float32 [T, variables + 2 gates]: the products, then for each gate how many units are
        saturated, and of how many. `CellCall.gates` is known then.
    """
    import tensorflow as tf

    def of_timestep(row: Any) -> Any:
        taken, cotangents, is_live = row
        found: list[Any] = []
        gates: list[Any] | None = None
        for value, tangent in zip(of.values, of.tangents, strict=True):
            with tf.autodiff.ForwardAccumulator(value, tangent) as accumulator:
                results, seen = replay(of.call, taken, of.values)
            gates = seen if gates is None else gates
            product = tf.zeros((), tf.float32)
            for result, cotangent in zip(results, cotangents, strict=True):
                moved = accumulator.jvp(result) if result.dtype.is_floating else None
                if moved is not None:
                    product += tf.reduce_sum(tf.cast(moved, tf.float32) * cotangent)
            found.append(product)
        if gates is None:
            _, gates = replay(of.call, taken, of.values)
        of.call.gates = [gate.name for gate in gates]
        return tf.stack([*found, *saturation(gates, is_live), tf.zeros(())])

    return of_all_timesteps(of_timestep, of.over_time, length, AT_ONCE)[:, :-1]
