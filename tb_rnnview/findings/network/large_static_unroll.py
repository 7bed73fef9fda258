"""Timesteps that are written out one by one make a large graph, where a loop is a small one."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import is_keras
from tb_rnnview.timeline import Encoding, Finding, Severity, Timeline

CODE = "LARGE_STATIC_UNROLL"
PLACE = 80

FROM = 5_000
"""Operations that a loop would save: fewer are no matter."""


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each axis whose timesteps are written out at length."""
    for axis in timeline.axes:
        step = facts.written_out.get(axis.id, 0)
        if axis.encoding is not Encoding.UNROLLED or axis.length is None:
            continue
        saved = step * (axis.length - 1)
        if saved < FROM:
            continue
        line = (
            "`unroll=False`" if is_keras(timeline) else "`tf.nn.dynamic_rnn` in place of static_rnn"
        )
        yield Finding(
            code=CODE,
            severity=Severity.INFO,
            message=(
                f"{axis.length:,} timesteps are written out one by one. Each has about {step:,} "
                f"operations of its own: a loop would save about {saved:,}, and as many again or "
                "more where gradients are taken. Such a graph is slow to build and to load, and "
                "reads sequences of one length only."
            ),
            advice=f"Write a loop over time: {line}.",
            layers=tuple(
                layer.id
                for layer in timeline.layers
                if any(a.axis == axis.id for a in layer.applications)
            ),
        )
