"""A placeholder that nothing reads: whatever is fed into it changes nothing.

Where it has the shape of a state that starts from zeros, it was meant to be what that starts from.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts, UnreadInput
from tb_rnnview.findings.naming import layer_names, runs_in_dynamic_rnn
from tb_rnnview.findings.unread_states import ZeroStates
from tb_rnnview.timeline import Finding, Layer, Severity, Timeline

CODE = "INPUT_NOT_CONNECTED"
PLACE = 20

MOST = 20
"""So many are told one by one."""


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each placeholder that no operation reads."""
    states, by_id = ZeroStates(timeline), {layer.id: layer for layer in timeline.layers}
    # Those that a layer could start from come first: that is what their reader looks for.
    found = sorted(facts.unread_inputs, key=lambda unread: not states.layers_for(unread))
    for unread in found[:MOST]:
        ids = states.layers_for(unread)
        layers = [by_id[i] for i in ids if i in by_id]
        told = (
            f"{unread} is connected to nothing. Nothing in the graph reads this placeholder, "
            "whatever it is fed."
        )
        if layers:
            told += (
                f" It has the shape of the state of {layer_names(timeline, layers)}, which "
                f"start{'s' if len(layers) == 1 else ''} from zeros."
            )
        yield Finding(
            code=CODE,
            severity=Severity.WARNING if layers else Severity.INFO,
            message=told,
            advice=_advice(timeline, unread, layers),
            layers=ids,
        )
    others = len(found[MOST:]) + facts.other_unread_inputs
    if others:
        yield Finding(
            code=CODE,
            severity=Severity.INFO,
            message=f"{others:,} more placeholders are connected to nothing.",
            advice="Remove those that are left over.",
        )


def _advice(timeline: Timeline, unread: UnreadInput, layers: list[Layer]) -> str:
    if not layers:
        return "Use it where it was meant to be used, or remove it."
    axes = {axis.id: axis for axis in timeline.axes}
    axis = axes.get(layers[0].applications[0].axis)
    start = f"initial_state={unread.name}"
    if axis is not None and runs_in_dynamic_rnn(timeline, axis):
        start = f"outputs, state = tf.nn.dynamic_rnn(cell, inputs, {start})"
    several = "; of several layers each takes a state of its own" if len(layers) > 1 else ""
    return f"One layer starts from it so: `{start}`{several}. Else remove it."
