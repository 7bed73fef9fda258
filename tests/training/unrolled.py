"""The oracle: a network written out by hand, with weights of its own for each timestep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Step = Callable[[Any, list[Any], list[Any]], tuple[Any, list[Any]]]


def lstm(x: Any, states: list[Any], weights: list[Any]) -> tuple[Any, list[Any]]:
    """A timestep of Keras' LSTM; gates i, f, c, o."""
    kernel, recurrent, bias = weights
    h, c = states
    i, f, g, o = tf.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    h = tf.sigmoid(o) * tf.tanh(c)
    return h, [h, c]


def gru(x: Any, states: list[Any], weights: list[Any]) -> tuple[Any, list[Any]]:
    """A timestep of Keras' GRU with ``reset_after``; gates z, r, h."""
    kernel, recurrent, bias = weights
    (h,) = states
    xz, xr, xh = tf.split(x @ kernel + bias[0], 3, axis=-1)
    hz, hr, hh = tf.split(h @ recurrent + bias[1], 3, axis=-1)
    z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
    h = z * h + (1 - z) * tf.tanh(xh + r * hh)
    return h, [h]


def simple_rnn(x: Any, states: list[Any], weights: list[Any]) -> tuple[Any, list[Any]]:
    """A timestep of Keras' SimpleRNN."""
    kernel, recurrent, bias = weights
    h = tf.tanh(x @ kernel + states[0] @ recurrent + bias)
    return h, [h]


def expected(
    step: Step,
    weights: Sequence[Any],
    x: Any,
    states: Sequence[Any],
    loss: Callable[[Any, list[Any]], Any],
    *,
    mask: Any = None,
    backwards: bool = False,
) -> dict[str, Any]:
    """What the measures should be, in float64.

    Args:
        step: (x_t, states, weights) to (output, new states).
        weights: arrays; each timestep gets copies of its own.
        x: [batch, T, …]
        states: what the sequences start from.
        loss: of (outputs [batch, T, …] in the order of visits, the last states), a scalar.
        mask: bool [batch, T].
        backwards: the last element is visited first.

    Returns:
        ``gradients``: for each weight [T, …], what each timestep gives; ``shares``: [T] of each;
        ``states``, ``state_gradients``: [T, batch, …] of each state, after its timestep, before
        masking. All in the order of the sequence.
    """
    x = tf.constant(np.asarray(x, np.float64))
    length = x.shape[1]
    order = range(length - 1, -1, -1) if backwards else range(length)
    copies = [[tf.constant(np.asarray(w, np.float64)) for w in weights] for _ in range(length)]
    current = [tf.constant(np.asarray(s, np.float64)) for s in states]
    after: dict[int, list[Any]] = {}
    outputs, before = [], None
    with tf.GradientTape() as tape:
        tape.watch(copies)
        for t in order:
            output, new = step(x[:, t], current, copies[t])
            # An identity, so that what comes after and the output are one and the same place.
            places = [tf.identity(s) for s in new]
            output = next((p for p, s in zip(places, new, strict=True) if s is output), output)
            tape.watch(places)
            after[t] = places
            if mask is not None:
                live = tf.reshape(tf.constant(mask[:, t]), [-1] + [1] * (len(output.shape) - 1))
                before = tf.zeros_like(output) if before is None else before
                output = tf.where(live, output, before)
                places = [tf.where(live, n, o) for n, o in zip(places, current, strict=True)]
            before, current = output, places
            outputs.append(output)
        value = loss(tf.stack(outputs, 1), current)
    found = tape.gradient(
        value,
        {"w": copies, "s": [after[t] for t in range(length)]},
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    gradients = [np.stack([found["w"][t][i] for t in range(length)]) for i in range(len(weights))]
    together = [g.sum(0) for g in gradients]
    count = len(states)
    return {
        "gradients": gradients,
        "shares": [
            (g * all_t).reshape(length, -1).sum(1) / np.square(all_t).sum()
            for g, all_t in zip(gradients, together, strict=True)
        ],
        "states": [np.stack([after[t][i] for t in range(length)]) for i in range(count)],
        "state_gradients": [
            np.stack([found["s"][t][i] for t in range(length)]) for i in range(count)
        ],
    }
