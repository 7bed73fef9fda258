"""What a Keras model says of its own training: Keras 3 and Keras 2 (tf_keras) alike."""

from __future__ import annotations

import contextlib
from typing import Any


def has_own_train_step(model: Any) -> bool:
    """Whether the program has replaced ``train_step``: nobody else knows what it computes then."""
    for kind in type(model).__mro__:
        if "train_step" in vars(kind):
            return str(kind.__module__).split(".")[0] not in ("keras", "tf_keras")
    return False


def replicas(model: Any) -> int:
    """How many copies of the model are trained side by side; 1 = it is not distributed."""
    strategy = getattr(model, "distribute_strategy", None)
    return int(getattr(strategy, "num_replicas_in_sync", 1))


def scope_of(model: Any) -> contextlib.AbstractContextManager[Any]:
    """The scope of the model's strategy, in which Keras scales losses as its replicas do."""
    if replicas(model) == 1:
        return contextlib.nullcontext()
    scope: contextlib.AbstractContextManager[Any] = model.distribute_strategy.scope()
    return scope


def processes(model: Any) -> int:
    """How many processes train the model's replicas, as far as this is known."""
    resolver = getattr(getattr(model, "distribute_strategy", None), "cluster_resolver", None)
    cluster = resolver.cluster_spec().as_dict() if resolver is not None else {}
    return max(1, sum(len(cluster.get(job, ())) for job in ("chief", "worker")))


def gives_parts(model: Any) -> bool:
    """Whether the parts of a batch can be had before the model's replicas train on them."""
    import tensorflow as tf

    return isinstance(
        model.distribute_strategy,
        (tf.distribute.MirroredStrategy, tf.distribute.MultiWorkerMirroredStrategy),
    )


def is_chief(model: Any) -> bool:
    """Whether this process is the one that writes summaries, where several train one model."""
    extended = getattr(getattr(model, "distribute_strategy", None), "extended", None)
    return bool(getattr(extended, "should_save_summary", True))


def steps_made(model: Any) -> int:
    """How many steps the model's optimizer has made in its life; 0 where that is not known."""
    iterations = getattr(getattr(model, "optimizer", None), "iterations", None)
    return 0 if iterations is None else int(iterations.numpy())


def parts_of(batch: Any) -> tuple[Any, Any, Any]:
    """A batch of ``fit`` as (x, y, sample weights): what is not there is None.

    Only a tuple has parts, as in Keras: a list is one x of several arrays.
    """
    if not isinstance(batch, tuple):
        return batch, None, None
    x, y, sample_weight = (*batch, None, None)[:3]
    return x, y, sample_weight
