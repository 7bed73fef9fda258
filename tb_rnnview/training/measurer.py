"""Measures a batch of training without changing anything: the votes of timesteps, and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_rnnview.sources.untouched import untouched
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.cells import keras_layers, recurrent_layers
from tb_rnnview.training.keras_training import scope_of
from tb_rnnview.training.measuring import Batch, measured, method_of, reaching
from tb_rnnview.training.naming import CallNames, Names
from tb_rnnview.training.parts import Total, here_alone, of_all_parts
from tb_rnnview.training.side_effects import Effects
from tb_rnnview.training.tables import is_whole, table
from tb_rnnview.training.watching import Watching
from tb_rnnview.training.written_variables import kept, written_handles


@dataclass(frozen=True)
class Covered:
    """Whether the votes of a layer are measured, and how."""

    layer: str
    """Its name in the timeline."""
    method: str
    """"one pass" or "probe"; "" = it is not measured."""
    reason: str = ""
    """Why it is not."""


@dataclass(frozen=True)
class _Trace:
    """What is known of one trace of the measuring function."""

    names: list[list[CallNames]]
    """For each application, for each of its calls."""
    covered: list[Covered]
    checked: set[str]
    """Layers whose cells may not do the same when they are run again: their votes have to tell."""
    written: list[Any]
    """Handles of the variables that it writes."""


_DRAWS_ANEW = (
    "its cell draws numbers at each timestep that cannot be drawn again; there are no votes"
)


class Measurer:
    """Measures what each timestep of a model's recurrent layers does at a training step.

    Args:
        model: a Keras model of Keras 3 on TensorFlow, or of tf_keras, that was built.
        loss: ``loss(y, predicted)``, one number or one per example; None = what the model was
            compiled with.
    """

    def __init__(self, model: Any, loss: Callable[..., Any] | None = None) -> None:
        import tensorflow as tf

        self._model = model
        self._loss = loss
        self._layers = recurrent_layers(model)
        self._names: Names | None = None
        self._function = tf.function(self._trace, autograph=False, reduce_retracing=True)
        self._reaching = tf.function(self._trace_reaching, autograph=False, reduce_retracing=True)
        self._traces: dict[Any, _Trace] = {}
        self._newest: _Trace | None = None
        self._drew_anew: set[str] = set()

    @property
    def traces(self) -> int:
        """How many times it was traced: for a first batch, and for one that is of another form."""
        return len(self._traces)

    @property
    def covers(self) -> list[Covered]:
        """Which recurrent layers are measured; known once a batch was measured."""
        found = list(self._newest.covered) if self._newest is not None else []
        return [
            Covered(item.layer, "", _DRAWS_ANEW) if item.layer in self._drew_anew else item
            for item in found
        ]

    def measure(
        self, x: Any, y: Any = None, sample_weight: Any = None, *, timeline: Timeline | None = None
    ) -> list[LayerStatistics]:
        """The statistics of each recurrent layer on a batch, as a training step on it sees it.

        Args:
            x: the inputs, as the model takes them.
            y: the targets.
            sample_weight: of each example.
            timeline: of this model, for the names; None = it is made of the model.

        Returns:
            One for each application of each layer, in the order of the calls.
        """
        self._look(x, timeline)
        trace, found = self._run(self._function, _as_tensors((x, y, sample_weight)))
        return self._tables(
            trace,
            [
                [{key: value.numpy() for key, value in tensors.items()} for tensors in of_calls]
                for of_calls in found
            ],
        )

    def measure_parts(
        self,
        parts: Sequence[tuple[Any, Any, Any]],
        *,
        total: Total = here_alone,
        timeline: Timeline | None = None,
    ) -> list[LayerStatistics]:
        """The statistics on a batch of which each replica trains on a part.

        Args:
            parts: (x, y, sample_weight) of each replica in this process. Where there are fewer
                examples than replicas, some have none.
            total: adds up over all processes.
            timeline: as for `measure`.

        Returns:
            As `measure`, of the whole batch; none if this process has no example of it.
        """
        newest: list[_Trace] = []

        # Whatever may fail is in one of these: then the other processes hear of it.
        def reach(part: Any) -> Any:
            self._look(part[0], timeline)
            return self._run(self._reaching, _as_tensors(part))[1]

        def measure(part: Any, directions: Any) -> Any:
            trace, found = self._run(self._function, (*_as_tensors(part), directions))
            newest.append(trace)
            return found

        arrays = of_all_parts(reach, measure, parts, total)
        return self._tables(newest[-1], arrays) if newest else []

    def _look(self, x: Any, timeline: Timeline | None) -> None:
        if self._names is None or timeline is not None:
            self._names = Names(self._model, timeline or self._analyzed(x))

    def _run(self, function: Any, arguments: Sequence[Any]) -> tuple[_Trace, Any]:
        """Runs one of the functions, and puts back what it writes."""
        with scope_of(self._model):
            with untouched(keras_layers(self._model)):
                concrete = function.get_concrete_function(*arguments)
            if self._newest is None:
                raise ValueError("the function was not traced")
            trace = self._traces.setdefault(concrete, self._newest)
            with kept(trace.written):
                return trace, function(*arguments)

    def _tables(self, trace: _Trace, found: Any) -> list[LayerStatistics]:
        """The statistics in what was found, in arrays."""
        seen: Counter[str] = Counter()
        statistics = []
        for names, of_calls in zip(trace.names, found, strict=True):
            for of_call, arrays in zip(names, of_calls, strict=True):
                if of_call.layer in trace.checked and not is_whole(arrays):
                    arrays["votes"] = np.full_like(arrays["votes"], np.nan)
                    self._drew_anew.add(of_call.layer)
                statistics.append(table(of_call, seen[of_call.layer], arrays))
                seen[of_call.layer] += 1
        return statistics

    def _trace(self, x: Any, y: Any, weight: Any, directions: Any = None) -> Any:
        watching = Watching(self._layers, self._is_trained)
        found = measured(self._model, self._loss, Batch(x, y, weight), watching, directions)
        self._newest = self._traced(watching)
        return found

    def _trace_reaching(self, x: Any, y: Any, weight: Any) -> Any:
        watching = Watching(self._layers, self._is_trained)
        found = reaching(self._model, self._loss, Batch(x, y, weight), watching)
        self._newest = self._traced(watching)
        return found

    def _traced(self, watching: Watching) -> _Trace:
        """What is known of the trace that ends now."""
        import tensorflow as tf

        written = written_handles(tf.compat.v1.get_default_graph())
        if self._names is None:
            raise ValueError("the model has not been looked at yet")
        names = [self._names.of(application) for application in watching.applications]
        checked = {
            of_call.layer
            for application, of_calls in zip(watching.applications, names, strict=True)
            for of_call in of_calls
            if any(call.effects is Effects.UNKNOWN for call in application.calls)
        }
        return _Trace(names, self._covered(watching, names), checked, written)

    def _is_trained(self, variable: Any) -> bool:
        held = self._names.held(variable) if self._names is not None else None
        return held is None or held.trainable

    def _covered(self, watching: Watching, names: list[list[CallNames]]) -> list[Covered]:
        found = [
            Covered(of_call.layer, method_of(application).value)
            for application, of_calls in zip(watching.applications, names, strict=True)
            for of_call in of_calls
        ]
        # A layer that is not called has no reason: it is no part of what the model computes.
        found += [
            Covered(str(layer.layer.name), "", watching.reasons[id(layer.layer)])
            for layer in self._layers
            if id(layer.layer) in watching.reasons
        ]
        if self._names is not None:
            known = {item.layer for item in found}
            found += [
                Covered(name, "", "no recurrent layer of Keras runs it")
                for name in self._names.recurrent
                if name not in known
            ]
        return list(dict.fromkeys(found))

    def _analyzed(self, x: Any) -> Timeline:
        from tb_rnnview.facade import analyze

        return analyze(self._model, inputs=x)


def _as_tensors(batch: Any) -> Any:
    """The batch as tensors, numbers in the precision that Keras gives them."""
    import tensorflow as tf

    def convert(value: Any) -> Any:
        if value is None or tf.is_tensor(value):
            return value
        tensor = tf.convert_to_tensor(value)
        return tf.cast(tensor, tf.float32) if tensor.dtype == tf.float64 else tensor

    return tf.nest.map_structure(convert, batch)
