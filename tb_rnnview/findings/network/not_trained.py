"""The training in the graph leaves weights of a recurrent layer as they are.

No gradient reaches them (a stop_gradient, a result that the loss does without), or the optimiser
was given others. Where it trains other weights of the same layer, that is hardly meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.by_layer import variables_by_layer
from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import layer_name, listed
from tb_rnnview.timeline import Finding, Kind, Layer, Severity, Timeline, Variable

CODE = "NOT_TRAINED"
PLACE = 100

_WEIGHTS = ("kernel", "recurrent_kernel", "bias", "projection", "peephole", "attention")


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each recurrent layer with weights that the training leaves as they are."""
    if not any(v.name in facts.updated for v in timeline.variables):
        return  # whatever is trained there, it is not this network
    of_layer = variables_by_layer(timeline)
    for layer in timeline.layers:
        if layer.kind is not Kind.RECURRENT:
            continue
        weights = [v for v in of_layer[layer.id] if v.role in _WEIGHTS]
        left = [v for v in weights if v.name not in facts.updated]
        if left:
            yield _finding(timeline, layer, left, some=len(left) < len(weights))


def _finding(timeline: Timeline, layer: Layer, left: list[Variable], some: bool) -> Finding:
    frozen = all(v.trainable is False for v in left)
    why = (
        "They are declared to stay as they are."
        if frozen
        else "No gradient reaches them, or the optimiser was not given them."
    )
    others = "other weights of this layer" if some else "other weights of the network"
    return Finding(
        code=CODE,
        severity=Severity.WARNING if some and not frozen else Severity.INFO,
        message=(
            f"Training changes {others}, and leaves {listed(v.name for v in left)} of "
            f"{layer_name(timeline, layer)} as they were. {why}"
        ),
        advice=(
            "Look for `tf.stop_gradient` between them and the loss, and for a list of variables: "
            "`optimizer.minimize(loss, var_list=tf.trainable_variables())`. If they are to stay "
            "as they are, change nothing."
        ),
        layers=(layer.id,),
        variables=tuple(v.name for v in left),
    )
