"""What each timestep of a watched run gives to the gradients of its variables, and the rest.

An operation that takes a variable at timestep t, and data x_t, gives z_t = f(x_t; W). Its part of
the gradient is (∂f/∂W)ᵀ dL/dz_t, and so its part of <G_t, G> is <(∂f/∂W) G, dL/dz_t>: no G_t is
made, and all timesteps are computed side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tb_rnnview.training.amounts import norm, not_finite, sums_of_squares
from tb_rnnview.training.copied_graph import copied
from tb_rnnview.training.one_pass import AT_ONCE
from tb_rnnview.training.replay import of_all_timesteps
from tb_rnnview.training.traced_run import Use, WatchedRun


def measured(
    run: WatchedRun,
    gradients: Mapping[str, Any],
    of_sequences: Sequence[Any],
    of_variables: Sequence[Any],
) -> dict[str, Any]:
    """The sums over the batch of one run, as `tb_rnnview.training.measuring.measured` has them.

    Args:
        run: the run, which was watched.
        gradients: of the loss with respect to its `zeros`, like them.
        of_sequences: of the loss with respect to its `sequences`, as its timesteps take them.
        of_variables: G of each of its variables.
    """
    import tensorflow as tf

    steps = run.steps
    kept = {key: value[:steps] for key, value in run.kept.items()}
    gradients = {key: value[:steps] for key, value in gradients.items()}
    states = [kept[f"state {i}"] for i in range(len(run.run.states))]
    of_states = [gradients[f"state {i}"] for i in range(len(states))]
    live = _live(run, kept, states[0])
    tangents = [
        tf.cast(tf.cast(g, tf.float64) / norm(g), s.dtype)
        for g, s in zip(of_variables, run.stand_ins, strict=True)
    ]
    counts = [kept[f"gate {i}"] for i in range(len(run.gates))]
    found = {
        "votes": _votes(run, kept, gradients, tangents) + _hoisted(run, of_sequences, tangents),
        "saturated": _stacked([c[:, 0] for c in counts], steps),
        "units": _stacked([c[:, 1] for c in counts], steps),
        "squares": tf.stack([sums_of_squares(s, live) for s in states], 1),
        "gradient_squares": tf.stack([sums_of_squares(g, live) for g in of_states], 1),
        "not_finite": tf.stack(
            [sum(not_finite(x, live) for x in of) for of in (states, of_states)], 1
        ),
        "live": tf.reduce_sum(tf.cast(live, tf.float64), 1),
    }
    if run.run.is_backward:
        found = {name: tf.reverse(value, [0]) for name, value in found.items()}
    sizes = [tf.size(s[0, 0], tf.int64) for s in states]
    found["sizes"] = tf.stack([*sizes, tf.shape(states[0], tf.int64)[1]])
    found["norms"] = _numbers([norm(g) for g in of_variables])
    return found


def _live(run: WatchedRun, kept: Mapping[str, Any], state: Any) -> Any:
    """Bool [T, batch]: the sequences that run."""
    import tensorflow as tf

    shape = tf.shape(state)[:2]
    if run.run.mask is None:
        return tf.fill(shape, True)
    mask = kept["mask"]
    if len(mask.shape) > 2:
        mask = tf.reduce_any(mask, list(range(2, len(mask.shape))))
    elif len(mask.shape) == 1:
        mask = mask[:, None]
    return tf.broadcast_to(mask if run.run.mask.is_live else ~mask, shape)


def _votes(
    run: WatchedRun,
    kept: Mapping[str, Any],
    gradients: Mapping[str, Any],
    tangents: Sequence[Any],
) -> Any:
    """<G_t, G> / |G| of each variable, of its uses in timesteps: float32 [T, variables]."""
    import tensorflow as tf

    if not run.uses:
        return tf.zeros([run.steps, len(run.handles)])
    over_time = [
        (
            [kept[f"taken {i}:{slot}"] for slot in use.data],
            [gradients[f"use {i}:{port}"] for port in use.outputs],
        )
        for i, use in enumerate(run.uses)
    ]

    def of_timestep(row: Any) -> Any:
        products = [tf.zeros([])] * len(run.handles)
        for use, (taken, of_outputs) in zip(run.uses, row, strict=True):
            for at, product in _of_use(run, use, taken, of_outputs, tangents):
                products[at] += product
        return tf.stack(products)

    return of_all_timesteps(of_timestep, over_time, run.steps, AT_ONCE)


def _of_use(
    run: WatchedRun,
    use: Use,
    taken: Sequence[Any],
    of_outputs: Sequence[Any],
    tangents: Sequence[Any],
) -> list[tuple[int, Any]]:
    """The products of one use at one timestep: the variable, and float32 []."""
    import tensorflow as tf

    weights = [tf.identity(s) for s in run.stand_ins]
    data = iter(taken)
    inputs = [
        next(data) if slot in use.data else run.scope.weight(x, run.values_of(weights))
        for slot, x in enumerate(use.operation.inputs)
    ]
    outputs = [copied(use.operation, inputs)[port] for port in use.outputs]
    # The derivative of what goes back, with respect to what it goes back from, goes forward.
    pulls = [tf.zeros_like(x) for x in outputs]
    back = tf.gradients(outputs, [weights[at] for at in use.variables], grad_ys=pulls)
    found = []
    for at, pulled in zip(use.variables, back, strict=True):
        if pulled is None:
            continue
        moved = tf.gradients(tf.convert_to_tensor(pulled), pulls, grad_ys=tangents[at])
        for forward, gradient in zip(moved, of_outputs, strict=True):
            if forward is not None:
                product = tf.cast(forward, tf.float32) * tf.cast(gradient, tf.float32)
                found.append((at, tf.reduce_sum(product)))
    return found


def _hoisted(run: WatchedRun, of_sequences: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The same of what was computed for all timesteps at once, before the first of them.

    What that moves by goes forward up to the sequence of which each timestep takes an element.
    """
    import tensorflow as tf

    found = tf.zeros([run.steps, len(run.handles)])
    for place, sequence, gradient in zip(
        run.run.sequences, run.sequences, of_sequences, strict=True
    ):
        pull = tf.zeros_like(sequence)
        back = tf.gradients(sequence, run.stand_ins, grad_ys=pull)
        products = [tf.zeros([run.run.length])] * len(run.handles)
        for at, (pulled, tangent) in enumerate(zip(back, tangents, strict=True)):
            if pulled is None:
                continue
            (forward,) = tf.gradients(tf.convert_to_tensor(pulled), pull, grad_ys=tangent)
            if forward is not None:
                product = tf.cast(forward, tf.float32) * tf.cast(gradient, tf.float32)
                others = [d for d in range(len(product.shape)) if d != place.dimension]
                products[at] = tf.reduce_sum(product, others)
        in_order = tf.stack(products, 1)
        found += (tf.reverse(in_order, [0]) if place.is_turned else in_order)[: run.steps]
    return found


def _stacked(columns: Sequence[Any], steps: Any) -> Any:
    import tensorflow as tf

    return tf.stack(columns, 1) if columns else tf.zeros([steps, 0])


def _numbers(numbers: Sequence[Any]) -> Any:
    import tensorflow as tf

    return tf.stack(numbers) if numbers else tf.zeros([0], tf.float64)
