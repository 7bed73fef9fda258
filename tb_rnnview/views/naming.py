"""What each layer of a timeline is called, in every view."""

from __future__ import annotations

from collections import Counter

from tb_rnnview.timeline import Direction, Kind, Layer, Timeline
from tb_rnnview.views.words import clean

_VARIABLES_NAMED = 3


def directions(layer: Layer) -> set[Direction]:
    """The directions in which a layer is applied."""
    return {application.direction for application in layer.applications}


def partners(timeline: Timeline) -> dict[str, str]:
    """For each direction of a bidirectional layer the id of the other one, by id.

    A FORWARD and a BACKWARD recurrent layer at one depth of one axis are one bidirectional layer.
    """
    places: dict[tuple[int, str], list[Layer]] = {}
    for layer in timeline.recurrent_layers:
        if layer.depth is not None:
            places.setdefault((layer.depth, first_axis(layer)), []).append(layer)
    found: dict[str, str] = {}
    for group in places.values():
        backward = [x for x in group if directions(x) == {Direction.BACKWARD}]
        if len(group) == 2 and len(backward) == 1:
            one, other = group
            found |= {one.id: other.id, other.id: one.id}
    return found


def first_axis(layer: Layer) -> str:
    """The axis on which a layer is first applied; "" = none."""
    return layer.applications[0].axis if layer.applications else ""


def own_names(timeline: Timeline) -> dict[str, str]:
    """What to call each layer by itself, by id: its name, or else those of its variables."""
    of: dict[str, list[str]] = {layer.id: [] for layer in timeline.layers}
    for variable in timeline.variables:
        for id_ in variable.layers:
            if id_ in of:
                of[id_].append(clean(variable.name))
    return {x.id: clean(x.name) or _listed(of[x.id]) or clean(x.id) for x in timeline.layers}


def _listed(variables: list[str]) -> str:
    more = ["…"] * (len(variables) > _VARIABLES_NAMED)
    return ", ".join([*variables[:_VARIABLES_NAMED], *more])


def layer_names(timeline: Timeline) -> dict[str, str]:
    """The program's own name of each layer, by id.

    Both directions of a bidirectional layer have the name of the layer that holds them, where
    there is one: "encoder/forward_gru" and "encoder/backward_gru" are called "encoder".
    """
    names = own_names(timeline)
    both = partners(timeline)
    shared = {
        id_: _common(names[id_], names[other])
        for id_, other in both.items()
        if id_ in names and other in names
    }
    return {id_: shared.get(id_) or name for id_, name in names.items()}


def _common(one: str, other: str) -> str:
    """The scopes that two names begin with."""
    scopes = []
    for a, b in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if a != b:
            break
        scopes.append(a)
    return "/".join(scopes)


def layer_titles(timeline: Timeline) -> dict[str, str]:
    """What each layer is called, by id: its depth if it is recurrent, else its own name.

    Where several axes have recurrent layers, or depths do not tell layers apart, names do.
    """
    both = partners(timeline)
    names, own = layer_names(timeline), own_names(timeline)
    titles = {layer.id: _title(layer, both, own) for layer in timeline.layers}
    several = len({first_axis(layer) for layer in timeline.recurrent_layers}) > 1
    for layer in timeline.recurrent_layers if several else ():
        if layer.depth is not None:
            titles[layer.id] = f"{titles[layer.id]} · {names[layer.id]}"
    repeated = {title for title, n in Counter(titles.values()).items() if n > 1}
    for layer in timeline.layers:
        title = titles[layer.id]
        if title in repeated:
            name = own[layer.id]
            apart = clean(layer.id) if name == title or title.endswith(f" · {name}") else name
            titles[layer.id] = f"{title} · {apart}"
    return titles


def _title(layer: Layer, both: dict[str, str], names: dict[str, str]) -> str:
    if layer.kind is not Kind.RECURRENT or layer.depth is None:
        return names[layer.id]
    if layer.id not in both:
        return f"Layer {layer.depth}"
    way = "backward" if directions(layer) == {Direction.BACKWARD} else "forward"
    return f"Layer {layer.depth} {way}"


def joint_titles(timeline: Timeline, layers: list[str]) -> list[str]:
    """What some layers are called together: both directions of one are called by its depth."""
    titles, both = layer_titles(timeline), partners(timeline)
    joint = []
    for id_ in layers:
        title = titles.get(id_, clean(id_))
        if both.get(id_) in layers:
            title = title.replace(" forward", "", 1).replace(" backward", "", 1)
        joint.append(title)
    return list(dict.fromkeys(joint))
