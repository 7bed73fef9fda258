"""The loop runs along what looks like the batch: time and batch exchanged?

The first dimension of what is fed is open and the second is fixed. That is how batches of sequences
are declared, by habit, and the loop runs along the first. A program that puts time first and fixes
the batch is sound, and looks the same: so this is a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts, Fed
from tb_rnnview.findings.naming import layer_names
from tb_rnnview.timeline import Finding, Kind, Layer, Severity, Timeline

CODE = "TIME_MAJOR_SUSPECT"
PLACE = 60


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each input whose open first dimension recurrent layers run along."""
    for fed in facts.fed:
        if not _looks_like_batches(fed):
            continue
        layers = [
            layer
            for layer in timeline.layers
            if layer.kind is Kind.RECURRENT and any(a.axis == fed.axis for a in layer.applications)
        ]
        if layers and _starts_from_zeros(timeline, layers):
            yield Finding(
                code=CODE,
                severity=Severity.INFO,
                message=(
                    f"{layer_names(timeline, layers)} run along the first dimension of {fed}, "
                    f"which is open, and take the second, of {fed.shape[1]}, for the batch. Mostly "
                    "it is the batch that is left open. If so here, time and batch are exchanged: "
                    "the state is handed on from one example to the next."
                ),
                advice=(
                    "If the first dimension is the batch, write `time_major=False`, or put time "
                    "first: `tf.transpose(inputs, [1, 0, 2])`. If it is time, change nothing."
                ),
                layers=tuple(layer.id for layer in layers),
            )


def _looks_like_batches(fed: Fed) -> bool:
    shape = fed.shape
    return len(shape) == 3 and fed.dimension == 0 and shape[0] is None and (shape[1] or 0) > 1


def _starts_from_zeros(timeline: Timeline, layers: list[Layer]) -> bool:
    """What keeps its state from run to run has a row of it for each sequence of a fixed batch."""
    ids = {layer.id for layer in layers}
    return {s.initial for s in timeline.states if s.layer in ids} == {"zeros"}
