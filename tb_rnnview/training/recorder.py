"""What every hook does with a model and a batch: the timeline once, then statistics.

Training must end as it would have without us. So nothing here raises for what the model or the
disk does: it is said once, in a warning, and from then on nothing more is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.measurer import Measurer
from tb_rnnview.training.module_measurer import ModuleMeasurer, is_module
from tb_rnnview.training.sinks import Sink
from tb_rnnview.training.warning import in_one_line, warn


class Recorder:
    """Writes what one hook sees. It knows one network at a time."""

    def __init__(self, sink: Sink, *, name: str | None, statistics: bool) -> None:
        """A recorder that writes to ``sink``.

        Args:
            sink: where records go.
            name: the tag. Default: the network's name.
            statistics: whether more than the timeline is wanted.
        """
        self._sink = sink
        self._name = name
        self._wants_statistics = statistics
        self._has_ended = False
        self._network: tuple[int, ...] = ()
        self._timeline: Timeline | None = None
        self._measurer: Measurer | ModuleMeasurer | None = None
        self._loss: Any = None
        self._said: set[str] = set()

    def wants(self, model: Any) -> bool:
        """Whether there is anything left to record of this model."""
        if self._has_ended:
            return False
        network = _identity(model)
        return self._wants_statistics or not network or network != self._network

    def no_statistics(self, reason: str) -> None:
        """Says once why there are none, and goes on with the timeline alone."""
        if self._wants_statistics:
            self._wants_statistics = False
            warn(f"no statistics are logged: {reason}")

    def record(
        self,
        model: Any,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        loss: Any = None,
        step: int,
    ) -> None:
        """Writes what this batch shows, at this training step.

        Args:
            model: what is trained.
            x: the batch that goes in, as the model takes it.
            y: what should come out.
            sample_weight: weights of the examples.
            loss: as for `Measurer`.
            step: the training step.
        """
        if not self.wants(model):
            return
        if not self._attempt("nothing is logged", lambda: self._know(model, x, step)):
            return
        if self._wants_statistics:
            self._attempt(
                "nothing more is logged",
                lambda: self._write_statistics(model, (x, y, sample_weight), loss, step),
            )

    def close(self) -> None:
        """Lets go of the file."""
        self._attempt("the log could not be closed", self._sink.close)

    def _attempt(self, consequence: str, action: Callable[[], None]) -> bool:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever it is, training goes on
            self._has_ended = True
            warn(f"{consequence}: {in_one_line(error)}")
            return False
        return True

    def _know(self, model: Any, x: Any, step: int) -> None:
        """Writes the timeline of a network that was not seen before."""
        network = _identity(model)
        if network == self._network:
            return
        from tb_rnnview.facade import analyze

        timeline = analyze(model, inputs=x, name=self._name)
        self._sink.timeline(self._tag(timeline), timeline, step)
        self._network, self._timeline, self._measurer = network, timeline, None

    def _write_statistics(
        self, model: Any, batch: tuple[Any, Any, Any], loss: Any, step: int
    ) -> None:
        assert self._timeline is not None
        if self._measurer is None or self._loss is not loss:
            self._measurer, self._loss = _measurer_of(model, loss), loss
            # The names are needed once; what follows them is traced once.
            found = self._measurer.measure(*batch, timeline=self._timeline)
        else:
            found = self._measurer.measure(*batch)
        self._say_what_is_missing(self._measurer)
        for measured in found:
            self._sink.statistics(self._statistics_tag(measured), measured, step)

    def _say_what_is_missing(self, measurer: Measurer | ModuleMeasurer) -> None:
        for covered in measurer.covers:
            if covered.reason and covered.layer not in self._said:
                self._said.add(covered.layer)
                warn(f"{covered.layer} is not measured whole: {covered.reason}")

    def _tag(self, timeline: Timeline) -> str:
        return self._name or timeline.name or "rnnview"

    def _statistics_tag(self, measured: LayerStatistics) -> str:
        assert self._timeline is not None
        application = f"/{measured.application}" if measured.application else ""
        return f"{self._tag(self._timeline)}/{measured.layer}{application}"


def _measurer_of(model: Any, loss: Any) -> Measurer | ModuleMeasurer:
    return ModuleMeasurer(model, loss) if is_module(model) else Measurer(model, loss)


def _identity(model: Any) -> tuple[int, ...]:
    """Another network has other variables; one that is not built yet has none, and is nobody."""
    if not getattr(model, "built", True):
        return ()
    return (id(model), *map(id, getattr(model, "variables", ())))
