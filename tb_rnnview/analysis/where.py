"""Where time is in a tensor's shape: what is known of it while a sequence is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tb_rnnview.analysis.known import Number
from tb_rnnview.analysis.values import Values


@dataclass(frozen=True)
class Where:
    """Where time is in a tensor's shape, and what its positions have to do with timesteps."""

    dimension: int
    outer: tuple[Number, ...] = ()
    """The sizes of what has become one dimension with time and comes before it: a batch."""
    inner: tuple[Number, ...] = ()
    """The same of what comes after it."""
    size: Number | None = None
    """The positions of time in a dimension that is more than time; None = it is time alone."""
    longer: int = 0
    """How many positions more than timesteps there are: padding, or the rim of a window."""
    spread: int = 1
    """Over how many places in the batch the positions are spread, as dilated windows need it."""
    cut: bool = False
    """Positions and timesteps differ by more than that: strides, pooling, a part, a joint."""
    somewhere: bool = False
    """Time is asked for anywhere in what became this dimension."""

    @property
    def timesteps(self) -> bool:
        """Whether the positions are the timesteps."""
        return not self.longer and self.spread == 1 and not self.cut

    def at(self, dimension: int) -> Where:
        """The same in another dimension."""
        return self if dimension == self.dimension else replace(self, dimension=dimension)

    def cut_off(self) -> Where:
        """The same with other positions."""
        return replace(self, cut=True, longer=0, spread=1)


Operand = tuple[int, Where, bool]
"""(input slot, where time is in it, whether it runs the other way)."""
Move = Callable[[Values, int, Where], Iterator[Operand]]
"""Tells of which operands, and of which dimension of them, a dimension of a result is made."""


def size_of(values: Values, node: int, where: Where) -> Number | None:
    """How many positions the first result of an operation has there; None = not known at all."""
    shape = values.shape((node, 0))
    return shape[where.dimension] if shape is not None and where.dimension < len(shape) else None
