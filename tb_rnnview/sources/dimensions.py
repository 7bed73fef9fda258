"""Which dimension of a value is which: what a configuration tells of sequences on their way.

A position is something that is counted along a dimension: the timesteps of an input, the copies
that a layer makes, features. A layer that keeps a dimension keeps its positions; one that does not
makes new ones, which may be windows over the old.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tb_rnnview.timeline import Shape


class Place(NamedTuple):
    """A position as one value has it."""

    position: int
    turned: bool = False
    """It is counted from its other end."""


class Dimension(NamedTuple):
    """One dimension of a value. Flattened, it has the positions of several, outermost first."""

    size: int | None
    places: tuple[Place, ...] = ()


Dims = tuple[Dimension, ...]


@dataclass(frozen=True)
class Position:
    """What is counted along a dimension, and how many there are."""

    size: int | None
    reason: str = ""
    """Why the size is not known, or where it is from."""
    is_observed: bool = False
    """The size is that of the data that the model was built for; it is not declared."""


@dataclass
class Positions:
    """All positions of one model, and how they go together."""

    all: list[Position] = field(default_factory=list)
    same: list[tuple[Place, Place]] = field(default_factory=list)
    """Pairs that one layer takes element by element."""
    windows: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of which the second are made of windows, parts or copies of the first."""
    opaque: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of which nobody knows what the second have of the first."""

    def new(
        self,
        size: int | None,
        reason: str = "",
        *,
        made_of: Iterable[Place] = (),
        opaque_of: Iterable[Place] = (),
        is_observed: bool = False,
    ) -> Dimension:
        """A dimension of positions that were not there before."""
        self.all.append(Position(size, reason, is_observed))
        here = len(self.all) - 1
        self.windows += [(place.position, here) for place in made_of]
        self.opaque += [(place.position, here) for place in opaque_of]
        return Dimension(size, (Place(here),))

    def of_shape(self, shape: tuple[int | None, ...], of: str) -> Dims:
        """New dimensions for a value that the program declares.

        The first is the batch: what is in it has nothing to do with time, so it has no positions.
        """
        return (
            Dimension(shape[0]),
            *(
                self.new(size, "" if size is not None else f"dimension {i} of {of} is not fixed")
                for i, size in enumerate(shape[1:], 1)
            ),
        )

    def joined(self, dimensions: list[Dimension]) -> Dimension:
        """The dimension of what takes several values element by element; size 1 is repeated."""
        wide = [d for d in dimensions if d.size != 1] or dimensions
        first = wide[0]
        for other in wide[1:]:
            if len(other.places) == len(first.places):
                self.same += zip(first.places, other.places, strict=True)
        sizes = [d.size for d in wide if d.size is not None]
        return Dimension(sizes[0] if sizes else None, first.places)


def shape_of_dims(dims: Dims | None) -> Shape:
    """The sizes alone."""
    return None if dims is None else tuple(d.size for d in dims)


def turned(dimension: Dimension) -> Dimension:
    """The dimension, counted from its other end."""
    places = tuple(Place(p.position, not p.turned) for p in dimension.places)
    return Dimension(dimension.size, places)
