"""The Timeline: what is known of one recurrent network, as plain immutable objects.

The objects mirror ``timeline.proto`` field by field; `tb_rnnview.timeline_codec` translates.
Nothing here needs TensorFlow, protobuf or numpy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tb_rnnview import timeline_pb2

_T = TypeVar("_T")

SCHEMA_VERSION = 1

Shape = tuple[int | None, ...] | None
"""A shape; None for a dimension that is not known, None as a whole for an unknown rank."""


class Evidence(Enum):
    """Where a statement comes from."""

    UNKNOWN = "UNKNOWN"
    GRAPH = "GRAPH"
    CONFIG = "CONFIG"
    OBSERVED = "OBSERVED"


class LengthSource(Enum):
    """How the length of an axis is known."""

    UNKNOWN = "UNKNOWN"
    STATIC = "STATIC"
    OBSERVED = "OBSERVED"


class Encoding(Enum):
    """How a graph writes down that something repeats over time."""

    UNSPECIFIED = "UNSPECIFIED"
    WHILE_FRAME = "WHILE_FRAME"
    WHILE_OP = "WHILE_OP"
    UNROLLED = "UNROLLED"
    FUSED_OP = "FUSED_OP"
    CONFIG = "CONFIG"


class Kind(Enum):
    """What a layer has to do with time."""

    UNKNOWN = "UNKNOWN"
    RECURRENT = "RECURRENT"
    STEPWISE = "STEPWISE"
    SEQUENCE = "SEQUENCE"
    ONCE = "ONCE"


class Direction(Enum):
    """Which end of the sequence is visited first."""

    UNKNOWN = "UNKNOWN"
    FORWARD = "FORWARD"
    BACKWARD = "BACKWARD"


class Severity(Enum):
    """How much a finding matters."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Source:
    """What a timeline was made from."""

    kind: str = ""
    path: str = ""
    framework: str = ""
    version: str = ""


@dataclass(frozen=True)
class Axis:
    """A time axis. ``length`` is in timesteps; None = not known, and ``reason`` says why."""

    id: str
    label: str = ""
    length: int | None = None
    length_is_bound: bool = False
    length_source: LengthSource = LengthSource.UNKNOWN
    reason: str = ""
    encoding: Encoding = Encoding.UNSPECIFIED
    parent: str = ""


@dataclass(frozen=True)
class Application:
    """One place where a layer is run. ``axis`` "" = outside time."""

    axis: str = ""
    direction: Direction = Direction.UNKNOWN
    name: str = ""


@dataclass(frozen=True)
class Layer:
    """The variables and states of one recurrence, or of one operation outside it.

    ``depth`` counts the recurrent layers below it on its axis (0 = nearest the input);
    None outside time. ``cell`` "" = not known.
    """

    id: str
    name: str = ""
    cell: str = ""
    units: int | None = None
    kind: Kind = Kind.UNKNOWN
    depth: int | None = None
    applications: tuple[Application, ...] = ()
    evidence: Evidence = Evidence.UNKNOWN
    reason: str = ""

    @property
    def timesteps(self) -> int | None:
        """How many timesteps it runs at, in a layer that is a timeline's.

        The length of its axis, which may be a bound. None = not known, or not the same wherever
        it is applied, or it runs outside time.
        """
        lengths: Mapping[str, int | None] = getattr(self, _LENGTHS, {})
        found = {lengths.get(a.axis) for a in self.applications}
        return found.pop() if len(found) == 1 else None


_LENGTHS = "_lengths"
"""Where a timeline keeps the lengths of its axes with its layers; no field, and never stored."""


@dataclass(frozen=True)
class Block:
    """The part [start, stop) of a variable along one dimension, by name."""

    name: str
    dimension: int = 0
    start: int = 0
    stop: int = 0


