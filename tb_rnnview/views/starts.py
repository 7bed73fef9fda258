"""Where a layer's states start: zeros, a value kept from run to run, another layer's final state.

The page says the same in the same words (``plugin_static/starts.js``).
"""

from __future__ import annotations

from tb_rnnview.timeline import Kind, Layer, State, Timeline, Variable
from tb_rnnview.views.words import clean

ZEROS = "zeros"
NOT_KNOWN = "start"


def is_storage(variable: Variable) -> bool:
    """Whether a variable only keeps a state from run to run: nothing trains it."""
    return variable.role == "initial_state" and variable.trainable is False


def source_of(timeline: Timeline, state: State) -> Layer | None:
    """The layer whose result a state starts from: its loop's exit, or its operation's output."""
    if not state.initial or state.initial == ZEROS:
        return None
    return next(
        (x for x in timeline.layers if x.id != state.layer and _is_result(state.initial, x)), None
    )


def _is_result(tensor: str, layer: Layer) -> bool:
    inside = "/" if layer.kind is Kind.ONCE else "/Exit"
    names = [a.name for a in layer.applications if a.name]
    return any(tensor == n or tensor.startswith((f"{n}:", n + inside)) for n in names)


def starters(timeline: Timeline) -> dict[str, list[Layer]]:
    """The layers that each layer's states start from, by its id, in the order of its states."""
    found: dict[str, list[Layer]] = {}
    for state in timeline.states:
        source = source_of(timeline, state)
        if source is not None and source not in found.setdefault(state.layer, []):
            found[state.layer].append(source)
    return {id_: layers for id_, layers in found.items() if layers}


def short_start(timeline: Timeline, states: list[State]) -> str:
    """All that a layer's states start from, in a word or two: "zeros", "kept", "from encoder"."""
    words = dict.fromkeys(_short(timeline, state) for state in states)
    return next(iter(words)) if len(words) == 1 else NOT_KNOWN


def _short(timeline: Timeline, state: State) -> str:
    source = source_of(timeline, state)
    if source is not None:
        return f"from {clean(source.name or source.id)}"
    if any(v.name == state.initial and is_storage(v) for v in timeline.variables):
        return "kept"
    name = clean(state.initial)
    return name.rpartition("/")[2] or name or NOT_KNOWN


def start_words(timeline: Timeline, state: State) -> str:
    """Where a state starts: "starts from zeros", "starts from the final state of encoder"."""
    if not state.initial:
        return "start not known"
    source = source_of(timeline, state)
    if source is not None:
        what = "final state" if source.kind is Kind.RECURRENT else "result"
        return f"starts from the {what} of {clean(source.name or source.id)}"
    kept = any(v.name == state.initial and is_storage(v) for v in timeline.variables)
    return f"starts from {clean(state.initial)}" + (", kept from run to run" if kept else "")
