"""What may be known of a number, a shape and a small tensor, without running the graph."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tb_rnnview.graph.form import Graph


@dataclass(frozen=True)
class Unknown:
    """A number that the graph does not fix."""

    reason: str = ""
    at_most: int | None = None
    """An upper bound that the graph does fix."""
    computed: bool = False
    """Something is computed of what the reason names: another number than that itself."""


Number = int | Unknown
ShapeOf = tuple[Number, ...] | None
"""None = not even the rank is known."""


def is_same(one: Number, other: Number) -> bool:
    """Whether two numbers are known to be equal. One that nothing is known of is like no other."""
    if isinstance(one, Unknown):
        return one == other and bool(one.reason) and not one.computed
    return one == other


@dataclass(frozen=True)
class Value:
    """A small integer (or boolean) tensor: a scalar if ``rank`` is 0, else a vector."""

    rank: int
    items: tuple[Number, ...]


MAX_ITEMS = 64
"""Longer tensors are no shapes, axes or limits: nothing is known of them."""

_LARGEST = 2**63
"""No tensor holds a whole number beyond it."""

# TensorFlow's DataType numbers: how one element is stored in ``tensor_content``.
_INTEGER_TYPES = {3: "<i", 4: "<B", 5: "<h", 6: "<b", 9: "<q", 10: "<?"}


def whole(value: Value | None) -> int | None:
    """The first element of a value, where it is a known number: an axis, a flag, a place."""
    if value is None or not value.items or not isinstance(value.items[0], int):
        return None
    return value.items[0]


def first(value: Value | None) -> Number:
    """The first element of a value; unknown where there is none."""
    return value.items[0] if value is not None and value.items else Unknown()


def dimension(axis: int, rank: int) -> int | None:
    """An axis that may count from the end, as a place in a shape; None = there is no such one."""
    return axis % rank if -rank <= axis < rank else None


def product(numbers: Iterable[Number]) -> Number:
    """The product of all; unknown, for the first reason, where one is and none is zero."""
    numbers = list(numbers)
    if 0 in numbers:
        return 0
    factors = [n for n in numbers if n != 1]
    for n in factors:
        if isinstance(n, Unknown):
            return n if len(factors) == 1 else Unknown(n.reason, computed=True)
    return _in_range(math.prod(n for n in factors if isinstance(n, int)))


def combine(fn: Callable[[int, int], int], a: Number, b: Number) -> Number:
    """What a function of two numbers gives, where both are known."""
    if isinstance(a, Unknown):
        return Unknown(a.reason, computed=True)
    if isinstance(b, Unknown):
        return Unknown(b.reason, computed=True)
    try:
        return _in_range(fn(a, b))
    except ZeroDivisionError:
        return Unknown("a division by zero")


def _in_range(number: int) -> Number:
    return number if abs(number) <= _LARGEST else Unknown("a number beyond 64 bits")


def steps_between(start: int, limit: int, step: int) -> int:
    """How many numbers a range holds; ``len`` refuses ranges that 64-bit numbers can describe."""
    return max(0, -((start - limit) // step) if step > 0 else -((limit - start) // -step))


def from_data(graph: Graph, node: int) -> Unknown:
    """A number that only data fix."""
    return Unknown(f"{graph.names[node]!r} is computed from data")


def stated_shape(graph: Graph, node: int, shape: Any) -> ShapeOf:
    """A TensorShapeProto; open dimensions are said to come from ``node``."""
    if shape.unknown_rank:
        return None
    return tuple(
        d.size if d.size >= 0 else open_dimension(graph, node, i) for i, d in enumerate(shape.dim)
    )


def open_dimension(graph: Graph, node: int, at: int) -> Unknown:
    """A dimension that the graph leaves open, told from all others by where it is."""
    return Unknown(f"dimension {at} of {graph.names[node]!r} is not fixed")


def constant(graph: Graph, node: int) -> Value | None:
    """The elements of a small integer Const of rank 0 or 1."""
    if node not in graph.constants:
        graph.constants[node] = _small_integers(graph, node)
    found: Value | None = graph.constants[node]
    return found


def _small_integers(graph: Graph, node: int) -> Value | None:
    tensor = graph.attr(node, "value").tensor
    dims = [d.size for d in tensor.tensor_shape.dim]
    if len(dims) > 1 or tensor.dtype not in _INTEGER_TYPES:
        return None
    count = dims[0] if dims else 1
    if not 0 <= count <= MAX_ITEMS:
        return None
    items = _integers(tensor, count)
    return None if items is None else Value(len(dims), tuple(items))


def constant_pairs(graph: Graph, node: int) -> list[tuple[int, int]] | None:
    """The rows of a small integer table of two columns: what is padded or cropped."""
    if graph.op(node) != "Const":
        return None
    tensor = graph.attr(node, "value").tensor
    dims = [d.size for d in tensor.tensor_shape.dim]
    if len(dims) != 2 or dims[1] != 2 or tensor.dtype not in _INTEGER_TYPES:
        return None
    items = _integers(tensor, 2 * dims[0]) if 0 <= dims[0] <= MAX_ITEMS else None
    return None if items is None else list(zip(items[::2], items[1::2], strict=True))


def _integers(tensor: Any, count: int) -> list[int] | None:
    """The elements of an integer TensorProto; None = it does not hold as many."""
    if count == 0:
        return []
    if tensor.tensor_content:
        code = _INTEGER_TYPES[tensor.dtype]
        if len(tensor.tensor_content) != count * struct.calcsize(code):
            return None
        return [int(x) for (x,) in struct.iter_unpack(code, tensor.tensor_content)]
    stored = tensor.int64_val or tensor.int_val or tensor.bool_val
    items = [int(x) for x in stored[:count]] or [0]
    return items + [items[-1]] * (count - len(items))  # the last one stands for the rest
