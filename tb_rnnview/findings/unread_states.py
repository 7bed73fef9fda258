"""Inputs that nothing reads and that look like the state which a layer could start from."""

from __future__ import annotations

from collections.abc import Iterable

from tb_rnnview.findings.facts import Facts, UnreadInput
from tb_rnnview.timeline import Shape, Timeline


def layers_it_could_start(timeline: Timeline, unread: UnreadInput) -> tuple[str, ...]:
    """The ids of the layers that start from zeros, and have a state of an input's shape."""
    if not unread.is_float:
        return ()
    fitting = [
        state.layer
        for state in timeline.states
        if state.initial == "zeros" and _fits(unread.shape, state.shape)
    ]
    return tuple(dict.fromkeys(fitting))


def unread_state_of(timeline: Timeline, facts: Facts, layers: Iterable[str]) -> UnreadInput | None:
    """The first input that nothing reads and that any of these layers could start from."""
    wanted = set(layers)
    return next(
        (x for x in facts.unread_inputs if wanted & set(layers_it_could_start(timeline, x))), None
    )


def _fits(given: Shape, state: Shape) -> bool:
    """Whether shapes agree where both are known, and in all dimensions but the batch's they are."""
    if given is None or state is None or len(given) != len(state) or len(state) < 2:
        return False
    if None in given[1:] or given[1:] != state[1:]:
        return False
    return given[0] is None or state[0] is None or given[0] == state[0]
