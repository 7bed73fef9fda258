"""What a session's graph is, and what is fetched of its layers when a step is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tb_rnnview.analysis.analyze import analyzed_graph, told
from tb_rnnview.sources.live_graph import open_object
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.session_copies import read_copies
from tb_rnnview.training.session_layers import WatchedLayer
from tb_rnnview.training.session_lengths import find_lengths
from tb_rnnview.training.session_listening import Listening
from tb_rnnview.training.session_loss import differences, found_loss, given_loss, is_the_same
from tb_rnnview.training.session_measures import LayerMeasures
from tb_rnnview.training.session_operations import Operations, reached
from tb_rnnview.training.session_places import find_layers
from tb_rnnview.training.session_tables import statistics
from tb_rnnview.training.warning import in_one_line

_NO_LOSS = (
    "no gradients and votes are logged: the graph does not tell which tensor is the loss; give "
    "loss="
)
_OTHER_LOSS = (
    "no gradients and votes are logged: those of {name!r}, which may be the loss, are not those "
    "that the optimizer applies; give loss="
)


class SessionWatch:
    """One graph, before it is finalized.

    Args:
        graph: the ``tf.Graph``. What is fetched is added to it.
        loss: a tensor of it, its name, or None.
        name: what to call the network.
        with_statistics: whether more than the timeline is wanted.

    Raises:
        tb_rnnview.errors.SourceError: it holds no network, or not this loss.
    """

    def __init__(self, graph: Any, *, loss: Any, name: str | None, with_statistics: bool) -> None:
        import tensorflow as tf

        self.problems: list[str] = []
        """What is not measured, and why: one line each."""
        source = open_object(graph, name or "")
        assert source is not None
        self._found = analyzed_graph(source)
        self._static = told(self._found, {})
        self._graph = graph
        self._layers: list[LayerMeasures] = []
        self._loss_name = ""
        self._has_loss = True
        self.fetches: dict[str, Any] = {}
        """What to fetch where a step is logged."""
        if loss is not None:
            loss = given_loss(loss, graph)
        if with_statistics:
            try:
                self._watch(loss)
            except Exception as error:  # noqa: BLE001 - whatever TensorFlow does not derive
                self._layers, self.fetches = [], {}
                self.problems.append(f"no statistics are logged: {in_one_line(error)}")
        with graph.as_default(), tf.name_scope("rnnview/"):
            self._lengths = find_lengths(self._found, self._static, graph)
        self.fetches |= {f"length {axis}": size for axis, size in self._lengths.items()}
        self._needs = self._stateful()

    def is_run_by(self, fetches: Sequence[Any]) -> bool:
        """Whether a run takes its data, and draws its random numbers, in any case.

        Args:
            fetches: the operations that it runs.
        """
        if not self._needs:
            return True
        return self._needs <= reached(fetches, _needed)

    def timeline(self, found: Mapping[str, Any]) -> Timeline:
        """The timeline, with the lengths that a run showed.

        Args:
            found: what `fetches` gave.
        """
        sizes = {axis: int(found[f"length {axis}"]) for axis in self._lengths}
        lengths = {axis: size for axis, size in sizes.items() if size > 0}
        seen = told(self._found, lengths) if lengths else self._static
        return replace(
            seen,
            axes=tuple(
                replace(axis, reason="as it ran when this was written")
                if axis.id in lengths
                else axis
                for axis in seen.axes
            ),
        )

    def statistics(self, found: Mapping[str, Any]) -> list[LayerStatistics]:
        """What each layer did.

        Args:
            found: what `fetches` gave.
        """
        if "differences" in found and self._has_loss and not is_the_same(found["differences"]):
            self._has_loss = False
            self.problems.append(_OTHER_LOSS.format(name=self._loss_name))
        return [
            statistics(measures.layer, self._numbers(i, found))
            for i, measures in enumerate(self._layers)
            if measures.fetched
        ]

    def _numbers(self, layer: int, found: Mapping[str, Any]) -> dict[str, Any]:
        mine = f"{layer} "
        kept = {k.removeprefix(mine): v for k, v in found.items() if k.startswith(mine)}
        if self._has_loss:
            return kept
        return {k: v for k, v in kept.items() if "gradient" not in k and "votes" not in k}

    def _watch(self, loss: Any) -> None:
        import tensorflow as tf

        watched, reasons = find_layers(self._found, self._static, self._graph)
        self.problems += [f"{layer} is not measured: {why}" for layer, why in reasons.items()]
        if not watched:
            return
        is_given = loss is not None
        if not is_given:
            loss = found_loss(self._results(), watched, self._graph)
        before = len(self._graph.get_operations())
        with self._graph.as_default(), tf.name_scope("rnnview/"):
            self._layers = [LayerMeasures(layer) for layer in watched]
            if loss is not None:
                gradients = self._derive([loss], self._layers, is_of_loss=True)
                of_weights = [g for g in gradients if g[1] is not None]
                if not is_given:
                    self._check(loss, of_weights)
            else:
                self.problems.append(_NO_LOSS)
            for i, measures in enumerate(self._layers):
                if not measures.fetched:
                    self._measure_forward(i, is_given or loss is not None)
            self.fetches |= {
                f"{i} {name}": tensor
                for i, measures in enumerate(self._layers)
                for name, tensor in measures.fetched.items()
            }
            read_copies(self._graph.get_operations()[before:])
        for measures in self._layers:
            if measures.layer.missing:
                by_reason = measures.layer.missing.items()
                missing = "; ".join(f"{', '.join(what)} ({why})" for why, what in by_reason)
                self.problems.append(f"{measures.layer.name} is not measured whole: {missing}")

    def _results(self) -> list[Any]:
        operations, graph = Operations(self._graph), self._found.graph
        tensors = (operations.tensor(graph.names[node], 0) for node in self._found.roots)
        return [tensor for tensor in tensors if tensor is not None]

    def _derive(
        self, results: Sequence[Any], layers: Sequence[LayerMeasures], is_of_loss: bool
    ) -> list[tuple[Any, Any]]:
        """Derives results, and gives the gradient of each variable of each layer."""
        import tensorflow as tf

        listening = Listening()
        for measures in layers:
            measures.listen(listening, is_of_loss)
        stored = [s for measures in layers for s in measures.layer.stored] or self._any_weights()
        with listening.on():
            gradients = tf.gradients(results, stored)
        after = [g for g in gradients if g is not None]
        left = list(gradients)
        for measures in layers:
            count = len(measures.layer.stored)
            if measures.is_reached:
                measures.finish(left[:count] if is_of_loss else [], after)
            left = left[count:]
        return list(zip(stored, gradients, strict=True))

    def _any_weights(self) -> list[Any]:
        """What stores the weights, where no layer's uses of them can be followed."""
        operations, graph = Operations(self._graph), self._found.graph
        nodes = (graph.names[storage.node] for storage in self._found.storages)
        return [t for t in (operations.tensor(name, 0) for name in nodes) if t is not None]

    def _check(self, loss: Any, gradients: Sequence[tuple[Any, Any]]) -> None:
        self._loss_name = loss.name
        difference = differences(gradients)
        if difference is None:
            self._has_loss = False
            self.problems.append(_NO_LOSS)
        else:
            self.fetches["differences"] = difference

    def _measure_forward(self, i: int, has_loss: bool) -> None:
        """Measures without gradients what the loss does not tell of."""
        layer: WatchedLayer = self._layers[i].layer
        if has_loss:
            self.problems.append(f"{layer.name} has no gradients: the loss does not depend on it")
        ends = layer.ends or [s for s in layer.places[-1].states if s is not None]
        self._layers[i] = LayerMeasures(layer)
        self._derive([end for end in ends if end.dtype.is_floating], [self._layers[i]], False)

    def _stateful(self) -> set[Any]:
        """What takes data, draws numbers or runs a layer for what is fetched."""
        needed = reached([tensor.op for tensor in self.fetches.values()], _needed)
        found = {op for op in needed if _takes_or_draws(op)}
        for layer in (measures.layer for measures in self._layers):
            state = next(s for s in layer.places[0].states if s is not None)
            found.add(state.op if state.graph is self._graph else layer.ends[0].op)
        return found


def _takes_or_draws(operation: Any) -> bool:
    if operation.type == "Placeholder":
        return True
    if not operation.op_def.is_stateful or operation.type.startswith(("TensorArray", "Stack")):
        return False
    return operation.type not in _HOLDS


_HOLDS = frozenset(
    "VariableV2 Variable VarHandleOp ReadVariableOp VarIsInitializedOp While If Assert".split()
)
"""Operations that have a state, or none that a further run of them changes."""


def _needed(operation: Any) -> list[Any]:
    return [*(tensor.op for tensor in operation.inputs), *operation.control_inputs]
