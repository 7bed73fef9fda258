"""What was counted of each program of the catalogue, which is run once per session."""

from __future__ import annotations

from functools import cache

from tests.oracle.count import count
from tests.programs.catalogue import program


@cache
def uses_of(name: str) -> dict[str, int]:
    """How often each variable's most-read element was read, for those that were."""
    return {variable: times for variable, times in count(program(name)).totals.items() if times}
