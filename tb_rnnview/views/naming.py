"""What each layer and axis of a timeline is called, in every view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tb_rnnview.timeline import Axis, Direction, Kind, Layer, Timeline
from tb_rnnview.views.words import clean, counted


def directions(layer: Layer) -> set[Direction]:
    """The directions in which a layer is applied."""
    return {application.direction for application in layer.applications}


def paired_layers(timeline: Timeline) -> frozenset[str]:
    """Ids of the layers that are one direction of a bidirectional layer.

    A FORWARD and a BACKWARD recurrent layer at one depth of one axis are one bidirectional layer.
    """
    places: dict[tuple[int, str], list[Layer]] = {}
    for layer in timeline.recurrent_layers:
        if layer.depth is not None:
            places.setdefault((layer.depth, first_axis(layer)), []).append(layer)
    pairs: set[str] = set()
    for group in places.values():
        backward = [x for x in group if directions(x) == {Direction.BACKWARD}]
        if len(group) == 2 and len(backward) == 1:
            pairs.update(x.id for x in group)
    return frozenset(pairs)


def first_axis(layer: Layer) -> str:
    """The axis on which a layer is first applied; "" = none."""
    return layer.applications[0].axis if layer.applications else ""


def layer_titles(timeline: Timeline) -> dict[str, str]:
    """What each layer is called, by id: its depth if it is recurrent, else its own name."""
    paired = paired_layers(timeline)
    titles = {layer.id: _title(layer, paired) for layer in timeline.layers}
    repeated = {title for title, n in Counter(titles.values()).items() if n > 1}
    for layer in timeline.layers:
        if titles[layer.id] in repeated:
            name = clean(layer.id if layer.name in ("", titles[layer.id]) else layer.name)
            titles[layer.id] = f"{titles[layer.id]} · {name}"
    return titles


def _title(layer: Layer, paired: frozenset[str]) -> str:
    if layer.kind is not Kind.RECURRENT or layer.depth is None:
        return clean(layer.name or layer.id)
    if layer.id not in paired:
        return f"Layer {layer.depth}"
    way = "backward" if directions(layer) == {Direction.BACKWARD} else "forward"
    return f"Layer {layer.depth} {way}"


def axis_title(axis: Axis) -> str:
    """What an axis is called: by its label, else by its id."""
    return clean(axis.label or axis.id)


def again_words(axes: Mapping[str, Axis], axis: Axis) -> str:
    """How often an axis inside another one is run: "at each of the 3 timesteps of while"."""
    parent = axes.get(axis.parent)
    if parent is None:
        return f"at each timestep of {clean(axis.parent)}"
    if parent.length is None:
        return f"at each timestep of {axis_title(parent)}"
    return f"at each of the {length_words(parent)} of {axis_title(parent)}"


def length_words(axis: Axis | None) -> str:
    """The length of an axis: "3 timesteps", "up to 20 timesteps", "T timesteps"."""
    if axis is None or axis.length is None:
        return "T timesteps"
    return ("up to " if axis.length_is_bound else "") + counted(axis.length, "timestep")
