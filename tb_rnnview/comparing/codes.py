"""The codes of differences, each with what it says."""

from __future__ import annotations

CODES = {
    "LAYER_ADDED": "a layer is only in B",
    "LAYER_REMOVED": "a layer is only in A",
    "KIND": "a layer has something else to do with time: recurrent, once, ...",
    "CELL": "a layer is of another cell",
    "UNITS": "a layer has more units, or fewer",
    "DIRECTION": "a layer visits its sequence from another end",
    "APPLICATIONS": "a layer is run at more places, or fewer",
    "EVIDENCE": "a layer is known from something else: a graph, a configuration",
    "LENGTH": "a time axis has more timesteps, or fewer",
    "ENCODING": "the graph writes time down otherwise: as a loop, step by step, ...",
    "NESTING": "a time axis runs inside another one",
    "AXIS_ADDED": "a time axis is only in B",
    "AXIS_REMOVED": "a time axis is only in A",
    "SHAPE": "a variable has another shape",
    "DTYPE": "a variable has another type",
    "TRAINABLE": "a variable is trained, or no longer",
    "ROLE": "a variable is something else to its layer: kernel, bias, ...",
    "SHARING": "a variable belongs to other layers: it is shared, or no longer",
    "USES": "a variable is used at other timesteps, or more often",
    "WEIGHT_ADDED": "a variable is only in B",
    "WEIGHT_REMOVED": "a variable is only in A",
    "STATE": "a state has another shape, or starts from something else",
    "CONNECTION_ADDED": "a layer feeds another one only in B",
    "CONNECTION_REMOVED": "a layer feeds another one only in A",
    "FINDING_ADDED": "a finding is told only of B",
    "FINDING_REMOVED": "a finding is told only of A",
    "NAMES": "the same layers and variables are called otherwise",
}
"""In the order in which differences are told."""
