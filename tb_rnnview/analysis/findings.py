"""What the analysis has to tell of itself: what it does not know, and what it leaves out."""

from __future__ import annotations

from tb_rnnview.analysis.hidden import what_hides
from tb_rnnview.analysis.layers import FoundLayer
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.timeline import Finding, Kind, Layer, Severity

_NAMED_AT_MOST = 3


def find_findings(found: Analysis, layers: list[Layer]) -> list[Finding]:
    """What was not recognised, and the loops of which one round is shown."""
    findings = []
    if found.not_covered:
        kinds = sorted({what_hides(found.graph, op) for op in found.not_covered})
        findings.append(
            Finding(
                code="NOT_RECOGNISED",
                severity=Severity.WARNING,
                message=(
                    f"Part of the network is not recognised, because it is {_and(kinds)} "
                    f"({', '.join(found.not_covered)}), which this version does not look into."
                ),
                advice=(
                    "What is shown leaves it out. What this version covers are loops: "
                    "tf.while_loop, tf.scan, a for loop in a tf.function, dynamic_rnn, and the "
                    "recurrent layers of Keras without unroll=True."
                ),
            )
        )
    if found.batch_loops and layers:
        names = _and([repr(name) for name in found.batch_loops])
        several = "loops" if len(found.batch_loops) > 1 else "a loop"
        findings.append(
            Finding(
                code="LOOP_OVER_BATCHES",
                severity=Severity.INFO,
                message=(
                    f"The graph takes one batch after the other, in {several} around the network "
                    f"({names}). What is shown is what it does with one batch."
                ),
                advice="Uses are counted for one batch. There is nothing to change.",
            )
        )
    for layer, at in zip(layers, found.layers, strict=True):
        if layer.kind is Kind.UNKNOWN:
            findings.append(
                Finding(
                    code="NOT_RECOGNISED",
                    severity=Severity.WARNING,
                    message=f"{_named(found, at)} is not recognised, because {layer.reason}.",
                    advice=_advice(layer),
                    layers=(layer.id,),
                )
            )
    return findings


def _named(found: Analysis, layer: FoundLayer) -> str:
    if layer.name:
        return f"Layer {layer.name}"
    names = [found.variable_name(node) for node in found.variables_of(layer)]
    more = ["…"] * (len(names) > _NAMED_AT_MOST)
    return f"The layer of {', '.join([*names[:_NAMED_AT_MOST], *more])}"


def _advice(layer: Layer) -> str:
    listed = "Its variables are in the table, with how often they are used."
    if len(layer.applications) == 1:
        return listed
    return (
        f"{listed} If these are timesteps, build them as one loop to see them: "
        "unroll=False in Keras, dynamic_rnn rather than static_rnn."
    )


def _and(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
