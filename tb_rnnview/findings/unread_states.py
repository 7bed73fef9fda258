"""Inputs that nothing reads and that look like the state which a layer could start from."""

from __future__ import annotations

from collections.abc import Iterable

from tb_rnnview.findings.facts import Facts, UnreadInput
from tb_rnnview.timeline import Timeline

_Sizes = tuple[int | None, ...]


class ZeroStates:
    """The states of a network that start from zeros, by their shapes."""

    def __init__(self, timeline: Timeline) -> None:
        """Takes the network."""
        self._of: dict[_Sizes, dict[tuple[int | None, str], None]] = {}
        for state in timeline.states:
            shape = state.shape
            if state.initial == "zeros" and shape and len(shape) > 1 and None not in shape[1:]:
                self._of.setdefault(shape[1:], {})[shape[0], state.layer] = None

    def layers_for(self, unread: UnreadInput) -> tuple[str, ...]:
        """The ids of the layers with a state of an input's shape; the batch may be open."""
        shape = unread.shape
        if not unread.is_float or not shape:
            return ()
        fitting = (
            layer
            for batch, layer in self._of.get(shape[1:], ())
            if batch is None or shape[0] is None or batch == shape[0]
        )
        return tuple(dict.fromkeys(fitting))


def unread_states(timeline: Timeline, facts: Facts) -> dict[str, UnreadInput]:
    """By the id of a layer, the first input that nothing reads and that it could start from."""
    found: dict[str, UnreadInput] = {}
    states = ZeroStates(timeline)
    for unread in facts.unread_inputs:
        for layer in states.layers_for(unread):
            found.setdefault(layer, unread)
    return found


def first_of(layers: Iterable[str], unread: dict[str, UnreadInput]) -> UnreadInput | None:
    """The input that the first of these layers with one could start from."""
    return next((unread[layer] for layer in layers if layer in unread), None)
