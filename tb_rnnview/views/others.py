"""The layers that are not recurrent, in words: which kinds there are, and what they weigh.

The page says the same in the same words (``plugin_static/others.js``).
"""

from __future__ import annotations

from tb_rnnview.timeline import Kind, Layer, Timeline
from tb_rnnview.views.naming import own_names
from tb_rnnview.views.row import fitted
from tb_rnnview.views.words import counted, number

_WHEN = {
    Kind.STEPWISE: "at each timestep",
    Kind.SEQUENCE: "all timesteps at once",
    Kind.UNKNOWN: "not recognised",
}
_MOST_NAMED = 4
_LONGEST_NAME = 40


def other_layers(timeline: Timeline) -> list[str]:
    """One sentence on the layers beside the recurrent ones that have parameters; or none."""
    kinds = {layer.id: layer.kind for layer in timeline.layers}
    total = 0
    owners: set[str] = set()
    for variable in timeline.variables:
        if variable.layers and all(kinds.get(x) is not Kind.RECURRENT for x in variable.layers):
            total += variable.parameters or 0
            owners.update(variable.layers)
    layers = [layer for layer in timeline.layers if layer.id in owners]
    if total == 0:
        return []
    names = own_names(timeline)
    alike: dict[str, list[str]] = {}
    for layer in layers:
        words = when_runs(timeline, layer)
        is_few = len(layers) <= _MOST_NAMED
        key = words if is_few or not words.endswith(" times") else "several times"
        alike.setdefault(key, []).append(fitted(names[layer.id], _LONGEST_NAME))
    if len(layers) <= _MOST_NAMED:
        each = [f"{', '.join(names)} ({words})" for words, names in alike.items()]
    elif len(alike) == 1:
        each = list(alike)
    else:
        each = [f"{len(names)} ({words})" for words, names in alike.items()]
    about = f": {', '.join(each)}" if each else ""
    return [f"{counted(len(owners), 'other layer')}, {counted(total, 'parameter')}{about}."]


def when_runs(timeline: Timeline, layer: Layer) -> str:
    """When a layer without a state does its work: "all timesteps at once", "once", "8 times"."""
    if layer.kind in _WHEN:
        return _WHEN[layer.kind]
    reads = [u.reads for v in timeline.variables for u in v.uses if u.layer == layer.id]
    if 0 in reads:
        return "outside time"
    return "once" if max(reads, default=1) == 1 else f"{number(max(reads))} times"
