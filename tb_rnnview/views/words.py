"""How names, numbers, shapes and intervals are written for people, on whatever they are shown."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

from tb_rnnview.timeline import Block, Shape, Use, Variable

# Unicode categories that act on their surroundings instead of being seen: control and format
# characters (escape sequences, writing direction), surrogates, line and paragraph separators.
_ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_MAY_ACT = re.compile(r"[^\x20-\x7e]")


def clean(name: str) -> str:
    """A name from a graph, fit to be shown: characters that would act are spelled out."""
    return _MAY_ACT.sub(_spelled, name)


def _spelled(match: re.Match[str]) -> str:
    character = match.group()
    if unicodedata.category(character) in _ACTING:
        return f"\\u{{{ord(character):x}}}"
    return character


def number(value: int) -> str:
    """An integer with thousands separators."""
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """A count with its noun: "1 layer", "3 layers"."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names in a row, the first few of many."""
    known = list(names)
    more = f", … ({len(known)} in all)" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def shape_tuple(shape: Shape) -> str:
    """As Python prints a shape: (126, 100), (100,), (); "?" for what is not known."""
    if shape is None:
        return "?"
    inner = ", ".join(map(_size, shape))
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def shape_times(shape: Shape) -> str:
    """A shape to be read: "126 × 100"."""
    if shape is None:
        return "?"
    return " × ".join(map(_size, shape)) if shape else "one number"


def state_shape(shape: Shape) -> str:
    """The shape of a state, whose first dimension is the batch."""
    if shape is None:
        return ""
    sizes = ["batch" if i == 0 and d is None else _size(d) for i, d in enumerate(shape)]
    return f"[{', '.join(sizes)}]"


def _size(dimension: int | None) -> str:
    return "?" if dimension is None else str(dimension)


def interval(use: Use, symbol: str = "T") -> str:
    """The timesteps of a use, both ends included: "0 – 2"; "once" or "outside time".

    Args:
        use: when a variable is used.
        symbol: what stands for the length of the use's axis where it is not known.
    """
    if not use.axis:
        return "once" if use.reads == 1 else "outside time"
    every = f", every {use.stride}" if use.stride > 1 else ""
    if use.stop is None:
        return f"{use.start} – {symbol}−1{every}"
    last = use.start + max(0, (use.steps or 0) - 1) * max(1, use.stride)
    return str(use.start) if last == use.start else f"{use.start} – {last}{every}"


def steps_of(use: Use) -> int | None:
    """Number of timesteps of a use; 1 outside time; None = not known."""
    return use.steps if use.axis else 1


def product(factors: Iterable[int | None]) -> int | None:
    """The product of numbers; None = one of them is not known."""
    known = list(factors)
    return None if None in known else math.prod(x for x in known if x is not None)


def parts(variable: Variable) -> list[str]:
    """Why a shape is what it is: "126 rows = 26 input + 100 hidden"."""
    sentences = []
    for dimension in sorted({block.dimension for block in variable.blocks}):
        blocks = [b for b in variable.blocks if b.dimension == dimension]
        if len(blocks) == 1 and dimension == len(variable.shape or ()) - 1:
            continue  # "64 columns = 64 h" explains nothing
        sentences.append(f"{_extent(variable.shape, dimension)} = {_sum(blocks)}")
    return sentences


def _extent(shape: Shape, dimension: int) -> str:
    size = _size(shape[dimension] if shape is not None and dimension < len(shape) else None)
    if shape is None or len(shape) != 2:
        return size if dimension == 0 else f"{size} in dimension {dimension}"
    noun = "row" if dimension == 0 else "column"
    return f"{size} {noun}" if size == "1" else f"{size} {noun}s"


def _sum(blocks: Iterable[Block]) -> str:
    return " + ".join(f"{b.stop - b.start} {clean(b.name)}" for b in blocks)
