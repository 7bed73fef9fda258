"""What a test program is: a graph that can be run, and what is true of it.

The truth is stated by hand from the program's text. Where a statement may rightly be left
unsaid by an analysis (a direction that nothing in the graph shows), every right answer is listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

UNKNOWN = None
"""A length that the program's text leaves open."""


ANY = -1


@dataclass(frozen=True)
class Axis:
    """One time axis. ``length`` None = the graph leaves it open."""

    length: int | None
    bound: bool = False
    parent: str = ""
    unrolled: bool = False
    """The timesteps of the first recurrence on it are written out one by one."""
    seen: bool = False
    """The length is that of the example: the network leaves it open."""


@dataclass(frozen=True)
class Layer:
    """One layer. ``runs`` = (axis, direction) of each of its applications; None = not stated.

    A direction may list several right answers: "BACKWARD|UNKNOWN". So may a cell.
    ``units`` and ``cell`` are stated for recurrent layers only.
    """

    kind: str
    cell: str = ""
    units: int | None = None
    depth: int | None = None
    runs: tuple[tuple[str, str], ...] | None = ()


@dataclass(frozen=True)
class Uses:
    """A layer uses a variable at every timestep of ``axis`` ("" = once, outside time).

    ``layer`` "" = what reads it belongs to no layer: a weight decay.
    """

    layer: str
    axis: str = ""
    reads: int = 1
    only: tuple[int, int] | None = None
    """The timesteps, as (start, stop), where it is not each of them."""


@dataclass(frozen=True)
class Weight:
    """One variable. ``blocks`` = {name: (dimension, start, stop)}; None = nothing is stated."""

    role: str
    uses: tuple[Uses, ...]
    blocks: Mapping[str, tuple[int, int, int]] | None = None


@dataclass(frozen=True)
class Start:
    """What a state of a layer starts from: "zeros", a variable, or a tensor of the program.

    ``initial`` lists every right answer, separated by "|"; "*" = some tensor of the program,
    neither zeros nor unknown.
    """

    layer: str
    initial: str = "zeros"


@dataclass(frozen=True)
class Truth:
    """What is true of a program, by keys of its own."""

    axes: Mapping[str, Axis] = field(default_factory=dict)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    weights: Mapping[str, Weight] = field(default_factory=dict)
    starts: tuple[Start, ...] = ()
    connections: tuple[tuple[str, str, int], ...] = ()
    """(from, to, offset); offset ANY where the two have no timestep in common."""
    more_connections: bool = False
    """There are others, which are not stated."""


@dataclass(frozen=True)
class Program:
    """A graph, how to run it with every sequence at its full length, and the truth."""

    graph: Any
    outputs: Sequence[Any]
    feeds: Mapping[Any, np.ndarray]
    truth: Truth
    steps: int | None = None
    """At how many timesteps an axis runs whose length the graph leaves open."""
    rounds: int = 1
    """How often a loop around the network runs. What is stated is of one round."""
    storages: tuple[str, ...] | None = None
    """Nodes that store weights, for a graph without variables. None = its variable nodes."""
    source: Any = None
    """What its user hands to an analysis: a model, a function. None = the graph itself."""
    inputs: Any = None
    """An example of what the source is called with, where the source does not know its shapes."""
    told_by_objects: bool = False
    """Only the model says that some uses are one layer's: its graph alone shows several layers."""
    twin: Program | None = None
    """The same network without fused operations: run in its place, as a fused operation counts as
    one execution, whatever it does, and some need a device."""
    variables: tuple[str, ...] = ()
    """The variables in the program's own order; () = it has none but that of its graph."""


def fill(*shape: int) -> np.ndarray:
    """Numbers to feed: varied, and none of them zero (zero means padding to some programs)."""
    count = int(np.prod(shape))
    return (0.1 + 0.8 * np.modf(np.arange(count) * 0.6180339887)[0]).reshape(shape).astype("f4")
