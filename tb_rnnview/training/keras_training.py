"""What a Keras model says of its own training: Keras 3 and Keras 2 (tf_keras) alike."""

from __future__ import annotations

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
