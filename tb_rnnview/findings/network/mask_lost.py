"""A layer tells what is padding, and a recurrent layer after it does not learn it.

That may be meant, where layers in between join timesteps; then the mask is of no use.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import layer_names
from tb_rnnview.timeline import Finding, Severity, Timeline

CODE = "MASK_LOST"
PLACE = 130


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each place where a mask is lost, before one or more recurrent layers."""
    by_id = {layer.id: layer for layer in timeline.layers} if facts.masks_lost else {}
    for lost in facts.masks_lost:
        layers = [by_id[i] for i in lost.layers]
        one = len(layers) == 1
        yield Finding(
            code=CODE,
            severity=Severity.INFO,
            message=(
                f"{lost.made_by} tells which timesteps are padding, and {lost.lost_at} does not "
                f"hand that on. So {layer_names(timeline, layers)} run{'s' if one else ''} through "
                "the padding as through data."
            ),
            advice=(
                "If the padding is to be left out, hand the mask over, "
                f"`layer(x, mask={lost.made_by}.compute_mask(inputs))`, or put {lost.lost_at} "
                "after the recurrent layers. If it may count, change nothing."
            ),
            layers=lost.layers,
        )
