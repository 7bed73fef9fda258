"""The loss of a batch, and which part of it comes from what layers add of themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tb_rnnview.training.cells import keras_layers
from tb_rnnview.training.held_attributes import set_for_now


def loss_of(
    model: Any,
    loss: Callable[..., Any] | None,
    x: Any,
    y: Any,
    predicted: Any,
    weight: Any,
    *,
    is_part: bool = False,
) -> Any:
    """The loss that training minimises, a scalar tensor.

    Args:
        model: the model.
        loss: as in ``loss(y, predicted)``, one number or one per example; None = the compiled one.
        x: the inputs.
        y: the targets.
        predicted: the outputs.
        weight: of each example, or None.
        is_part: other replicas have the other parts of the batch. What is compiled gives each one
            its share of the loss, inside the scope of a strategy; a whole batch counts for all.
    """
    import tensorflow as tf

    if loss is None:
        compute = getattr(model, "_compute_loss", None) or model.compute_loss
        with _no_metrics(getattr(model, "compiled_loss", None), predicted):
            value = compute(x=x, y=y, y_pred=predicted, sample_weight=weight)
    else:
        value = loss(y, predicted)
        if weight is not None:
            value = value * tf.cast(weight, value.dtype)
    mean = tf.reduce_mean(tf.cast(value, tf.float32))
    if loss is None and not is_part:
        mean *= float(tf.distribute.get_strategy().num_replicas_in_sync)
    return mean


@contextlib.contextmanager
def _no_metrics(container: Any, predicted: Any) -> Iterator[None]:
    """The compiled loss of tf_keras does not count what it gives, inside.

    It would be put back, but under a distribution strategy it cannot even be counted.
    """
    # Its metrics are made when it is first called, if not before.
    if getattr(container, "built", True) is False:
        container.build(predicted)
    metrics = getattr(container, "metrics", None) or []
    with contextlib.ExitStack() as changed:
        for metric in metrics:
            changed.enter_context(set_for_now(metric, "update_state", lambda *_, **__: None))
        yield


def added_losses(model: Any) -> list[Any]:
    """What layers added to the loss while they were called: activity regularisers, ``add_loss``.

    A regulariser of a weight is not among them: it does not lead through what layers compute.
    """
    import tensorflow as tf

    found = [loss for layer in keras_layers(model) for loss in getattr(layer, "_losses", ())]
    return list({id(loss): loss for loss in found if tf.is_tensor(loss)}.values())


def loss_scale(model: Any) -> Any:
    """What the optimizer multiplies the loss with, so that small gradients do not vanish.

    Returns:
        float32 []
    """
    import tensorflow as tf

    optimizer = getattr(model, "optimizer", None)
    one = tf.ones((), tf.float32)
    for name in ("scale_loss", "get_scaled_loss"):  # Keras 3, tf_keras
        scale = getattr(optimizer, name, None)
        if scale is not None:
            return tf.cast(scale(one), tf.float32)
    return one
