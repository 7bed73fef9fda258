"""The answer in words: the headline, the sentence below it, and what must be added to them.

The page says the same in the same words (``plugin_static/sentence.js``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tb_rnnview.timeline import Axis, Layer, Timeline
from tb_rnnview.views.lengths import length_words, sum_words, symbol
from tb_rnnview.views.naming import layer_names, partners
from tb_rnnview.views.others import other_layers
from tb_rnnview.views.row import fitted
from tb_rnnview.views.starts import is_storage, starts
from tb_rnnview.views.uses import is_bounded, repeats
from tb_rnnview.views.words import clean, counted, number, product

# A sentence begins with a capital; a name that is no plain word stays as the program has it.
_WORD = re.compile(r"^(?!(?:lstm|gru|rnn):)[a-z](?=[a-z]{2,}:)")
_FROM_DATA = re.compile(r"""(['"].*['"]) is computed from data""")

_Group = tuple[tuple[Axis, ...], list[Layer]]
"""The axes on which layers run, and those layers."""

_DECLARED = "Declared by a configuration: no graph was there to prove it."
_LONGEST_LABEL = 40
_MOST_STARTS = 3


@dataclass(frozen=True)
class Sentence:
    """The answer: one headline, one sentence, and notes that are sentences of their own."""

    headline: str
    detail: str
    notes: tuple[str, ...] = ()


def sentence(timeline: Timeline) -> Sentence:
    """What was built, in words."""
    groups = _by_axes(timeline)
    if not groups:
        return _without_recurrence(timeline)
    axes = {axis.id: axis for axis in timeline.axes}
    both = partners(timeline)
    places = []
    for along, layers in groups:
        words = f"{_count(layers, both)} {_times(axes, along)}"
        label = clean(along[0].label) if len(groups) > 1 and along else ""
        is_named = label not in ("", "time")
        places.append(f"{fitted(label, _LONGEST_LABEL)}: {words}" if is_named else words)
    headline = (" → " if _is_chain(timeline, groups) else "; ").join(places)
    return Sentence(
        _WORD.sub(lambda word: word[0].upper(), headline, count=1),
        _sharing(timeline, groups),
        (
            *_about_starts(timeline),
            *_about_lengths(timeline, axes, groups),
            *other_layers(timeline),
            *_about_the_rest(timeline),
            *_about_evidence(timeline),
        ),
    )


def source_word(timeline: Timeline) -> str:
    """What the network was read off."""
    return "configuration" if timeline.is_declared else "graph"


def _by_axes(timeline: Timeline) -> list[_Group]:
    """The recurrent layers by the axes on which they run, in the order of the axes."""
    groups: dict[tuple[str, ...], list[Layer]] = {}
    for layer in timeline.recurrent_layers:
        groups.setdefault(_axes_of(timeline, layer), []).append(layer)
    axes = {axis.id: axis for axis in timeline.axes}
    order = {id_: index for index, id_ in enumerate(axes)}
    return [
        (tuple(axes[id_] for id_ in ids), layers)
        for ids, layers in sorted(groups.items(), key=lambda group: [order[x] for x in group[0]])
    ]


def _axes_of(timeline: Timeline, layer: Layer) -> tuple[str, ...]:
    here = {application.axis for application in layer.applications}
    return tuple(dict.fromkeys(axis.id for axis in timeline.axes if axis.id in here))


def _times(axes: Mapping[str, Axis], along: tuple[Axis, ...]) -> str:
    """How often: "× 3 timesteps"; on several axes "× (7 + 4) timesteps"."""
    if len(along) < 2:
        return f"× {length_words(axes, along[0] if along else None)}"
    added = sum_words(axes, along)
    return f"× ({added}) timesteps" if added else f"on {number(len(along))} time axes"


def _is_chain(timeline: Timeline, groups: Sequence[_Group]) -> bool:
    """Whether the layers of each group's axes feed those of the next one's."""
    pairs = list(pairwise(groups))
    return bool(pairs) and all(_feeds(timeline, a, b) for (a, _), (b, _) in pairs)


def _feeds(timeline: Timeline, source: tuple[Axis, ...], target: tuple[Axis, ...]) -> bool:
    around = {axis.parent for axis in (*source, *target)}
    if around & {axis.id for axis in (*source, *target)}:
        return False  # one is inside the other: the headline of a loop, not of a chain
    begin, end = _running_on(timeline, source), _running_on(timeline, target)
    reached, waiting = set(begin), list(begin)
    targets: dict[str, list[str]] = {}
    for c in timeline.connections:
        if not c.offset:
            targets.setdefault(c.from_layer, []).append(c.to_layer)
    while waiting:
        for id_ in targets.get(waiting.pop(), ()):
            if id_ not in reached:
                reached.add(id_)
                waiting.append(id_)
    return bool(end & reached - begin)


def _running_on(timeline: Timeline, along: tuple[Axis, ...]) -> set[str]:
    ids = {axis.id for axis in along}
    return {x.id for x in timeline.layers if any(a.axis in ids for a in x.applications)}


def _count(layers: list[Layer], both: Mapping[str, str]) -> str:
    pairs = sum(layer.id in both for layer in layers) // 2
    total = len(layers) - pairs
    if pairs == total:
        return counted(total, "bidirectional layer")
    return counted(total, "layer") + (f" ({number(pairs)} bidirectional)" if pairs else "")


def _sharing(timeline: Timeline, groups: Sequence[_Group]) -> str:
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
        if variable.reason and len({use.layer for use in uses}) > 1:
            is_unshared_known = False  # each layer may take no more than a part of it
        # A timestep that stands alone beside them, to sample with, is none of theirs.
        for use in [use for use in uses if use.axis] or uses:
            is_bound = is_bound or is_bounded(axes, use)
            steps = product(repeats(axes, use))
            if steps is None:
                is_unshared_known = False
            else:
                unshared += variable.parameters * steps
    subject = _shared_by(timeline, groups)
    if not is_stored_known:
        return f"{subject}."
    if not is_unshared_known or unshared == stored:
        return f"{subject}: {counted(stored, 'parameter')}."
    bound = "up to " if is_bound else ""
    one = "layer" if _is_one_timestep(groups) else "timestep"
    return (
        f"{subject}: {counted(stored, 'parameter')} "
        f"({bound}{number(unshared)} if every {one} had its own)."
    )


def _is_one_timestep(groups: Sequence[_Group]) -> bool:
    """Whether every layer runs one timestep, and no more."""
    return all(
        [(axis.length, axis.length_is_bound, axis.parent) for axis in along] == [(1, False, "")]
        for along, _ in groups
    )


def _shared_by(timeline: Timeline, groups: Sequence[_Group]) -> str:
    along = groups[0][0] if len(groups) == 1 else ()
    axis = along[0] if len(along) == 1 else None
    layers = timeline.recurrent_layers
    if len(along) > 1:
        times = f"{sum_words({a.id: a for a in timeline.axes}, along)} timesteps".lstrip()
    elif axis is None or axis.length is None:
        times = "timesteps"
    elif axis.length_is_bound:
        times = f"timesteps, up to {number(axis.length)} of them"
    else:
        times = counted(axis.length, "timestep")
    both = partners(timeline)
    if all(layer.id in both for layer in layers):
        whose, shared = "Each direction's", f"shared by its {times}"
    elif len(layers) > 1:
        whose, shared = "Each layer's", f"shared by its {times}"
    else:
        whose, shared = "Its", f"shared by all its {times}"
    if _is_one_timestep(groups):
        shared = "used at its only timestep"
    return f"{whose} weights are {shared}"


def _about_starts(timeline: Timeline) -> list[str]:
    """Which layers start from what another one gives."""
    names = {id_: fitted(name, _LONGEST_LABEL) for id_, name in layer_names(timeline).items()}
    found = dict.fromkeys(
        (names[x.layer], names[x.source.id], x.is_final)
        for x in starts(timeline)
        if x.layer in names
    )
    if len(found) > _MOST_STARTS:
        return [f"{number(len(found))} layers start from what another one gives."]
    said: list[str] = []
    for layer, source, is_final in found:
        what = "the final state" if is_final else "a result"
        verb = "from" if said else "starts from"
        said.append(f"'{layer}' {verb} {what} of '{source}'")
    return [f"{', '.join(said)}."] * bool(said)


def _about_lengths(
    timeline: Timeline, axes: Mapping[str, Axis], groups: Sequence[_Group]
) -> list[str]:
    notes = []
    for axis in dict.fromkeys(axis for along, _ in groups for axis in along):
        reason = clean(axis.reason).rstrip(".")
        if axis.length is None:
            why = reason or f"the {source_word(timeline)} does not fix it"
            notes.append(f"{symbol(axes, axis.id)} is not known: {why}.")
        elif axis.length_is_bound and reason:
            notes.append(f"A run may stop earlier: {_dependence(reason)}.")
    return list(dict.fromkeys(notes))


def _dependence(reason: str) -> str:
    """The analysis's phrase as a clause of its own."""
    match = _FROM_DATA.fullmatch(reason)
    return f"it depends on data ({match[1]})" if match else reason


def _about_the_rest(timeline: Timeline) -> list[str]:
    if not timeline.is_partly_unknown:
        return []
    return [f"Part of this {source_word(timeline)} is not recognised; the reason is below."]


def _about_evidence(timeline: Timeline) -> list[str]:
    return [_DECLARED] * timeline.is_declared


def _without_recurrence(timeline: Timeline) -> Sentence:
    if timeline.is_partly_unknown:
        return Sentence(
            f"Part of this {source_word(timeline)} is not recognised.",
            "So it is not known whether it has a recurrent layer. This is the reason:",
        )
    return Sentence(
        "No recurrent layer was found.",
        f"Nothing in this {source_word(timeline)} hands a state, computed with weights, from one "
        "timestep to the next, so there is no time to unroll.",
        tuple(_about_evidence(timeline)),
    )
