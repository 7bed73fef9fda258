"""The batches that one call of ``train_function`` is about to train on.

A callback sees no batch. But ``fit`` looks its ``train_function`` up at every step and hands it an
iterator, so for one step a stand-in can take the batches from the iterator, look at them, and hand
the same ones on. The iterator that it hands on has the same element specification, so that nothing
is traced anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Look = Callable[[Any], None]


def look_once(model: Any, before: Look, after: Callable[[], None]) -> None:
    """Lets the next call of ``model.train_function`` show its first batch.

    The model's own function is back in its place before anything else happens, so that a step
    which fails leaves nothing behind.

    Args:
        model: a Keras 3 or tf_keras model, inside ``fit``.
        before: gets the first of the batches, before it is trained on. It must not raise.
        after: is called when they were trained on. It must not raise.
    """
    own = model.train_function

    def train_function(iterator: Any) -> Any:
        model.train_function = own
        taken = take(iterator, batches_of_a_call(model))
        if taken is None:
            return own(iterator)
        batches, same = taken
        before(batches[0])
        result = own(same)
        after()
        return result

    model.train_function = train_function


def batches_of_a_call(model: Any) -> int:
    """How many batches the next call of ``train_function`` trains on.

    Keras 2 keeps it in a variable, which it lowers for the last call of an epoch.
    """
    variable = getattr(model, "_steps_per_execution", None)
    return int(model.steps_per_execution if variable is None else variable.numpy())


def take(iterator: Any, steps: int) -> tuple[list[Any], Any] | None:
    """The next batches of an iterator, and an iterator that gives the same ones.

    Args:
        iterator: what ``fit`` hands to ``train_function``.
        steps: how many to take at most.

    Returns:
        None where there is nothing to take: the data have ended, or the iterator is of a kind that
        gives batches to no one but itself.
    """
    import tensorflow as tf

    if isinstance(iterator, tf.data.Iterator):
        batches = _next_of_dataset(iterator, steps)
        return (batches, _same(batches, iterator.element_spec)) if batches else None
    if isinstance(iterator, Iterable) and not isinstance(
        iterator, tf.distribute.DistributedIterator
    ):
        plain = iter(iterator)
        batches = [batch for _, batch in zip(range(steps), plain, strict=False)]
        return (batches, iter(batches)) if batches else None
    return None


def _next_of_dataset(iterator: Any, steps: int) -> list[Any]:
    batches = []
    for _ in range(steps):
        following = iterator.get_next_as_optional()
        if not following.has_value():
            break
        batches.append(following.get_value())
    return batches


def _same(batches: list[Any], spec: Any) -> Any:
    """An iterator over batches that says of its elements no more than the iterator before it did.

    A dataset of known batches knows their exact shapes, and a function that was traced for open
    ones would be traced again.
    """
    import tensorflow as tf

    datasets = [
        tf.data.experimental.from_variant(
            tf.data.experimental.to_variant(tf.data.Dataset.from_tensors(batch)), spec
        )
        for batch in batches
    ]
    whole = datasets[0]
    for following in datasets[1:]:
        whole = whole.concatenate(following)
    return iter(whole)
