"""What rules need to know of a graph beside its timeline. The analysis tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tb_rnnview.timeline import Shape


@dataclass(frozen=True)
class UnreadInput:
    """A placeholder that no operation whatever reads."""

    name: str
    shape: Shape = None
    is_float: bool = False
    """Whether it takes numbers that are not whole."""

    def __str__(self) -> str:
        if self.shape is None:
            return self.name
        return f"{self.name} [{', '.join('?' if d is None else str(d) for d in self.shape)}]"


@dataclass(frozen=True)
class Taken:
    """A layer that runs once, outside loops, takes one element of a sequence."""

    layer: str
    """Its id."""
    sequence: str
    """What the graph calls the sequence."""
    index: int


@dataclass(frozen=True)
class Fed:
    """What is fed into the network goes through time along one of its dimensions."""

    name: str
    """Of the placeholder."""
    shape: tuple[int | None, ...]
    axis: str
    """The id of the axis."""
    dimension: int

    def __str__(self) -> str:
        return f"{self.name} [{', '.join('?' if d is None else str(d) for d in self.shape)}]"


@dataclass(frozen=True)
class OneUsed:
    """A layer's outputs at all timesteps are put together, and those of one timestep are used."""

    layer: str
    """Its id."""
    visit: int
    """Which of the timesteps that it visits, in that order; below 0: counted from the last, -1."""
    zeros_after_end: bool = False
    """Zeros stand there for sequences that end sooner."""
    is_all: bool = False
    """Nothing else leaves the loop."""


@dataclass(frozen=True)
class MaskLost:
    """Recurrent layers do not get a mask that tells what their data are padded with."""

    layers: tuple[str, ...]
    """Their ids."""
    made_by: str
    """The layer that tells it, as the program calls it."""
    lost_at: str
    """The layer that drops it."""


@dataclass(frozen=True)
class Facts:
    """Facts of one graph. What is empty is not known, or not the case: no rule fires on it."""

    unread_inputs: tuple[UnreadInput, ...] = ()
    other_unread_inputs: int = 0
    """How many more there are than are listed."""
    taken: tuple[Taken, ...] = ()
    """What layers take themselves; not what the layers below them took."""
    same_elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By variable: the ids of several recurrent layers that read the same elements of it."""
    from_zeros: frozenset[str] = frozenset()
    """The ids of layers without a state in which weights are multiplied by zeros alone."""
    written_out: Mapping[str, int] = field(default_factory=dict)
    """By the id of an axis: the operations of one timestep, of those that are written out."""
    fed: tuple[Fed, ...] = ()
    updated: frozenset[str] = frozenset()
    """The variables that the training in the graph changes; empty = it trains nothing."""
    one_used: tuple[OneUsed, ...] = ()
    without_cudnn: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the id of a layer: the arguments that keep it from cuDNN, as the program writes them."""
    masks_lost: tuple[MaskLost, ...] = ()
