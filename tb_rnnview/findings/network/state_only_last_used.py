"""The outputs of all timesteps are kept and put together, and that of one timestep is used.

Mostly that is the last one, which costs memory only: that is told where it is much of it, or where
zeros may stand in its place. Where it is the output after the timestep that is visited first, as at
the end of a backward layer, all other timesteps run for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts, OneUsed
from tb_rnnview.findings.naming import is_keras, layer_name
from tb_rnnview.timeline import Encoding, Finding, Layer, Severity, Timeline

CODE = "STATE_ONLY_LAST_USED"
PLACE = 110

FROM = 100_000
"""Numbers that are kept for nothing, for each sequence: fewer are no matter."""
_LOOPS = (Encoding.WHILE_FRAME, Encoding.WHILE_OP)


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each such layer that runs in a loop, and at more than one timestep."""
    axes = {axis.id: axis for axis in timeline.axes}
    by_id = {layer.id: layer for layer in timeline.layers} if facts.one_used else {}
    start = {(s.layer, s.initial) for s in timeline.states} if facts.one_used else set()
    for fact in facts.one_used:
        layer = by_id[fact.layer]
        on = [axes[a.axis] for a in layer.applications if a.axis in axes]
        if not on or any(axis.encoding not in _LOOPS or axis.length == 1 for axis in on):
            continue
        kept = ((layer.timesteps or 1) - 1) * (layer.units or 0)
        if fact.visit == -1 and kept < FROM and not fact.zeros_after_end:
            continue
        # A state that is kept from run to run is made of all timesteps, and used.
        for_nothing = (
            fact.visit == 0
            and fact.is_all
            and {initial for of, initial in start if of == layer.id} == {"zeros"}
        )
        yield Finding(
            code=CODE,
            severity=Severity.WARNING if for_nothing else Severity.INFO,
            message=_message(timeline, layer, fact, for_nothing),
            advice=_advice(timeline, fact),
            layers=(layer.id,),
        )


def _message(timeline: Timeline, layer: Layer, fact: OneUsed, for_nothing: bool) -> str:
    n = layer.timesteps
    every = "all timesteps" if n is None else f"all {n:,} timesteps"
    told = (
        f"The outputs of {layer_name(timeline, layer)} at {every} are kept and put together, and "
        f"only the output after {_visit(fact.visit)} is used."
    )
    kept = ((n or 1) - 1) * (layer.units or 0)
    if kept >= FROM:
        told += f" Of each sequence, {kept:,} numbers are kept for nothing."
    if for_nothing:
        told += " What it does at all other timesteps changes nothing."
    if fact.visit == -1 and fact.zeros_after_end:
        told += " For a sequence that ends sooner, zeros stand there, and not its last output."
    return told


def _visit(visit: int) -> str:
    if visit in (0, -1):
        return f"the timestep that it visits {'last' if visit else 'first'}"
    if visit < 0:
        return f"the timestep that is visited as number {-visit:,}, counted from the last,"
    return f"the timestep that is visited as number {visit + 1:,}"


def _advice(timeline: Timeline, fact: OneUsed) -> str:
    if is_keras(timeline):
        line = "`return_sequences=False` gives just the output after the timestep visited last"
    else:
        line = (
            "the final state is that of the timestep visited last, whatever the length: "
            "`_, state = tf.nn.dynamic_rnn(cell, inputs, dtype=tf.float32)`, of an LSTM `state.h`"
        )
    if fact.visit == -1:
        return f"Keep the last one only: {line}."
    return (
        f"If what it makes of the whole sequence is wanted, {line}. If that one output is wanted, "
        "change nothing."
    )
