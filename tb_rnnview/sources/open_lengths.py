"""What an example fixes and the model does not: its batch size, and its timesteps.

A model that was traced for one batch has the sizes of that batch as constants in its graph. Traced
with open sizes it shows which of them are its own; the example then tells the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tb_rnnview.sources.example_inputs import Arguments, leaves


def open_ways(arguments: Arguments) -> list[Arguments]:
    """Ways to call a model that leave open what it may leave open, the most open first.

    Args:
        arguments: specifications of an example.
    """
    has_sequences = any(map(_is_sequence, leaves(list(arguments))))

    def opened(spec: Any, dimensions: tuple[int, ...]) -> Any:
        if not _is_open(spec, has_sequences):
            return spec
        shape = [None if i in dimensions else size for i, size in enumerate(spec.shape)]
        return type(spec)(shape, spec.dtype, spec.name)

    ways = []
    # Some programs ask for the batch size while they are traced.
    for dimensions in ((0, 1), (1,)):
        args, kwargs = arguments

        def of(spec: Any, dimensions: tuple[int, ...] = dimensions) -> Any:
            return opened(spec, dimensions)

        ways.append((_mapped(args, of), _mapped(kwargs, of)))
    return [way for way in ways if way != arguments]


def _is_sequence(spec: Any) -> bool:
    """Whether a tensor is a sequence for sure: of vectors, or of numbers of words."""
    rank = _rank(spec)
    return rank > 2 or (rank == 2 and spec.dtype.is_integer)


def _is_open(spec: Any, has_sequences: bool) -> bool:
    # Where there are sequences beside it, a matrix is one vector for each.
    return _is_sequence(spec) or (_rank(spec) == 2 and not has_sequences)


def _rank(spec: Any) -> int:
    import tensorflow as tf

    if not isinstance(spec, tf.TensorSpec) or spec.shape.rank is None:
        return 0
    return int(spec.shape.rank)


def _mapped(structure: Any, of: Callable[[Any], Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _mapped(value, of) for key, value in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(_mapped(item, of) for item in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)([_mapped(item, of) for item in structure])
    return of(structure)
