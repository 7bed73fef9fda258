"""Puts a comparison together."""

from __future__ import annotations

from tb_rnnview.comparing.comparison import Comparison
from tb_rnnview.comparing.flow_changes import (
    connection_changes,
    finding_changes,
    name_changes,
    state_changes,
)
from tb_rnnview.comparing.layer_changes import layer_changes
from tb_rnnview.comparing.matching import matched_layers
from tb_rnnview.comparing.sides import Sides
from tb_rnnview.comparing.time_changes import time_changes
from tb_rnnview.comparing.weight_changes import weight_changes
from tb_rnnview.timeline import Timeline


def compare_timelines(a: Timeline, b: Timeline) -> Comparison:
    """What differs between two networks, or between one network at two training steps.

    Layers are matched by what they are and hold (kind, cell, units, direction, weights) in the
    order of data flow; names only decide between what is equally alike.

    Args:
        a: the timeline to start from.
        b: the timeline to end at.

    Returns:
        The pairs of layers, and every difference. ``str()`` of it is what ``tb-rnnview diff``
        prints.
    """
    sides = Sides(a, b, matched_layers(a, b))
    changes = (
        *layer_changes(sides),
        *time_changes(sides),
        *weight_changes(sides),
        *state_changes(sides),
        *connection_changes(sides),
        *finding_changes(sides),
        *name_changes(sides),
    )
    return Comparison(a, b, sides.layers, changes)
