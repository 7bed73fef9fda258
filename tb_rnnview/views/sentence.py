"""The answer in words: the headline, the sentence below it, and what must be added to them.

The page says the same in the same words (``plugin_static/sentence.js``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tb_rnnview.timeline import Axis, Kind, Layer, Timeline, Variable
from tb_rnnview.views.naming import first_axis, length_words, paired_layers
from tb_rnnview.views.uses import is_bounded, repeats
from tb_rnnview.views.words import clean, counted, number, product

_FROM_DATA = re.compile(r"""(['"].*['"]) is computed from data""")

_Groups = list[tuple[Axis | None, list[Layer]]]


@dataclass(frozen=True)
class Sentence:
    """The answer: one headline, one sentence, and notes that are sentences of their own."""

    headline: str
    detail: str
    notes: tuple[str, ...] = ()


def sentence(timeline: Timeline) -> Sentence:
    """What was built, in words."""
    groups = _by_axis(timeline)
    if not groups:
        return _without_recurrence(timeline)
    paired = paired_layers(timeline)
    several = len(groups) > 1
    places = []
    for axis, layers in groups:
        words = f"{_count(layers, paired)} × {length_words(axis)}"
        label = clean(axis.label) if several and axis is not None and axis.label != "time" else ""
        places.append(f"{label}: {words}" if label else words)
    headline = "; ".join(places)
    return Sentence(
        headline[:1].upper() + headline[1:],
        _sharing(timeline, groups),
        (*_about_lengths(groups), *_other_parameters(timeline), *_about_the_rest(timeline)),
    )


def _by_axis(timeline: Timeline) -> _Groups:
    groups: dict[str, list[Layer]] = {}
    for layer in timeline.recurrent_layers:
        groups.setdefault(first_axis(layer), []).append(layer)
    axes = {axis.id: axis for axis in timeline.axes}
    return [(axes.get(id_), layers) for id_, layers in groups.items()]


def _count(layers: list[Layer], paired: frozenset[str]) -> str:
    pairs = sum(layer.id in paired for layer in layers) // 2
    total = len(layers) - pairs
    if pairs == total:
        return counted(total, "bidirectional layer")
    return counted(total, "layer") + (f" ({number(pairs)} bidirectional)" if pairs else "")


def _sharing(timeline: Timeline, groups: _Groups) -> str:
    recurrent = {layer.id for layer in timeline.recurrent_layers}
    axes = {axis.id: axis for axis in timeline.axes}
    is_bound = False
    stored = unshared = 0
    is_stored_known = is_unshared_known = True
    for variable in timeline.variables:
        uses = [use for use in variable.uses if use.layer in recurrent]
        if not uses or is_storage(variable):
            continue
        if variable.parameters is None:
            is_stored_known = False
            continue
        stored += variable.parameters
        for use in uses:
            is_bound = is_bound or is_bounded(axes, use)
            steps = product(repeats(axes, use))
            if steps is None:
                is_unshared_known = False
            else:
                unshared += variable.parameters * steps
    axis = groups[0][0] if len(groups) == 1 else None
    length = None if axis is None else axis.length
    times = _shared_by(axis)
    if recurrent <= paired_layers(timeline):
        subject = f"Each direction's weights are shared by its {times}"
    elif len(recurrent) > 1:
        subject = f"Each layer's weights are shared by its {times}"
    elif length == 1:
        subject = "Its weights are used at its only timestep"
    else:
        subject = f"Its weights are shared by all its {times}"
    if not is_stored_known:
        return f"{subject}."
    if not is_unshared_known or unshared == stored:
        return f"{subject}: {counted(stored, 'parameter')}."
    bound = "up to " if is_bound else ""
    return (
        f"{subject}: {counted(stored, 'parameter')} "
        f"({bound}{number(unshared)} if every timestep had its own)."
    )


def _shared_by(axis: Axis | None) -> str:
    if axis is None or axis.length is None:
        return "timesteps"
    if axis.length_is_bound:
        return f"timesteps, up to {number(axis.length)} of them"
    return counted(axis.length, "timestep")


def _about_lengths(groups: _Groups) -> list[str]:
    notes = []
    for axis, _ in groups:
        if axis is None:
            continue
        reason = clean(axis.reason).rstrip(".")
        if axis.length is None:
            notes.append(f"T is not known: {reason or 'the graph does not fix it'}.")
        elif axis.length_is_bound and reason:
            notes.append(f"A run may stop earlier: {_dependence(reason)}.")
    return notes


def _dependence(reason: str) -> str:
    """The analysis's phrase as a clause of its own."""
    match = _FROM_DATA.fullmatch(reason)
    return f"it depends on data ({match[1]})" if match else reason


def is_storage(variable: Variable) -> bool:
    """Whether a variable only keeps a state from run to run: nothing trains it."""
    return variable.role == "initial_state" and variable.trainable is False


def _other_parameters(timeline: Timeline) -> list[str]:
    """The parameters of the other layers are said apart from the recurrent ones."""
    kinds = {layer.id: layer.kind for layer in timeline.layers}
    total = 0
    owners: set[str] = set()
    for variable in timeline.variables:
        if variable.layers and all(kinds.get(x) is not Kind.RECURRENT for x in variable.layers):
            total += variable.parameters or 0
            owners.update(variable.layers)
    return [f"{counted(len(owners), 'other layer')}: {counted(total, 'parameter')}."] * bool(total)


def _about_the_rest(timeline: Timeline) -> list[str]:
    if not timeline.is_partly_unknown:
        return []
    return ["Part of this graph is not recognised; the reason is below."]


def _without_recurrence(timeline: Timeline) -> Sentence:
    if timeline.is_partly_unknown:
        return Sentence(
            "Part of this graph is not recognised.",
            "So it is not known whether it has a recurrent layer. This is the reason:",
        )
    return Sentence(
        "No recurrent layer was found.",
        "Nothing in this graph hands a state, computed with weights, from one timestep to the "
        "next, so there is no time to unroll.",
    )
