"""What was counted of each program of the catalogue, which is run once per session."""

from __future__ import annotations

from functools import cache

from tests.oracle.count import count
from tests.programs.catalogue import program


@cache
def uses_of(name: str) -> dict[str, int]:
    """How often each variable's most-read element was read, for those that were."""
    case = program(name)
    totals = count(case.twin or case).totals
    return {variable: times for variable, times in totals.items() if times}
