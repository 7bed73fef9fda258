"""A ``tf.Module`` or function without Keras, traced with its loss for one form of batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tb_rnnview.sources.example_inputs import call_arguments
from tb_rnnview.sources.function_graph import from_concrete_function
from tb_rnnview.sources.traced_function import called_of, function_kind
from tb_rnnview.sources.tracing import trace
from tb_rnnview.sources.user_names import names_in, names_reached
from tb_rnnview.timeline import Source
from tb_rnnview.training.copied_graph import CannotCopyError
from tb_rnnview.training.inlined import functions_inlined
from tb_rnnview.training.losses import loss_of
from tb_rnnview.training.run_again import run_again
from tb_rnnview.training.traced_gradients import measured_runs
from tb_rnnview.training.traced_places import LayerRun, NotFoundError, Places, mark_functions
from tb_rnnview.training.traced_run import WatchedRun
from tb_rnnview.training.traced_scope import TracedScope
from tb_rnnview.training.written_variables import dtype_of, kept, written_handles


class TracedProgram:
    """A program for batches of one form.

    Attributes:
        runs: the applications of recurrent layers: the layer's place among all, which of its
            applications, and the run.
        watched: those of them that are measured.
    """

    def __init__(self, model: Any, loss: Callable[..., Any], batch: tuple[Any, Any, Any]) -> None:
        """Traces a program and finds its recurrent layers; nothing is computed.

        Args:
            model: a ``tf.Module`` or ``tf.function``.
            loss: ``loss(y, predicted)``.
            batch: inputs, targets and weights; tensors.

        Raises:
            SourceError: it cannot be traced, or its graph not be read.
        """
        import tensorflow as tf

        from tb_rnnview.analysis.analyze import analyzed_graph

        kind = function_kind(model)
        function = model if kind == "function" else called_of(model, "the tf.Module")
        python = getattr(function, "python_function", function)

        def program(x: Any, y: Any, weight: Any) -> Any:
            args, kwargs = call_arguments(x, python, ("self",))
            predicted = function(*args, **kwargs)
            return predicted, loss_of(model, loss, x, y, predicted, weight)

        with functions_inlined():
            traced = trace(tf.function(program), (batch, {}), "the model with its loss")
        self._graph = traced.graph
        self._inputs = [x.name for x in traced.inputs[: len(_tensors(batch))]]
        self._loss = traced.graph.outputs[-1]
        held = names_in(model) if kind == "module" else names_reached(function)
        source = from_concrete_function(traced, Source(kind, "", "", ""), "program", held)
        marks = mark_functions(source.graph_def)
        found = analyzed_graph(source)
        by_name = {d.name: d.node for d in found.declared.values()}
        outer = {inner.op.name: handle for handle, inner in traced.graph.captures}
        self.runs = Places(found, traced.graph, marks).runs()
        self.watched: list[WatchedRun] = []
        scope = TracedScope.of_function(traced.graph)
        for _, _, run in self.runs:
            if run.reason:
                continue
            handles = [outer[by_name[name]] for name in run.variables]
            try:
                self.watched.append(_watched(run, scope, handles))
            except (NotFoundError, CannotCopyError) as error:
                run.reason = str(error)
        self._function = tf.function(self._measured, autograph=False)

    def measure(self, batch: tuple[Any, Any, Any]) -> list[dict[str, Any]]:
        """The sums over a batch, for each of `watched`; see `run_products.measured`.

        Args:
            batch: inputs, targets and weights; tensors.

        Raises:
            CannotCopyError: something in the program cannot be run again.
        """
        if not self.watched:
            return []
        flat = _tensors(batch)
        concrete = self._function.get_concrete_function(*flat)
        with kept(written_handles(concrete.graph)):
            found: list[dict[str, Any]] = self._function(*flat)
        return found

    def give_up(self, reason: str) -> None:
        """Lets nothing be measured, for this reason."""
        for _, _, run in self.runs:
            run.reason = run.reason or reason
        self.watched = []

    def _measured(self, *flat: Any) -> list[dict[str, Any]]:
        import tensorflow as tf

        given = {inner.name: outer for outer, inner in self._graph.captures}
        given.update(zip(self._inputs, flat, strict=True))
        for run in self.watched:
            run.stand_ins = [tf.stop_gradient(_read(handle)) for handle in run.handles]
            run.add_zeros()
        total = tf.cast(run_again(self._graph, given, self._loss, self.watched), tf.float32)
        return measured_runs(total, self.watched)


def _watched(run: LayerRun, scope: TracedScope, handles: list[Any]) -> WatchedRun:
    """A run with its operations.

    Raises:
        NotFoundError: it cannot be watched.
        CannotCopyError: its loop cannot be looked into.
    """
    if run.loop:
        scope = scope.of_loop(scope.graph.get_operation_by_name(run.loop))
    found = WatchedRun(run, scope, handles)
    found.find_uses()
    found.check_shapes()
    return found


def _tensors(batch: Any) -> list[Any]:
    import tensorflow as tf

    return [x for x in tf.nest.flatten(batch) if x is not None]


def _read(handle: Any) -> Any:
    import tensorflow as tf

    return tf.raw_ops.ReadVariableOp(resource=handle, dtype=dtype_of(handle))
