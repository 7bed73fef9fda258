"""The elements of small integer tensors that are computed from others."""

from __future__ import annotations

from collections.abc import Callable

from tb_rnnview.analysis.known import (
    Number,
    Unknown,
    Value,
    combine,
    first,
    from_data,
    product,
    whole,
)
from tb_rnnview.analysis.questions import Output, Rule, Rules

RULES = Rules()

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "Add": lambda a, b: a + b,
    "AddV2": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "FloorDiv": lambda a, b: a // b,
    "FloorMod": lambda a, b: a % b,
    "Minimum": min,
    "Maximum": max,
    "Equal": lambda a, b: int(a == b),
    "Greater": lambda a, b: int(a > b),
    "GreaterEqual": lambda a, b: int(a >= b),
    "Less": lambda a, b: int(a < b),
    "LessEqual": lambda a, b: int(a <= b),
    "NotEqual": lambda a, b: int(a != b),
}


@RULES.asking(*_ARITHMETIC)
def _arithmetic(output: Output) -> Rule:
    left = yield output.value(0)
    right = yield output.value(1)
    if output.op == "Minimum" and (left is None) != (right is None):
        # Data may only make it smaller: what is known is a bound.
        known = left if left is not None else right
        source = output.input(1 if left is not None else 0)
        if known.rank == 0:
            return Value(0, (_bounded(known.items[0], from_data(output.graph, source[0]).reason),))
        return None
    if left is None or right is None:
        return None
    count = max(len(left.items), len(right.items))
    if {len(left.items), len(right.items)} - {1, count}:
        return None
    a = left.items * (count if len(left.items) == 1 else 1)
    b = right.items * (count if len(right.items) == 1 else 1)
    return Value(
        max(left.rank, right.rank),
        tuple(_number(output.op, x, y) for x, y in zip(a, b, strict=True)),
    )


def _number(op: str, x: Number, y: Number) -> Number:
    if op == "Minimum":
        if x == y:
            return x
        for known, other in ((x, y), (y, x)):
            if isinstance(known, int) and isinstance(other, Unknown):
                return _bounded(known, other.reason)
    if op in ("Add", "AddV2", "Sub") and y == 0:
        return x
    if op in ("Mul", "FloorDiv") and y == 1:
        return x
    if op == "Mul" and x == 1:
        return y
    return combine(_ARITHMETIC[op], x, y)


def _bounded(known: Number, reason: str) -> Number:
    if isinstance(known, int):
        return Unknown(reason, at_most=known)
    return known if known.reason else Unknown(reason)


@RULES.asking("Neg")
def _neg(output: Output) -> Rule:
    value = yield output.value(0)
    if value is None:
        return None
    return Value(value.rank, tuple(combine(lambda a, _: -a, x, 0) for x in value.items))


@RULES.asking("Prod", "Sum", "Min")
def _reduced(output: Output) -> Rule:
    return _reduce(output.op, (yield output.value(0)))


@RULES.asking("Max")
def _max(output: Output) -> Rule:
    source = output.input(0)
    graph = output.graph
    if graph.op(source[0]) == "Range":
        # max(range(n)) is n - 1, however large n is
        limit, step = (graph.input(source[0], slot) for slot in (1, 2))
        if limit is not None and step is not None:
            last = yield "value", limit
            if last is not None and whole((yield "value", step)) == 1:
                return Value(0, (combine(lambda a, b: a - b, first(last), 1),))
    return _reduce("Max", (yield output.value(0)))


def _reduce(op: str, value: Value | None) -> Value | None:
    if value is None:
        return None
    if op == "Prod":
        return Value(0, (product(value.items),))
    bad = next((i for i in value.items if isinstance(i, Unknown)), None)
    if bad is not None or not value.items:
        if bad is None or len(value.items) == 1:
            return Value(0, (bad or Unknown(),))
        return Value(0, (Unknown(bad.reason, computed=True),))
    known = [i for i in value.items if isinstance(i, int)]
    return Value(0, (sum(known) if op == "Sum" else max(known) if op == "Max" else min(known),))
