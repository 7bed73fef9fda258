"""Makes functions of the program part of the trace that calls them, for a while.

A ``tf.function`` keeps its traces: what one is told to read in its variables' place, while it is
traced inside another, would stay in it. So while a model is watched its functions run as what they
were made of, converted by AutoGraph as they would be.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def functions_inlined() -> Iterator[None]:
    """Functions that are called inside, by this thread, are traced into the current graph."""
    import tensorflow as tf

    kind: Any = type(tf.function(lambda: None))
    original = kind.__call__
    context = _converting()
    thread = threading.get_ident()

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        function = self.python_function
        module = str(getattr(function, "__module__", "")).partition(".")[0]
        if threading.get_ident() != thread or module == "tensorflow":
            return original(self, *args, **kwargs)
        if not getattr(self, "_autograph", True):
            return function(*args, **kwargs)
        # What was converted before asks for the context, and what was not is converted for it.
        with context:
            converted = tf.__internal__.autograph.tf_convert(function, context)
            return converted(*args, **kwargs)

    kind.__call__ = call
    try:
        yield
    finally:
        kind.__call__ = original


def _converting() -> Any:
    """The context in which AutoGraph converts what is called."""
    import tensorflow as tf

    found: list[Any] = []

    def inside() -> None:
        found.append(tf.__internal__.autograph.control_status_ctx())

    with tf.Graph().as_default():
        tf.function(inside).get_concrete_function()
    return found[0]
