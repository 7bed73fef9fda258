"""Slices of constant width at a place that moves: ``x[:, t:t + 1]``, ``x[:, 4 * i:4 * i + 4]``."""

from __future__ import annotations

from tb_rnnview.analysis.carried import constant_number
from tb_rnnview.analysis.known import Number, Unknown
from tb_rnnview.graph.control_flow import through
from tb_rnnview.graph.form import Graph, Tensor

_SUMS = ("Add", "AddV2")
_MOST_TERMS = 16


def window_length(graph: Graph, begin: Tensor, end: Tensor, at: int, size: Number) -> Number:
    """The elements between two places in one dimension, each a number that is computed.

    A window may reach beyond the end of the tensor and is then cut, unless it is one element wide
    or the windows divide the tensor evenly.

    Args:
        graph: the graph.
        begin: the vector of the places where a slice begins.
        end: the vector of the places before which it ends.
        at: which elements of the two vectors.
        size: the size of the dimension that is cut.
    """
    low, high = _element(graph, begin[0], at), _element(graph, end[0], at)
    first = None if low is None else _line(graph, low)
    last = None if high is None else _line(graph, high)
    if first is None or last is None or first[:2] != last[:2]:
        return Unknown()
    width = last[2] - first[2]
    if width < 1:
        return Unknown()
    tiles = isinstance(size, int) and not any(n % width for n in (first[1], first[2], size))
    if width == 1 or tiles:
        return width
    return Unknown("a window at the end of a sequence may be cut", at_most=width)


def _element(graph: Graph, vector: int, at: int) -> int | None:
    """The node that makes one element of a vector."""
    node = through(graph, vector)
    sources = graph.sources(node)
    if graph.op(node) == "Pack" and at < len(sources):
        return sources[at]
    return sources[0] if graph.op(node) in ("ExpandDims", "Reshape") and at == 0 else None


def _line(graph: Graph, node: int) -> tuple[int, int, int] | None:
    """A whole number as base * slope + offset: the base, which is no constant, and the two."""
    slope, offset = 1, 0
    for _ in range(_MOST_TERMS):
        node = through(graph, node)
        op = graph.op(node)
        if op not in (*_SUMS, "Sub", "Mul"):
            break
        a, b = graph.sources(node)
        constants = constant_number(graph, a), constant_number(graph, b)
        if constants[1] is not None:
            rest, number = a, constants[1]
        elif constants[0] is not None and op != "Sub":
            rest, number = b, constants[0]
        else:
            break
        if op == "Mul":
            slope *= number
        else:
            offset += slope * (-number if op == "Sub" else number)
        node = rest
    return (node, slope, offset) if constant_number(graph, node) is None else None
