"""Whether two operations of one type do the same with what they take."""

from __future__ import annotations

from typing import Any

from tb_rnnview.graph.form import Graph

# These say where something runs, and not what.
_OF_THE_PLACE = frozenset({"frame_name", "is_constant", "parallel_iterations"})


def does_the_same(one: Any, other: Any) -> bool:
    """Whether two NodeDefs of one operation type have the same attributes, as far as they count."""
    keys = {k for k in (*one.attr, *other.attr) if k[:1] != "_" and k not in _OF_THE_PLACE}
    return all(k in one.attr and k in other.attr and one.attr[k] == other.attr[k] for k in keys)


def is_same_constant(graph: Graph, one: int, other: int) -> bool:
    """Whether two constants hold the same."""
    values = [graph.attr(node, "value") for node in (one, other)]
    return None not in values and values[0] == values[1]
