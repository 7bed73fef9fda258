"""What a model was trained, tested or asked on, from the functions that its Keras traced for that.

A subclassed model does not keep the dtypes of its inputs, but what `fit` traced has them, and where
batches of several lengths were seen, the newest trace leaves that length open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tb_rnnview.sources.reach import reached_by

# How deep Keras wraps the function that it traces.
_DEPTH = 4


def seen_by_fit(model: Any) -> Any:
    """The specifications of the inputs in a batch; None = it was not trained here."""
    for attribute, take in (
        ("train_function", _inputs),
        ("test_function", _inputs),
        ("predict_function", _inputs_of_predict),
    ):
        function = getattr(model, attribute, None)
        if function is None:
            continue
        newest = None
        for signature in _signatures(function, _DEPTH, set()):
            found = take(signature)
            newest = found if found is not None else newest
        if newest is not None:
            return newest
    return None


def _signatures(function: Any, depth: int, seen: set[int]) -> Iterator[Any]:
    """The first arguments of all traces that a function leads to."""
    if id(function) in seen:
        return
    seen.add(id(function))
    traces = getattr(function, "_list_all_concrete_functions", None)
    for traced in list(traces()) if traces is not None else ():
        args, _ = traced.structured_input_signature
        if args:
            yield args[0]
    if depth:
        for name, value in reached_by(function):
            # What a function is made of is in its closure; globals are the library's own.
            if name and callable(value) and _is_step(value):
                yield from _signatures(value, depth - 1, seen)


def _is_step(value: Any) -> bool:
    if hasattr(value, "_list_all_concrete_functions"):
        return True
    return type(value).__name__ == "function" and ".<locals>." in value.__qualname__


def _inputs(argument: Any) -> Any:
    """The inputs in what a training step takes: an iterator's element, or a batch."""
    batch = _element(argument)
    if isinstance(batch, tuple) and batch:
        batch = batch[0]
    return batch if _is_whole(batch) else None


def _element(argument: Any) -> Any:
    """What an iterator's specification gives; anything else is given as it is."""
    for name in ("element_spec", "_element_spec"):
        if hasattr(argument, name):
            return getattr(argument, name)
    return argument


def _inputs_of_predict(argument: Any) -> Any:
    """As `_inputs`; Keras 3 hands its predicting step a list of batches."""
    batch = _element(argument)
    while isinstance(batch, (list, tuple)) and len(batch) == 1:
        batch = batch[0]
    return batch if _is_whole(batch) else None


def _is_whole(batch: Any) -> bool:
    """Whether it holds tensors' specifications only."""
    import tensorflow as tf

    from tb_rnnview.sources.example_inputs import leaves

    found = list(leaves(batch))
    return bool(found) and all(
        isinstance(leaf, (tf.TensorSpec, tf.RaggedTensorSpec, tf.SparseTensorSpec))
        for leaf in found
    )
