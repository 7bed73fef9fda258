"""Variables that are trained, or meant to be, and that nothing in the network uses."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import listed
from tb_rnnview.timeline import Finding, Severity, Timeline

CODE = "UNUSED_VARIABLE"
PLACE = 90


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """One finding for all variables without a use, if all of the network is known."""
    del facts
    # Single numbers are what optimisers keep for themselves.
    unused = [v for v in timeline.variables if not v.uses and not v.reason and v.shape]
    if not unused or timeline.is_partly_unknown:
        return
    one = len(unused) == 1
    parameters = sum(v.parameters or 0 for v in unused)
    yield Finding(
        code=CODE,
        severity=Severity.INFO,
        message=(
            f"{listed(v.name for v in unused)} {'is' if one else 'are'} used by nothing: "
            f"{parameters:,} parameters are kept, saved and restored, and change no result."
        ),
        advice=(
            "Use them where they were meant to be used, or do not make them. If only training "
            "uses them, there is nothing to change."
        ),
        variables=tuple(v.name for v in unused),
    )