@dataclass(frozen=True)
class Use:
    """The timesteps [start, stop) of ``axis`` at which ``layer`` uses a variable.

    ``stop`` None = to the end of an axis of unknown length; ``axis`` "" = once, outside time.
    ``reads`` = uses of one and the same element per timestep; 0 = not known. ``layer`` "" = used
    by something that is no layer, a weight decay for example.
    """

    layer: str
    axis: str = ""
    start: int = 0
    stop: int | None = None
    stride: int = 1
    reads: int = 1

    @property
    def steps(self) -> int | None:
        """Number of timesteps at which the variable is used; None = not known."""
        if self.stop is None:
            return None
        return max(0, -(-(self.stop - self.start) // max(1, self.stride)))


@dataclass(frozen=True)
class Variable:
    """One storage of weights. ``trainable`` None = not known."""

    name: str
    shape: Shape = None
    dtype: str = ""
    trainable: bool | None = None
    layers: tuple[str, ...] = ()
    role: str = "other"
    blocks: tuple[Block, ...] = ()
    evidence: Evidence = Evidence.UNKNOWN
    uses: tuple[Use, ...] = ()
    reason: str = ""

    @property
    def parameters(self) -> int | None:
        """Number of stored scalars; None where the shape is not fully known."""
        if self.shape is None or any(d is None for d in self.shape):
            return None
        return math.prod(d for d in self.shape if d is not None)

    @property
    def shared_by(self) -> int | None:
        """How many timesteps of a layer share it: 1 = it is used once; 0 = it is not used.

        Of several layers, or places where one is applied, the largest number counts. On an axis
        inside another one it is the number of timesteps of the inner one. None = not known.
        """
        steps: dict[tuple[str, str], int] = {}
        for use in self.uses:
            here = use.steps if use.axis else 1
            if here is None:
                return None
            place = (use.layer, use.axis)
            steps[place] = steps.get(place, 0) + here
        return max(steps.values(), default=0)


@dataclass(frozen=True)
class State:
    """A value carried from timestep to timestep. ``initial`` "" = not known."""

    name: str
    layer: str
    shape: Shape = None
    initial: str = ""
    initial_layer: str = ""
    """The layer whose final state it starts from; "" = none, or not known."""


@dataclass(frozen=True)
class Connection:
    """Data flows from layer to layer; ``offset`` 0 = same timestep, 1 = the next."""

    from_layer: str
    to_layer: str
    offset: int = 0
    starts_state: bool = False
    """It arrives once, and a state of ``to_layer`` starts from it."""


@dataclass(frozen=True)
class Finding:
    """One thing worth telling the user."""

    code: str
    severity: Severity = Severity.INFO
    message: str = ""
    advice: str = ""
    layers: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """What is known of one recurrent network.

    Layers are in the order of data flow, variables in the order in which the program made them.
    """

    name: str = ""
    source: Source = field(default_factory=Source)
    axes: tuple[Axis, ...] = ()
    layers: tuple[Layer, ...] = ()
    variables: tuple[Variable, ...] = ()
    states: tuple[State, ...] = ()
    connections: tuple[Connection, ...] = ()
    findings: tuple[Finding, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        lengths = {axis.id: axis.length for axis in self.axes}
        # Copies where the same layer is in another timeline too, with axes of other lengths.
        layers = tuple(
            layer if getattr(layer, _LENGTHS, lengths) == lengths else replace(layer)
            for layer in self.layers
        )
        for layer in layers:
            object.__setattr__(layer, _LENGTHS, lengths)
        object.__setattr__(self, "layers", layers)

    def layer(self, name: str) -> Layer:
        """The layer of that name or id.

        Raises:
            KeyError: no layer, or more than one, is called so; the message lists the names.
        """
        return _one(name, [(x, (x.name, x.id)) for x in self.layers], "layer")

    def axis(self, name: str) -> Axis:
        """The axis of that id or label.

        Raises:
            KeyError: no axis, or more than one, is called so; the message lists the names.
        """
        return _one(name, [(x, (x.id, x.label)) for x in self.axes], "axis")

    def variable(self, name: str) -> Variable:
        """The variable of that name (a trailing ``:0`` is ignored).

        Raises:
            KeyError: there is none; the message lists the names.
        """
        return _one(name.removesuffix(":0"), [(x, (x.name,)) for x in self.variables], "variable")

    @property
    def recurrent_layers(self) -> tuple[Layer, ...]:
        """The layers of kind RECURRENT, in the order of data flow."""
        return tuple(x for x in self.layers if x.kind is Kind.RECURRENT)

    @property
    def is_partly_unknown(self) -> bool:
        """Whether something was not recognised, so that nothing can be called absent."""
        return any(x.kind is Kind.UNKNOWN for x in self.layers) or any(
            x.code == "NOT_RECOGNISED" for x in self.findings
        )

    @property
    def is_declared(self) -> bool:
        """Whether it is what a configuration declares, and no graph proves it."""
        known = {x.evidence for x in self.layers} | {v.evidence for v in self.variables}
        return Evidence.CONFIG in known and Evidence.GRAPH not in known

    def variables_of(self, layer: str) -> tuple[Variable, ...]:
        """The variables that the layer with this id uses, in the program's order."""
        return tuple(v for v in self.variables if layer in v.layers)

    def __str__(self) -> str:
        from tb_rnnview.views.text import render

        return render(self)

    def _repr_html_(self) -> str:
        """The page, in a frame of its own, as notebooks ask for it."""
        from tb_rnnview.views.page import notebook_frame

        return notebook_frame(self)

    def to_json(self, *, indent: int | None = 2) -> str:
        """JSON text with the field names of ``timeline.proto``; absent = not known."""
        from tb_rnnview import timeline_codec

        return timeline_codec.to_json(self, indent=indent)

    @staticmethod
    def from_json(text: str | bytes) -> Timeline:
        """The timeline in a JSON text.

        Raises:
            tb_rnnview.errors.FormatError: the text is no timeline, or of a newer schema.
        """
        from tb_rnnview import timeline_codec

        return timeline_codec.from_json(text)

    def to_proto(self) -> timeline_pb2.Timeline:
        """The timeline as a ``tb_rnnview.Timeline`` message."""
        from tb_rnnview import timeline_codec

        return timeline_codec.to_proto(self)

    @staticmethod
    def from_proto(message: timeline_pb2.Timeline) -> Timeline:
        """The timeline in a ``tb_rnnview.Timeline`` message.

        Raises:
            tb_rnnview.errors.FormatError: the message is of a newer schema.
        """
        from tb_rnnview import timeline_codec

        return timeline_codec.from_proto(message)


def _one(name: str, candidates: Iterable[tuple[_T, tuple[str, ...]]], what: str) -> _T:
    named = list(candidates)
    hits = [x for x, names in named if name in names]
    if len(hits) == 1:
        return hits[0]
    known = ", ".join(names[0] for _, names in named) or "none"
    problem = "no" if not hits else "more than one"
    raise KeyError(f"{problem} {what} is called {name!r}; there are: {known}")
