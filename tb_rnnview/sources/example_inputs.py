"""Example inputs as the user gives them, and the specifications that a function is traced with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from tb_rnnview.errors import SourceError

_ONE_EXAMPLE = "give an array, a tensor or a tf.TensorSpec, or a list, tuple or dict of them"


Arguments = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional and keyword arguments of a call."""


def to_specs(example: Any) -> Any:
    """The same structure, with a specification in the place of each array or tensor.

    What is no tensor to TensorFlow (None, a number, a text) stays as it is.

    Raises:
        SourceError: something in it is no example.
    """
    if isinstance(example, Mapping):
        return {key: to_specs(value) for key, value in example.items()}
    if isinstance(example, tuple) and hasattr(example, "_fields"):
        return type(example)(*map(to_specs, example))
    if isinstance(example, (list, tuple)):
        if example and _is_numbers(example):
            return _spec_of_numbers(example)
        return type(example)(map(to_specs, example))
    return _spec(example)


def _spec(example: Any) -> Any:
    import tensorflow as tf

    if isinstance(example, tf.TypeSpec):
        return example
    if example is None or isinstance(example, (bool, int, float, complex, str, bytes)):
        return example
    if hasattr(example, "element_spec"):
        raise SourceError("inputs: a dataset is no example; give a batch: next(iter(dataset))[0]")
    shape, dtype = getattr(example, "shape", None), getattr(example, "dtype", None)
    if isinstance(example, tf.__internal__.CompositeTensor) and not isinstance(
        example, tf.Variable
    ):
        return tf.type_spec_from_value(example)
    if shape is not None and dtype is not None:
        try:
            return tf.TensorSpec(shape, dtype)
        except (TypeError, ValueError) as error:
            raise SourceError(f"inputs: TensorFlow has no dtype {dtype}; {_ONE_EXAMPLE}") from error
    raise SourceError(
        f"inputs: an object of type {type(example).__name__} is no example; {_ONE_EXAMPLE}"
    )


def _is_numbers(example: Any) -> bool:
    """Whether nested lists hold numbers only: one array, written down."""
    if isinstance(example, (list, tuple)):
        return all(map(_is_numbers, example))
    return isinstance(example, (bool, int, float, complex))


def _spec_of_numbers(example: Any) -> Any:
    import numpy as np
    import tensorflow as tf

    try:
        array = np.asarray(example)
        # TensorFlow takes Python's fractions as float32.
        dtype = tf.float32 if array.dtype == np.float64 else tf.as_dtype(array.dtype)
    except (TypeError, ValueError) as error:
        raise SourceError(f"inputs: the numbers form no array ({error})") from error
    return tf.TensorSpec(array.shape, dtype)


def leaves(structure: Any) -> Iterator[Any]:
    """What a structure holds, in TensorFlow's order: dictionaries by sorted key."""
    if isinstance(structure, Mapping):
        try:
            keys = sorted(structure)
        except TypeError:  # keys of different kinds
            keys = list(structure)
        for key in keys:
            yield from leaves(structure[key])
    elif isinstance(structure, (list, tuple)):
        for item in structure:
            yield from leaves(item)
    else:
        yield structure


def named(arguments: Arguments, function: Callable[..., Any]) -> Arguments:
    """The arguments, with the function's own names for tensors that have none."""
    import tensorflow as tf

    args, kwargs = arguments
    names = _parameters(function, ())[0]
    made = tuple(
        tf.TensorSpec(arg.shape, arg.dtype, arg.name or name)
        if isinstance(arg, tf.TensorSpec)
        else arg
        for arg, name in zip(args, names, strict=False)
    )
    return (*made, *args[len(made) :]), kwargs


def tensors_in(arguments: Arguments, function: Callable[..., Any]) -> list[Any]:
    """The specifications among arguments, in the order of the function's parameters."""
    args, kwargs = arguments
    names = _parameters(function, ())[0]
    by_name = [kwargs[name] for name in names if name in kwargs]
    more = [kwargs[name] for name in sorted(kwargs) if name not in names]
    return [leaf for leaf in leaves([args, by_name, more]) if hasattr(leaf, "shape")]


def call_arguments(
    inputs: Any, function: Callable[..., Any], not_inputs: Collection[str] = ()
) -> Arguments:
    """The arguments that ``inputs`` stands for, where a function is called with several.

    A dictionary whose keys are parameters is taken for keyword arguments, a tuple for positional
    ones; a list only where the function needs more than one argument. Anything else is the one
    argument that there is.

    Args:
        inputs: what the user gave.
        function: what will be called.
        not_inputs: parameters that take no inputs.
    """
    names, required, takes_more = _parameters(function, not_inputs)
    if isinstance(inputs, dict) and inputs and all(key in names for key in inputs):
        return (), dict(inputs)
    if isinstance(inputs, tuple) and not hasattr(inputs, "_fields"):
        takes_one = len(names) == 1 and not takes_more
        if not takes_one or len(inputs) == 1:
            return inputs, {}
    if isinstance(inputs, list) and required > 1:
        return tuple(inputs), {}
    return (inputs,), {}


def _parameters(
    function: Callable[..., Any], not_inputs: Collection[str]
) -> tuple[list[str], int, bool]:
    """Names of the parameters, how many positional ones are required, and whether of any number."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ["inputs"], 1, False
    parameters = [p for p in signature.parameters.values() if p.name not in not_inputs]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = sum(p.default is p.empty for p in positional)
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return names, required, any(p.kind is p.VAR_POSITIONAL for p in parameters)


def fits(spec: Any, example: Any) -> bool:
    """Whether an example's specification is one of those that ``spec`` stands for."""
    import tensorflow as tf

    if isinstance(spec, tf.TensorSpec) and isinstance(example, tf.TensorSpec):
        return bool(spec.shape.is_compatible_with(example.shape))
    return type(spec) is type(example)


def fed_shapes(function: Any, examples: Iterable[Any]) -> dict[str, tuple[int | None, ...]]:
    """The shapes of examples by placeholder, where they tell what a traced function leaves open.

    A dimension that the example leaves open too is None.

    Args:
        function: the ConcreteFunction.
        examples: specifications, in the order of its arguments.
    """
    placeholders = placeholders_of(function)
    tensors = [e for e in examples if hasattr(e, "shape")]
    if len(placeholders) != len(tensors):
        return {}
    fed = {}
    for placeholder, example in zip(placeholders, tensors, strict=True):
        if not placeholder.shape.is_compatible_with(example.shape):
            return {}
        merged = placeholder.shape.merge_with(example.shape)
        if merged.rank is not None and merged.as_list() != _dimensions(placeholder):
            fed[str(placeholder.op.name)] = tuple(merged.as_list())
    return fed


def placeholders_of(function: Any) -> list[Any]:
    """The tensors that a ConcreteFunction is called with: what it captures comes behind them."""
    return list(function.inputs[: len(function.inputs) - len(function.captured_inputs)])


def _dimensions(tensor: Any) -> list[int | None]:
    return [] if tensor.shape.rank is None else list(tensor.shape.as_list())
