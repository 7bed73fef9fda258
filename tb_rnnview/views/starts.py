"""Where a layer's states start: zeros, a value kept from run to run, another layer's final state.

The page says the same in the same words (``plugin_static/starts.js``).
"""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.timeline import Layer, State, Timeline, Variable
from tb_rnnview.views.naming import layer_names
from tb_rnnview.views.words import clean

NOT_KNOWN = "start"


@dataclass(frozen=True)
class Start:
    """A layer whose states start from what another one gives."""

    layer: str
    source: Layer
    is_final: bool
    """Whether that is its final state, as it is."""


def is_storage(variable: Variable) -> bool:
    """Whether a variable only keeps a state from run to run: nothing trains it."""
    return variable.role == "initial_state" and variable.trainable is False


def starts(timeline: Timeline) -> list[Start]:
    """Which layers start from which, in the order of the states and connections."""
    layers = {layer.id: layer for layer in timeline.layers}
    final = [(s.layer, s.initial_layer) for s in timeline.states if s.initial_layer]
    made = [(c.to_layer, c.from_layer) for c in timeline.connections if c.starts_state]
    return [
        Start(layer, layers[source], (layer, source) in final)
        for layer, source in dict.fromkeys([*final, *made])
        if source in layers and source != layer
    ]


def short_start(timeline: Timeline, states: list[State]) -> str:
    """All that a layer's states start from, in a word or two: "zeros", "kept", "from encoder"."""
    words = dict.fromkeys(_short(timeline, state) for state in states)
    return next(iter(words)) if len(words) == 1 else NOT_KNOWN


def _short(timeline: Timeline, state: State) -> str:
    sources = _sources(timeline, state)
    if len(sources) == 1:
        return f"from {sources[0]}"
    if _is_kept(timeline, state):
        return "kept"
    name = clean(state.initial)
    return name.rpartition("/")[2] or name or NOT_KNOWN


def _sources(timeline: Timeline, state: State) -> list[str]:
    """What those are called that a state starts from, both directions of a layer as one."""
    if state.initial == "zeros" or any(v.name == state.initial for v in timeline.variables):
        return []
    own = [x for x in starts(timeline) if x.layer == state.layer]
    final = [x for x in own if x.source.id == state.initial_layer]
    names = layer_names(timeline)
    others = final or [x for x in own if not x.is_final]
    return list(dict.fromkeys(names[x.source.id] for x in others))


def start_words(timeline: Timeline, state: State) -> str:
    """Where a state starts: "starts from zeros", "starts from the final state of encoder"."""
    sources = _sources(timeline, state)
    if sources and state.initial_layer:
        return f"starts from the final state of {sources[0]}"
    if sources:
        return f"starts from a result of {' and '.join(sources)}"
    if not state.initial:
        return "start not known"
    kept = ", kept from run to run" if _is_kept(timeline, state) else ""
    return f"starts from {clean(state.initial)}{kept}"


def _is_kept(timeline: Timeline, state: State) -> bool:
    return any(v.name == state.initial and is_storage(v) for v in timeline.variables)
