"""What the timeline calls the layers, variables and states that are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tb_rnnview.sources.user_names import Held, handles, names_in
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.cell_calls import CellCall
from tb_rnnview.training.watched_loop import Application

# Keras' cells that keep the output first and the cell state second.
_H_AND_C = {"LSTMCell", "ConvLSTMCell", "PeepholeLSTMCell"}


@dataclass(frozen=True)
class CallNames:
    """The names of one cell's call."""

    layer: str
    axis: str
    variables: tuple[str, ...]
    results: tuple[str, ...]
    """Of `CellCall.results`: states, then outputs that are no states."""
    gates: tuple[str, ...]


class Names:
    """The names in a model, by what the timeline of it says.

    Args:
        model: the model.
        timeline: of that model.
    """

    def __init__(self, model: Any, timeline: Timeline) -> None:
        self._timeline = timeline
        self._held = {id(handle): held for held in names_in(model) for handle in held.handles}

    @property
    def recurrent(self) -> list[str]:
        """The names of all recurrent layers of the timeline."""
        return [layer.name for layer in self._timeline.recurrent_layers]

    def held(self, variable: Any) -> Held | None:
        """What the user's objects say of a ``tf.Variable``; None = they do not hold it."""
        found = (self._held.get(id(handle)) for handle in handles(variable))
        return next((held for held in found if held is not None), None)

    def of(self, application: Application) -> list[CallNames]:
        """The names for each call of an application."""
        return [self._of_call(application, i) for i in range(len(application.calls))]

    def _of_call(self, application: Application, index: int) -> CallNames:
        call = application.calls[index]
        names = tuple(self._name(variable) for variable in call.variables)
        known = [self._known(other) for other in application.calls]
        used = {
            layer.id: {v.name for v in self._timeline.variables_of(layer.id)} & known[index]
            for layer in self._timeline.recurrent_layers
        }
        most = max(map(len, used.values()), default=0)
        layers = [
            layer
            for layer in self._timeline.recurrent_layers
            if most and len(used[layer.id]) == most
        ]
        # Where cells share their variables, the order of depth is that of the calls.
        layers.sort(key=lambda layer: layer.depth or 0)
        before = sum(other == known[index] for other in known[:index])
        layer = layers[min(before, len(layers) - 1)] if layers else None
        own = application.layer.layer
        axes = {axis.id: axis.label for axis in self._timeline.axes}
        axis = next((axes.get(a.axis, "") for a in layer.applications), "") if layer else ""
        return CallNames(
            layer.name if layer else _own_name(own, application, index),
            axis or "time",
            names,
            tuple(self._results(call)),
            tuple(call.gates),
        )

    def _name(self, variable: Any) -> str:
        held = self.held(variable)
        return held.name if held is not None else str(variable.name).partition(":")[0]

    def _known(self, call: CellCall) -> set[str]:
        """The names of the variables that a cell holds or reads."""
        held = (self._held.get(id(h)) for of in names_in(call.cell) for h in of.handles)
        names = {of.name for of in held if of is not None}
        return names | {self._name(variable) for variable in call.variables}

    def _results(self, call: CellCall) -> Sequence[str]:
        count, outputs = call.state_count, len(call.like) - call.state_count
        kinds = {kind.__name__ for kind in type(call.cell).__mro__}
        if count == 1:
            states = ["h"]
        elif count == 2 and kinds & _H_AND_C:
            states = ["h", "c"]
        else:
            states = [f"state {i}" for i in range(count)]
        return [*states, *(f"output {i}" if outputs > 1 else "output" for i in range(outputs))]


def _own_name(layer: Any, application: Application, index: int) -> str:
    if len(application.calls) == 1:
        return str(layer.name)
    return f"{layer.name}/{getattr(application.calls[index].cell, 'name', index)}"
