"""What belongs to which layer, looked up once: rules stay linear in the size of a network."""

from __future__ import annotations

from collections.abc import Mapping

from tb_rnnview.timeline import Timeline, Variable


def variables_by_layer(timeline: Timeline) -> Mapping[str, list[Variable]]:
    """The variables that each layer uses, by its id, in the program's order."""
    found: dict[str, list[Variable]] = {layer.id: [] for layer in timeline.layers}
    for variable in timeline.variables:
        for layer in variable.layers:
            found.setdefault(layer, []).append(variable)
    return found
