"""What is watched of a recurrent layer in a session's graph: operations and tensors of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.analysis.regions import Region


@dataclass(frozen=True)
class Part:
    """An operation in which a timestep uses a variable, or a part of one."""

    operation: Any
    slot: int
    region: Region


@dataclass
class Place:
    """Where timesteps run: the body of a loop, or one timestep that is written out."""

    position: Any
    """The timestep, in the order in which the loop counts: a tensor of the body, or a number."""
    states: list[Any]
    """What each state is after the timestep."""
    within: list[set[Any]]
    """Of each state, the operations that take it to make another state of the same timestep."""
    gates: list[Any] = field(default_factory=list)
    runs: tuple[Any, bool] | None = None
    """What says which sequences still run, and by what it says so; None = all do."""
    parts: list[list[Part]] = field(default_factory=list)
    """Of each variable."""


@dataclass
class WatchedLayer:
    """One place where a recurrent layer is applied."""

    name: str
    application: int
    axis: str
    axis_id: str
    states: list[str]
    gates: list[tuple[str, bool]]
    """Names, and whether they lie between 0 and 1; else between -1 and 1."""
    variables: list[str]
    stored: list[Any]
    """What stores each variable."""
    shapes: list[tuple[int, ...]]
    """Of each variable."""
    length: Any
    """Positions on the axis: a number, or a tensor."""
    is_loop: bool
    ends: list[Any]
    """Results that depend on all timesteps."""
    reversal: str
    """Which order is counted: "" that of the sequence, "whole" the other one, "sequences" the
    other one, for each sequence from its own end."""
    places: list[Place]
    missing: dict[str, list[str]]
    """What is not measured of it, by the reason."""
    graph: Any
    """The ``tf.Graph``."""
    knows_live: bool = True
    has_gradients: bool = True
    """Whether the gradients of its states are those that this project means."""
