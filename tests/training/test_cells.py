"""Votes of every kind of cell and wrapper sum to one, and equal those of weights for each timestep.

Both ways to compute them agree. The oracle calls Keras' own cell one timestep after the other, each
with weights of its own.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_rnnview.training import unsharing
from tests.training.networks import NETWORKS, PROBED, STEPS, measured, votes


@pytest.mark.parametrize("name", NETWORKS)
def test_shares_sum_to_one_and_both_ways_agree(name):
    network = measured(name)
    assert network.methods == {"probe" if name in PROBED else "one pass"}
    assert network.found
    for statistics in network.found:
        for of, shares in votes(statistics).items():
            assert abs(shares.sum(dtype=np.float64) - 1) < 1e-5, of


def test_ways_that_do_not_agree_are_noticed(monkeypatch):
    monkeypatch.setattr(unsharing, "products", lambda *_: [tf.zeros([STEPS, 5])])
    with pytest.raises(tf.errors.InvalidArgumentError):
        measured.__wrapped__("SimpleRNN")


def oracle(model: Any, layer: Any, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """G_t of each variable [T, …] and dL/ds_t of each state [T, batch, …], in order of visits."""
    cell = layer.cell
    variables = list(cell.trainable_variables)
    mask = np.any(x != 0, -1) if any("masking" in inner.name for inner in model.layers) else None
    order = range(STEPS - 1, -1, -1) if layer.go_backwards else range(STEPS)
    copies = [[tf.constant(v.numpy()) for v in variables] for _ in order]
    states = layer.get_initial_state(len(x))
    if hasattr(cell, "get_dropout_mask"):  # as the layer does, before its loop
        cell.get_dropout_mask(tf.constant(x[:, 0]))
        cell.get_recurrent_dropout_mask(states[0])
    takes_training = {"training": True} if cell._call_has_training_arg else {}
    outputs, places, before = [], [], None
    with tf.GradientTape() as tape:
        tape.watch(copies)
        for i, t in enumerate(order):
            mapping = list(zip(variables, copies[i], strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                output, new = cell(tf.constant(x[:, t]), states, **takes_training)
            after = [tf.identity(s) for s in new]
            output = next((a for a, s in zip(after, new, strict=True) if s is output), output)
            tape.watch(after)
            places.append(after)
            if mask is not None:
                live = tf.constant(mask[:, t, None])
                output = tf.where(live, output, tf.zeros_like(output) if before is None else before)
                after = [tf.where(live, a, s) for a, s in zip(after, states, strict=True)]
            before, states = output, after
            outputs.append(output)
        if hasattr(cell, "get_dropout_mask"):
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()
        value = outputs[-1] if not layer.return_sequences else tf.stack(outputs, 1)
        for inner in model.layers[model.layers.index(layer) + 1 :]:
            value = inner(value)
        loss = tf.reduce_mean(tf.square(value - y))
    gradients, of_states = tape.gradient(
        loss, (copies, places), unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    of_variables = [np.stack([g[i] for g in gradients]) for i in range(len(variables))]
    return of_variables, [np.stack(steps) for steps in zip(*of_states, strict=True)]


@pytest.mark.parametrize(
    "name",
    [
        "GRU, reset before", "unrolled with a mask", "masked", "masked, backwards", "ConvLSTM2D",
        "a cell of its own", "a cell of layers", "a cell without a matrix",
        "BatchNormalization in the cell", "dropout", "recurrent dropout", "L2",
    ],
)  # fmt: skip
def test_equals_weights_for_each_timestep(name):
    assert name in NETWORKS
    network = measured(name)
    (layer,) = (x for x in network.model.layers if isinstance(x, keras.layers.RNN))
    (found,) = network.found
    gradients, of_states = oracle(network.model, layer, network.x, network.y)
    if layer.go_backwards:
        gradients, of_states = [g[::-1] for g in gradients], [s[::-1] for s in of_states]
    for variable, g in zip(layer.cell.trainable_variables, gradients, strict=True):
        together = g.sum(0)
        shares = (g * together).reshape(STEPS, -1).sum(1) / np.square(together).sum()
        row = found.row("vote", variable.path)
        np.testing.assert_allclose(found.values[row], shares, atol=5e-6, err_msg=variable.path)
        np.testing.assert_allclose(found.whole[row], np.linalg.norm(together), rtol=1e-4)
    rows = [i for i, row in enumerate(found.rows) if row.measure == "state_gradient"]
    live = found.values[found.row("live")]
    for row, g in zip(rows, of_states, strict=False):
        with np.errstate(invalid="ignore"):
            mean = np.square(g).reshape(STEPS, -1).mean(1) / live
        np.testing.assert_allclose(found.values[row], np.sqrt(mean), rtol=1e-4, atol=1e-8)
