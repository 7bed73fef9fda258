"""Makes Keras run the loops of a model's recurrent layers through `WatchedLoop`, for a while.

Only instances and one function of Keras are changed, and only inside the ``with``: a layer says
when it is called, its cells ask in which timestep they are, and what the layer hands to Keras'
``rnn`` is run here.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tb_rnnview.training.cells import RecurrentLayer
from tb_rnnview.training.held_attributes import set_for_now
from tb_rnnview.training.watched_loop import Application, WatchedLoop

MOST_APPLICATIONS = 16
"""Runs of one layer for one batch that are measured; a layer that is called more often is not."""

_NESTED = "it is called inside another loop or function, where it cannot be watched"
_TOO_OFTEN = f"it is called more than {MOST_APPLICATIONS} times for one batch"
_TRACED = "its cell reads its variables in a function that was traced before"
_NO_CELL = "its loop does not call its cell"


class Watching:
    """What the recurrent layers of a model do while it is called inside `on`.

    Args:
        layers: those that are watched.
        is_trained: whether a ``tf.Variable`` is trained.
    """

    def __init__(self, layers: Sequence[RecurrentLayer], is_trained: Callable[[Any], bool]) -> None:
        self._layers = layers
        self._loop = WatchedLoop(is_trained)
        self._called: list[RecurrentLayer] = []
        self._graph: Any = None
        self._runs: Counter[int] = Counter()
        self.applications: list[Application] = []
        """Each run of a layer, in the order of the calls."""
        self.reasons: dict[int, str] = {}
        """Why a layer, by its ``id``, could not be watched."""

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Layers that are called inside, while a function is traced, are watched."""
        import tensorflow as tf

        self._graph = tf.compat.v1.get_default_graph()
        with contextlib.ExitStack() as changed:
            for layer in self._layers:
                changed.enter_context(self._instead_of_call(layer))
                for cell in {id(cell): cell for cell in layer.cells}.values():
                    changed.enter_context(set_for_now(cell, "call", self._of_cell(cell, cell.call)))
            for is_legacy in {layer.is_legacy for layer in self._layers}:
                module = sys.modules["tf_keras.src.backend" if is_legacy else "keras.src.backend"]
                changed.enter_context(set_for_now(module, "rnn", self._of_rnn(module.rnn)))
                if not is_legacy:
                    for name in ("lstm", "gru"):
                        fused = getattr(module, name, None)
                        if fused is not None:
                            changed.enter_context(set_for_now(module, name, self._of_fused(fused)))
            yield
        self.applications = [
            application
            for application in self.applications
            if id(application.layer.layer) not in self.reasons
        ]

    @contextlib.contextmanager
    def _instead_of_call(self, layer: RecurrentLayer) -> Iterator[None]:
        original = layer.layer.call

        def call(*args: Any, **kwargs: Any) -> Any:
            self._called.append(layer)
            try:
                return original(*args, **kwargs)
            finally:
                self._called.pop()

        with contextlib.ExitStack() as changed:
            changed.enter_context(set_for_now(layer.layer, "call", call))
            # What is fused over all timesteps cannot be watched; the cell computes the same.
            if getattr(layer.layer, "use_cudnn", None) is True:
                changed.enter_context(set_for_now(layer.layer, "use_cudnn", "auto"))
            if getattr(layer.layer, "_could_use_gpu_kernel", False):
                changed.enter_context(set_for_now(layer.layer, "_could_use_gpu_kernel", False))
            yield

    def _of_cell(self, cell: Any, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(inputs: Any, states: Any, *args: Any, **kwargs: Any) -> Any:
            return self._loop.timestep.called(cell, original, inputs, states, args, kwargs)

        # Keras asks what a cell takes before it calls it.
        vars(call)["__signature__"] = inspect.signature(original)
        return call

    def _of_rnn(self, original: Callable[..., Any]) -> Callable[..., Any]:
        import tensorflow as tf

        def rnn(step_function: Any, inputs: Any, initial_states: Any, **options: Any) -> Any:
            if not self._called:
                return original(step_function, inputs, initial_states, **options)
            layer = self._called[-1]
            self._runs[id(layer.layer)] += 1
            if self._runs[id(layer.layer)] > MOST_APPLICATIONS:
                self.reasons[id(layer.layer)] = _TOO_OFTEN
                return original(step_function, inputs, initial_states, **options)
            if tf.compat.v1.get_default_graph() is not self._graph:
                self.reasons[id(layer.layer)] = _NESTED
                return original(step_function, inputs, initial_states, **options)
            seen, results = self._loop.run(layer, step_function, inputs, initial_states, **options)
            if not seen.calls:
                self.reasons[id(layer.layer)] = _NO_CELL
            elif not all(call.is_told for call in seen.calls):
                self.reasons[id(layer.layer)] = _TRACED
            self.applications.append(seen)
            return results

        return rnn

    def _of_fused(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def fused(*args: Any, **kwargs: Any) -> Any:
            if self._called:
                raise NotImplementedError  # Keras then runs the cell
            return original(*args, **kwargs)

        return fused
