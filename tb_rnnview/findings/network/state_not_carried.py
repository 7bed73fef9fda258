"""Every timestep starts from zeros again, so nothing is recurrent.

A cell that is called with a state of zeros at each timestep multiplies a part of its kernel by it,
and never learns it. Where the same state is not zero, the graph looks like one that hands the same
context to each timestep, which is sound: then nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.by_layer import variables_by_layer
from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import layer_name
from tb_rnnview.timeline import Finding, Kind, Layer, Severity, Timeline, Variable

CODE = "STATE_NOT_CARRIED"
PLACE = 50


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each layer without a state that multiplies weights by zeros at each step."""
    of_layer = variables_by_layer(timeline) if facts.from_zeros else {}
    for layer in timeline.layers:
        variables = of_layer.get(layer.id, [])
        if layer.id not in facts.from_zeros or not _is_repeated(layer, variables):
            continue
        yield Finding(
            code=CODE,
            severity=Severity.WARNING,
            message=(
                f"{layer_name(timeline, layer)} starts from zeros at every timestep. What it gives "
                "at one timestep does not reach the next, so nothing is recurrent: the part of its "
                "weights that zeros are multiplied by does nothing, and never learns."
            ),
            advice=(
                "Hand the state that a timestep gives to the next one: "
                "`output, state = cell(inputs[:, t], state)`, with `state` on both sides."
            ),
            layers=(layer.id,),
            variables=tuple(v.name for v in variables),
        )


def _is_repeated(layer: Layer, variables: list[Variable]) -> bool:
    """Whether it is applied to several elements, one by one."""
    if layer.kind is Kind.STEPWISE:
        return layer.timesteps != 1
    uses = [u for v in variables for u in v.uses if u.layer == layer.id]
    return layer.kind is Kind.ONCE and any(use.reads > 1 for use in uses)
