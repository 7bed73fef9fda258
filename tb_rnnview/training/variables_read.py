"""Which variables a piece of Python reads, and giving it other values to read.

A variable of Keras 3 keeps one of TensorFlow, as one of tf_keras is; and that has a place for a
value that was read before. So what a layer computes with a variable can be told apart from what
the rest of the model does with it, without touching the layer or the variable's storage.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def reading(variables: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """Whoever reads these ``tf.Variable`` inside gets these values instead of what is stored.

    Args:
        variables: of TensorFlow, each once.
        values: a tensor for each, of its shape and dtype.
    """
    kept = [dict(vars(variable)) for variable in variables]
    try:
        for variable, value in zip(variables, values, strict=True):
            vars(variable).update(_answers(value))
        yield
    finally:
        for variable, attributes in zip(variables, kept, strict=True):
            for name in ("_cached_value", "_read_variable_op", "sparse_read", "gather_nd"):
                if name in attributes:
                    vars(variable)[name] = attributes[name]
                else:
                    vars(variable).pop(name, None)


def _answers(value: Any) -> dict[str, Any]:
    import tensorflow as tf

    return {
        "_cached_value": value,
        "_read_variable_op": lambda *_, **__: value,
        # Without these a look-up goes to the storage.
        "sparse_read": lambda indices, name=None: tf.gather(value, indices, name=name),
        "gather_nd": lambda indices, name=None: tf.gather_nd(value, indices, name=name),
    }
