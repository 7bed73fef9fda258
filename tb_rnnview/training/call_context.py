"""Keras' call context: whether it trains, and who calls, which layers inside a cell ask for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

_KEY = "current_call_ctx"


class CallContext:
    """The call context of the moment in which this was made."""

    def __init__(self, *, is_legacy: bool) -> None:
        self._is_legacy = is_legacy
        self._kept = _legacy()._state if is_legacy else _state().get_global_attribute(_KEY)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Layers that are called inside find it."""
        if self._is_legacy:
            context = _legacy()
            before = context._state, context.in_call
            context._state, context.in_call = self._kept, True
            try:
                yield
            finally:
                context._state, context.in_call = before
        else:
            before = _state().get_global_attribute(_KEY)
            _state().set_global_attribute(_KEY, self._kept)
            try:
                yield
            finally:
                _state().set_global_attribute(_KEY, before)


def _state() -> Any:
    from keras.src.backend.common import global_state

    return global_state


def _legacy() -> Any:
    from tf_keras.src.engine import base_layer_utils

    return base_layer_utils.call_context()
