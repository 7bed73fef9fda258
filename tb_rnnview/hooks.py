"""`RNNViewHook`: what each timestep does to the shared kernel, in a session of TensorFlow 1."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.training import training_util

from tb_rnnview.errors import SourceError
from tb_rnnview.training.session_watch import SessionWatch
from tb_rnnview.training.sinks import session_sink_of
from tb_rnnview.training.warning import in_one_line, warn

_USUAL_STEPS = 100


class RNNViewHook(tf.compat.v1.train.SessionRunHook):  # type: ignore[misc]
    """Logs the timeline of a TensorFlow 1 graph, and what its timesteps do while it is trained.

    For `tf.compat.v1.train.MonitoredTrainingSession`, and whatever takes a ``SessionRunHook``::

        hook = tb_rnnview.hooks.RNNViewHook(save_steps=100, output_dir="logs/run1")
        with tf.compat.v1.train.MonitoredTrainingSession(chief_only_hooks=[hook]) as session:
            while not session.should_stop():
                session.run(train_op)

    The first run is logged, and then as a ``SummarySaverHook`` with the same arguments would: its
    steps are called by the same numbers. The records go to ``<output_dir>/rnnview``, a run of
    their own. Each is on its way to the disk when its step ends. Training itself stays the same,
    bit for bit; whatever cannot be logged is said in one warning, and training goes on.

    Of several workers give it to the chief alone, as ``chief_only_hooks``.

    Args:
        save_steps: log every so many steps. Default: 100, unless ``save_secs`` is given.
        save_secs: log every so many seconds.
        output_dir: the folder that ``tensorboard --logdir`` is given, or a run inside it.
        summary_writer: write through this ``tf.compat.v1.summary.FileWriter`` instead, into its
            run; its program closes it.
        loss: what is trained to be small, a tensor of the graph or its name. Default: the total of
            the graph's collection of losses, or its only result that is a single number, if the
            optimizer applies the gradients of that.
        statistics: also log what each timestep does (see docs/statistics.md); without it, only
            the timeline.
        name: the tag. Default: "graph".

    Raises:
        tb_rnnview.errors.SourceError: an argument is none of these.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | os.PathLike[str] | None = None,
        summary_writer: Any = None,
        *,
        loss: Any = None,
        statistics: bool = True,
        name: str | None = None,
    ) -> None:
        if save_steps is not None and save_secs is not None:
            raise SourceError("give save_steps or save_secs, not both")
        for given, argument in ((save_steps, "save_steps"), (save_secs, "save_secs")):
            is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
            if given is not None and not (is_number and given > 0):
                raise SourceError(f"{argument} must be a number above 0, not {given!r}")
        if save_steps is None and save_secs is None:
            save_steps = _USUAL_STEPS
        self._timer = tf.compat.v1.train.SecondOrStepTimer(
            every_secs=save_secs, every_steps=save_steps
        )
        self._sink = session_sink_of(output_dir, summary_writer)
        self._loss, self._with_statistics, self._name = loss, statistics, name
        self._watch: SessionWatch | None = None
        self._step: Any = None
        self._has_ended = False
        self._is_known = False
        self._said = 0
        self._next: int | None = None
        self._is_due = False

    def begin(self) -> None:
        """Reads the graph, and adds what is fetched to it, before it is finalized."""
        self._watch, self._is_known, self._said, self._next = None, False, 0, None
        if not self._has_ended:
            self._attempt("nothing is logged", self._begin)

    def before_run(self, run_context: Any) -> Any:
        """Asks for the statistics, where the run that follows is to be logged."""
        self._is_due = False
        if self._has_ended or self._watch is None:
            return None
        wanted: dict[str, Any] = {"step": self._step}
        is_due = self._next is None or self._timer.should_trigger_for_step(self._next)
        if is_due and self._is_of(run_context):
            wanted["found"] = self._watch.fetches
            self._is_due = True
        return tf.compat.v1.train.SessionRunArgs(wanted)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Writes what the run showed."""
        if not self._has_ended and run_values.results:
            self._attempt(
                "nothing more is logged", lambda: self._after(run_context, run_values.results)
            )

    def end(self, session: Any) -> None:  # noqa: ARG002 - so it is called
        """Lets go of the file."""
        self._attempt("the log could not be closed", self._sink.close)

    def _begin(self) -> bool:
        graph = tf.compat.v1.get_default_graph()
        if tf.compat.v1.train.get_global_step(graph) is None:
            raise SourceError(
                "the graph has no global step; make one with "
                "tf.compat.v1.train.get_or_create_global_step() and hand it to the optimizer"
            )
        self._watch = SessionWatch(
            graph, loss=self._loss, name=self._name, with_statistics=self._with_statistics
        )
        self._say()
        # What TensorFlow's own hooks read: all of them then see the same number in the same run.
        self._step = training_util._get_or_create_global_step_read(graph)
        return True

    def _after(self, run_context: Any, results: Any) -> bool:
        step = int(results["step"]) + 1
        if self._is_due:
            step = int(run_context.session.run(self._step))
            self._timer.update_last_triggered_step(step)
            self._write(results["found"], step)
        if self._is_due or self._next is not None:
            self._next = step + 1
        return True

    def _is_of(self, run_context: Any) -> bool:
        """Whether the run that follows is one of the network, and not of something beside it."""
        assert self._watch is not None
        graph = run_context.session.graph
        fetched = []
        for fetch in tf.nest.flatten(run_context.original_args.fetches, expand_composites=True):
            # What is none of the graph's, the session itself will refuse.
            with contextlib.suppress(KeyError, TypeError, ValueError):
                element = graph.as_graph_element(getattr(fetch, "name", fetch))
                fetched.append(getattr(element, "op", element))
        return self._watch.is_run_by(fetched)

    def _write(self, found: Any, step: int) -> None:
        assert self._watch is not None
        tag = self._name or "graph"
        if not self._is_known:
            self._sink.timeline(tag, self._watch.timeline(found), step)
            self._is_known = True
        for table in self._watch.statistics(found):
            application = f"/{table.application}" if table.application else ""
            self._sink.statistics(f"{tag}/{table.layer}{application}", table, step)
        self._say()

    def _say(self) -> None:
        """Says what is not measured, once."""
        problems = self._watch.problems if self._watch is not None else []
        for problem in problems[self._said :]:
            warn(problem)
        self._said = len(problems)

    def _attempt(self, consequence: str, action: Callable[[], Any]) -> bool:
        try:
            return bool(action())
        except Exception as error:  # noqa: BLE001 - whatever it is, training goes on
            self._has_ended = True
            warn(f"{consequence}: {in_one_line(error)}")
            return False
