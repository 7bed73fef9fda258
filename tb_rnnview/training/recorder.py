"""What every hook does with a model and a batch: the timeline once, then statistics.

Training must end as it would have without us. So nothing here raises for what the model or the
disk does: it is said once, in a warning, and from then on nothing more is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.measurer import Measurer
from tb_rnnview.training.module_measurer import ModuleMeasurer, is_module
from tb_rnnview.training.parts import here_alone
from tb_rnnview.training.sinks import Sink
from tb_rnnview.training.warning import in_one_line, warn
from tb_rnnview.training.workers import ANOTHER_FAILED, Workers

_AnyMeasurer = Measurer | ModuleMeasurer


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
        self._measurer: _AnyMeasurer | None = None
        self._loss: Any = None
        self._said: set[str] = set()
        self.writes = True
        """Whether this process writes: of several that measure together, the chief alone does."""

    @property
    def wants_statistics(self) -> bool:
        """Whether there may be more to record than the timeline."""
        return self._wants_statistics and not self._has_ended

    def wants(self, model: Any) -> bool:
        """Whether there is anything left to record of this model."""
        if self._has_ended:
            return False
        network = _identity(model)
        return self._wants_statistics or not network or network != self._network

    def no_statistics(self, reason: str) -> None:
        """Says once why there are none, and goes on with the timeline alone."""
        if self.wants_statistics:
            self._wants_statistics = False
            self._say(f"no statistics are logged: {reason}")

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
        if self._knows(model, x, step) and self._wants_statistics:

            def measure(measurer: _AnyMeasurer, timeline: Timeline | None) -> list[LayerStatistics]:
                return measurer.measure(x, y, sample_weight, timeline=timeline)

            self._attempt(
                "nothing more is logged",
                lambda: self._write_statistics(model, measure, loss, step),
            )

    def record_parts(
        self,
        model: Any,
        parts: Sequence[tuple[Any, Any, Any]],
        *,
        step: int,
        workers: Workers | None = None,
    ) -> None:
        """Writes what a batch shows that several replicas train on.

        Args:
            model: what is trained.
            parts: (x, y, sample weights) of each replica in this process.
            step: the training step.
            workers: the processes that measure together; None = there is only this one.
        """
        can = self._knows(model, parts[0][0], step)
        if workers is not None and not workers.all_can(can):
            self.no_statistics(ANOTHER_FAILED)
            return
        if can and self._wants_statistics:
            total = here_alone if workers is None else workers.total

            def measure(measurer: _AnyMeasurer, timeline: Timeline | None) -> list[LayerStatistics]:
                assert isinstance(measurer, Measurer)
                return measurer.measure_parts(parts, total=total, timeline=timeline)

            self._attempt(
                "nothing more is logged",
                lambda: self._write_statistics(model, measure, None, step),
            )

    def _knows(self, model: Any, x: Any, step: int) -> bool:
        """Sees to it that the timeline is written; whether more can be."""
        return self.wants(model) and self._attempt(
            "nothing is logged", lambda: self._know(model, x, step)
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
        if self.writes:
            self._sink.timeline(self._tag(timeline), timeline, step)
        self._network, self._timeline, self._measurer = network, timeline, None

    def _write_statistics(
        self,
        model: Any,
        measure: Callable[[_AnyMeasurer, Timeline | None], list[LayerStatistics]],
        loss: Any,
        step: int,
    ) -> None:
        assert self._timeline is not None
        if self._measurer is None or self._loss is not loss:
            self._measurer, self._loss = _measurer_of(model, loss), loss
            # The names are needed once; what follows them is traced once.
            found = measure(self._measurer, self._timeline)
        else:
            found = measure(self._measurer, None)
        self._say_what_is_missing(self._measurer)
        if self.writes:
            for measured in found:
                self._sink.statistics(self._statistics_tag(measured), measured, step)

    def _say_what_is_missing(self, measurer: _AnyMeasurer) -> None:
        for covered in measurer.covers:
            if covered.reason and covered.layer not in self._said:
                self._said.add(covered.layer)
                self._say(f"{covered.layer} is not measured whole: {covered.reason}")

    def _say(self, message: str) -> None:
        # What is so for all processes, one of them says.
        if self.writes:
            warn(message)

    def _tag(self, timeline: Timeline) -> str:
        return self._name or timeline.name or "rnnview"

    def _statistics_tag(self, measured: LayerStatistics) -> str:
        assert self._timeline is not None
        application = f"/{measured.application}" if measured.application else ""
        return f"{self._tag(self._timeline)}/{measured.layer}{application}"


def _measurer_of(model: Any, loss: Any) -> _AnyMeasurer:
    return ModuleMeasurer(model, loss) if is_module(model) else Measurer(model, loss)


def _identity(model: Any) -> tuple[int, ...]:
    """Another network has other variables; one that is not built yet has none, and is nobody."""
    if not getattr(model, "built", True):
        return ()
    return (id(model), *map(id, getattr(model, "variables", ())))
