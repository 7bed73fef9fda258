"""Measures a batch of training of a ``tf.Module`` or ``tf.function``: votes, and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.keras_object import keras_kind
from tb_rnnview.sources.traced_function import function_kind
from tb_rnnview.sources.untouched import untouched
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.cells import keras_layers, recurrent_layers
from tb_rnnview.training.copied_graph import CannotCopyError
from tb_rnnview.training.measurer import Covered
from tb_rnnview.training.naming import CallNames
from tb_rnnview.training.tables import is_whole, table
from tb_rnnview.training.traced_places import LayerRun
from tb_rnnview.training.traced_program import TracedProgram


def is_module(model: Any) -> bool:
    """Whether a model is a module or function of TensorFlow's without recurrences of Keras."""
    if keras_kind(model) is not None or function_kind(model) not in ("module", "function"):
        return False
    return not recurrent_layers(model)


# Traces that are kept: batches of ever new lengths must not fill the memory.
_MOST_FORMS = 16
_NOT_WHOLE = "what its timesteps give does not sum to the gradient; there are no votes"


class ModuleMeasurer:
    """Measures what each timestep of a module's recurrent layers does at a training step.

    Args:
        model: a ``tf.Module`` or a ``tf.function``.
        loss: ``loss(y, predicted)``, one number or one per example.
    """

    def __init__(self, model: Any, loss: Callable[..., Any] | None = None) -> None:
        self._model = model
        self._loss = loss
        self._timeline: Timeline | None = None
        self._programs: dict[Any, TracedProgram] = {}
        self._covered: list[Covered] = []

    @property
    def covers(self) -> list[Covered]:
        """Which recurrent layers are measured; known once a batch was measured."""
        return list(self._covered)

    def measure(
        self, x: Any, y: Any = None, sample_weight: Any = None, *, timeline: Timeline | None = None
    ) -> list[LayerStatistics]:
        """The statistics of each recurrent layer on a batch.

        Args:
            x: what the model is called with.
            y: the targets.
            sample_weight: of each example.
            timeline: of this model, for the names; None = it is made of the model.

        Returns:
            One for each application of each layer that is measured.

        Raises:
            SourceError: there is no loss, or the model cannot be traced.
        """
        if self._loss is None:
            raise SourceError("a module is compiled with no loss; give loss_fn(y, predicted)")
        if self._timeline is None or timeline is not None:
            self._timeline = timeline or self._analyzed(x)
        batch = _as_tensors((x, y, sample_weight))
        form = _form(batch)
        with untouched(keras_layers(self._model)):
            program = self._programs.pop(form, None)
            program = program or TracedProgram(self._model, self._loss, batch)
        self._programs[form] = program  # the one that was used last is last
        if len(self._programs) > _MOST_FORMS:
            del self._programs[next(iter(self._programs))]
        try:
            found = iter(program.measure(batch))
        except CannotCopyError as error:
            program.give_up(str(error))
            found = iter(())
        names = _layer_names(self._timeline, [(i, run) for i, _, run in program.runs])
        self._covered = [
            Covered(names[i][0], "" if run.reason else "one pass", run.reason)
            for i, _, run in program.runs
        ]
        statistics: list[LayerStatistics] = []
        for i, application, run in program.runs:
            if run.reason:
                continue
            watched = program.watched[len(statistics)]
            called = CallNames(
                *names[i],
                tuple(run.variables),
                tuple(state.name for state in run.states),
                tuple(name for name, _ in watched.gates),
            )
            arrays = {key: value.numpy() for key, value in next(found).items()}
            if not is_whole(arrays):
                arrays["votes"] = np.full_like(arrays["votes"], np.nan)
                self._covered = [
                    replace(c, method="", reason=_NOT_WHOLE) if c.layer == called.layer else c
                    for c in self._covered
                ]
            statistics.append(table(called, application, arrays))
        return statistics

    def _analyzed(self, x: Any) -> Timeline:
        from tb_rnnview.facade import analyze

        return analyze(self._model, inputs=x)


def _layer_names(
    timeline: Timeline, runs: list[tuple[int, LayerRun]]
) -> dict[int, tuple[str, str]]:
    """For each layer, by its place: its name in the timeline, and that of its axis.

    One that has no name there, or shares it, goes by its id.
    """
    named = Counter(layer.name for layer in timeline.layers)
    axes = {axis.id: axis.label for axis in timeline.axes}
    free = sorted(timeline.recurrent_layers, key=lambda layer: layer.depth or 0)
    found: dict[int, tuple[str, str]] = {}
    for i, run in runs:
        if i in found:
            continue
        shared = {
            layer.id: len({v.name for v in timeline.variables_of(layer.id)} & set(run.variables))
            for layer in free
        }
        best = max(free, key=lambda layer: shared[layer.id], default=None)
        if best is None or not shared[best.id]:
            found[i] = (f"layer {i}", "time")
            continue
        free.remove(best)
        axis = next((axes.get(a.axis, "") for a in best.applications), "")
        is_told_apart = best.name and named[best.name] == 1
        found[i] = (best.name if is_told_apart else best.id, axis or "time")
    return found


def _as_tensors(batch: Any) -> Any:
    import tensorflow as tf

    return tf.nest.map_structure(lambda x: None if x is None else tf.convert_to_tensor(x), batch)


def _form(batch: Any) -> Any:
    """What batches have in common that one trace serves."""
    import tensorflow as tf

    leaves = [x for x in tf.nest.flatten(batch) if x is not None]
    structure = tf.nest.map_structure(lambda x: x is None, batch)
    return str(structure), tuple((x.dtype, tuple(x.shape)) for x in leaves)
