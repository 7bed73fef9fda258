"""`RNNViewCallback`: what each timestep does to the shared kernel, while ``model.fit`` runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import keras

from tb_rnnview.training.fit_batches import batches_of_a_call, look_once
from tb_rnnview.training.keras_training import (
    gives_parts,
    has_own_train_step,
    is_chief,
    parts_of,
    processes,
    replicas,
    steps_made,
)
from tb_rnnview.training.recorder import Recorder
from tb_rnnview.training.schedule import Schedule
from tb_rnnview.training.sinks import sink_of
from tb_rnnview.training.workers import ANOTHER_FAILED, Workers


class RNNViewCallback(keras.callbacks.Callback):
    """Logs the timeline of a recurrent model, and what its timesteps do while it is trained.

    For models of Keras 3 on TensorFlow, and of tf_keras::

        model.fit(x, y, epochs=5, callbacks=[tb_rnnview.keras.RNNViewCallback("logs/run1")])

    The records go to ``<log_dir>/rnnview``, a run of their own, so a TensorBoard callback may use
    the same ``log_dir``. Each is on its way to the disk when its step ends. Training itself stays
    the same, bit for bit; whatever cannot be logged is said in one warning, and training goes on.
    Where several processes train one model each needs the callback, and the chief writes.

    Args:
        log_dir: the folder that ``tensorboard --logdir`` is given, or a run inside it.
        update_freq: log the first batch and then every so many batches; "batch" is 1; "epoch" logs
            the last batch of each epoch, or the first where Keras does not know how many there
            are. Steps are numbered as in Keras' TensorBoard callback, but go on counting
            through every ``fit``.
        statistics: also log what each timestep does (see docs/statistics.md); without it, only
            the timeline.
        batch: a fixed batch ``(x, y)`` or ``(x, y, sample_weight)`` to measure with, so that curves
            compare from step to step. Default: the very batch that the step is trained on.
        writer: write through this ``tf.summary`` writer instead, into its run; its program closes
            it.
        name: the tag. Default: the model's name.

    Raises:
        tb_rnnview.errors.SourceError: an argument is none of these.
    """

    # Keras 2 asks for these, which a callback of Keras 3 has not.
    _supports_tf_logs = True

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        update_freq: int | str = 100,
        statistics: bool = True,
        batch: Any = None,
        writer: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__()
        self._schedule = Schedule(update_freq)
        self._recorder = Recorder(sink_of(log_dir, writer), name=name, statistics=statistics)
        self._fixed = None if batch is None else parts_of(tuple(batch))
        self._update_freq = update_freq
        self._workers: Workers | None = None
        self._own_train_function: Any = None
        self._after_batch: Callable[[], None] | None = None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Goes on counting where training has got to."""
        steps = (self.params or {}).get("steps")
        self._schedule.begin_training(steps_made(self.model), steps)
        self._recorder.writes = is_chief(self.model)
        if has_own_train_step(self.model):
            self._recorder.no_statistics(
                f"{type(self.model).__name__} has a train_step of its own, and only that knows "
                "its loss; tb_rnnview.RNNViewLogger takes a loss"
            )
        self._workers = None
        if self._fixed is None and self._recorder.wants_statistics and replicas(self.model) > 1:
            reason = self._meet(steps)
            if reason:
                self._recorder.no_statistics(reason)

    def _meet(self, steps: int | None) -> str:
        """Why the replicas' parts of a batch cannot be measured; "" = they can."""
        strategy = self.model.distribute_strategy
        if not gives_parts(self.model):
            return (
                f"{type(strategy).__name__} does not show what its replicas are trained on; a "
                "fixed batch, batch=(x, y), can be measured"
            )
        if processes(self.model) > 1:
            workers = Workers(strategy)
            plan = (self._update_freq, steps, batches_of_a_call(self.model), steps_made(self.model))
            reason = workers.meet(repr(plan))
            if reason:
                return reason
            self._workers = workers
        return ""

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Goes on counting, from ``initial_epoch``."""
        self._schedule.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Looks at the step that follows, if it is to be logged."""
        step = self._schedule.due(batches_of_a_call(self.model))
        if step is None:
            return
        wants = self._recorder.wants(self.model)
        if self._workers is not None:
            # All of them take their parts of the batch, or none does.
            if not self._workers.all_can(wants):
                self._workers = None
                self._recorder.no_statistics(ANOTHER_FAILED)
                return
        elif not wants or not is_chief(self.model):
            return
        late: list[Any] = []

        def before(parts: list[Any]) -> None:
            # A model that is not built yet is built by its first step, as if we were not here.
            if self.model.built:
                self._record(parts, step)
            else:
                late.append(parts)

        def after() -> None:
            for parts in late:
                self._record(parts, step)

        if not self._sees_batches():
            # What only the replicas get shows us nothing; lengths that it would tell stay open.
            before([None])
            self._after_batch = after
            return
        self._own_train_function = self.model.train_function
        look_once(self.model, before, after)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Counts."""
        self._put_back()
        if self._after_batch is not None:
            self._after_batch()
            self._after_batch = None
        self._schedule.trained(batches_of_a_call(self.model))

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Closes the file."""
        self._put_back()
        self._recorder.close()

    def _sees_batches(self) -> bool:
        """Whether batches can be had before they are trained on, without asking other processes."""
        if replicas(self.model) == 1 or self._workers is not None:
            return True
        return gives_parts(self.model) and processes(self.model) == 1

    def _record(self, parts: list[Any], step: int) -> None:
        """Records a batch, of which each replica in this process has a part."""
        if self._fixed is None and (len(parts) > 1 or self._workers is not None):
            seen = [parts_of(part) for part in parts]
            self._recorder.record_parts(self.model, seen, step=step, workers=self._workers)
            return
        x, y, sample_weight = parts_of(parts[0]) if self._fixed is None else self._fixed
        self._recorder.record(self.model, x, y, sample_weight, step=step)

    def _put_back(self) -> None:
        if self._own_train_function is not None:
            self.model.train_function = self._own_train_function
            self._own_train_function = None

    def _implements_train_batch_hooks(self) -> bool:
        return True

    def _implements_test_batch_hooks(self) -> bool:
        return False

    def _implements_predict_batch_hooks(self) -> bool:
        return False
