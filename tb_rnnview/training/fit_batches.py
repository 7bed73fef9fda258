"""The batches that one call of ``train_function`` is about to train on.

A callback sees no batch. But ``fit`` looks its ``train_function`` up at every step and hands it an
iterator, so for one step a stand-in can take the batches from the iterator, look at them, and hand
the same ones on. The iterator that it hands on has the same element specification, so that nothing
is traced anew.

Under a distribution strategy a batch is of one part for each replica, and each gets the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Look = Callable[[list[Any]], None]


def look_once(model: Any, before: Look, after: Callable[[], None]) -> None:
    """Lets the next call of ``model.train_function`` show its first batch.

    The model's own function is back in its place before anything else happens, so that a step
    which fails leaves nothing behind.

    Args:
        model: a Keras 3 or tf_keras model, inside ``fit``.
        before: gets the first of the batches, before it is trained on: its parts, one for each
            replica in this process, so most often one. It must not raise.
        after: is called when they were trained on. It must not raise.
    """
    own = model.train_function

    def train_function(iterator: Any) -> Any:
        model.train_function = own
        strategy = getattr(model, "distribute_strategy", None)
        taken = take(iterator, batches_of_a_call(model), strategy)
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


def take(iterator: Any, steps: int, strategy: Any = None) -> tuple[list[list[Any]], Any] | None:
    """The next batches of an iterator, and an iterator that gives the same ones.

    Args:
        iterator: what ``fit`` hands to ``train_function``.
        steps: how many to take at most.
        strategy: that of the model, where the iterator is of a distribution strategy's.

    Returns:
        The parts of each batch. None where there is nothing to take: the data have ended, or the
        iterator is of a kind that gives batches to no one but itself.
    """
    import tensorflow as tf

    if isinstance(iterator, tf.distribute.DistributedIterator):
        if not isinstance(strategy, _known_strategies()):
            return None
        whole = _next_of_dataset(iterator, steps)
        parts = [_parts(batch, strategy) for batch in whole]
        return (parts, _same_parts(parts, iterator, strategy)) if parts else None
    if isinstance(iterator, tf.data.Iterator):
        batches = _next_of_dataset(iterator, steps)
    elif isinstance(iterator, Iterable):
        plain = iter(iterator)
        batches = [batch for _, batch in zip(range(steps), plain, strict=False)]
    else:
        return None
    if not batches:
        return None
    is_dataset = isinstance(iterator, tf.data.Iterator)
    same = iter(_dataset(batches, iterator.element_spec)) if is_dataset else iter(batches)
    return [[batch] for batch in batches], same


def _known_strategies() -> tuple[type, ...]:
    """Those whose replicas each get a batch of a dataset of their process, in turn."""
    import tensorflow as tf

    return (
        tf.distribute.OneDeviceStrategy,
        tf.distribute.MirroredStrategy,
        tf.distribute.MultiWorkerMirroredStrategy,
    )


def _next_of_dataset(iterator: Any, steps: int) -> list[Any]:
    batches: list[Any] = []
    for _ in range(steps):
        following = iterator.get_next_as_optional()
        if not following.has_value():
            break
        batches.append(following.get_value())
    return batches


def _parts(batch: Any, strategy: Any) -> list[Any]:
    """The parts of a batch for the replicas in this process."""
    import tensorflow as tf

    leaves = [strategy.experimental_local_results(leaf) for leaf in tf.nest.flatten(batch)]
    return [tf.nest.pack_sequence_as(batch, part) for part in zip(*leaves, strict=True)]


def _same_parts(batches: Sequence[Sequence[Any]], iterator: Any, strategy: Any) -> Any:
    """A distributed iterator like another one, over batches that were taken from it."""
    import tensorflow as tf

    def of_one_replica(spec: Any) -> Any:
        return getattr(spec, "_value_specs", (spec,))[0]

    spec = tf.nest.map_structure(of_one_replica, iterator.element_spec)
    # Each replica in turn takes an element.
    dataset = _dataset([part for parts in batches for part in parts], spec)
    if not getattr(iterator, "_enable_get_next_as_optional", True):
        # Of data without an end nobody asks whether there are more.
        dataset = dataset.repeat()
    return iter(strategy.distribute_datasets_from_function(lambda _: dataset))


def _dataset(elements: Sequence[Any], spec: Any) -> Any:
    """A dataset of known elements that says of them no more than ``spec``.

    A dataset of known batches knows their exact shapes, and a function that was traced for open
    ones would be traced again.
    """
    import tensorflow as tf

    datasets = [
        tf.data.experimental.from_variant(
            tf.data.experimental.to_variant(tf.data.Dataset.from_tensors(element)), spec
        )
        for element in elements
    ]
    whole = datasets[0]
    for following in datasets[1:]:
        whole = whole.concatenate(following)
    return whole
