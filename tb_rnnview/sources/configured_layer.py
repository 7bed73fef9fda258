"""What a Keras configuration says of one layer. It names and declares; it proves no use."""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.sources.dimensions import Dims, Place, Position
from tb_rnnview.timeline import Shape


@dataclass(frozen=True)
class ConfiguredVariable:
    """A variable that Keras makes for a layer."""

    name: str
    """Below the model: ``encoder/lstm/lstm_cell/kernel``."""
    shape: Shape
    role: str
    """In the words of the timeline's variables."""
    trainable: bool = True
    dtype: str = ""
    """"" = not said."""
    gates: tuple[str, ...] = ()
    """The gates whose columns it holds, in order and of equal width."""


@dataclass(frozen=True)
class Start:
    """What one state of a recurrence starts from, in one call."""

    made_by: tuple[tuple[int, int], ...] = ()
    """The calls, by layer and number, whose results it is made of."""
    name: str = ""
    """What the configuration calls it."""
    is_final_state: bool = False
    """It is the final state of the one call that made it, as it is."""


@dataclass(frozen=True)
class Mask:
    """What some data are padded with is told beside them, or was told on their way."""

    made_by: str
    """The layer that tells it."""
    lost_at: str = ""
    """The layer that dropped it; "" = it is there."""


@dataclass(frozen=True)
class Call:
    """One place where a layer is applied."""

    inputs: tuple[int, ...]
    """Positions, in the list of layers, of those whose output arrives here."""
    input_shape: Shape = None
    output_shape: Shape = None
    dims: Dims | None = None
    """Of what it takes first."""
    out: Dims = ()
    """Of what it puts out first; () = not followed."""
    fed_by: tuple[tuple[int, int], ...] = ()
    """The calls, by layer and number, whose data arrive; layers without variables are left out."""
    starts: tuple[Start, ...] = ()
    """What its states start from, where it is told."""
    around: tuple[Place, ...] = ()
    """The positions for each of which it runs anew, outermost first."""
    mask: Mask | None = None
    """Of what a recurrence takes first; None = nothing is known of one."""
    number: int = 0
    """Among all calls of the model, each after those that it takes something from."""


@dataclass(frozen=True)
class ConfiguredLayer:
    """A layer of a Keras model, wrappers and nested models taken apart."""

    name: str
    """Below the model: ``bidirectional/forward_lstm``, ``encoder/lstm``."""
    class_name: str
    layers: tuple[str, ...]
    """The program's own layers, outermost first; nested models are joined into the first."""
    calls: tuple[Call, ...] = ()
    variables: tuple[ConfiguredVariable, ...] | None = ()
    """In the order in which Keras makes them; None = not known for this class."""
    cell: str = ""
    """The kind of cell, in the words of the timeline's layers; "" = none of those."""
    units: int | None = None
    is_recurrent: bool = False
    is_backward: bool = False
    states: tuple[str, ...] = ()
    """What it carries, in Keras' order; of a cell of the program's own nothing is known."""
    kept_in: tuple[str, ...] = ()
    """The variables in which its states are kept from run to run; () = they are not."""
    time: int = 1
    """Which dimension of what it takes a recurrence walks along."""
    without_cudnn: tuple[str, ...] = ()
    """The arguments that keep it from cuDNN, as the program writes them."""
    rank: tuple[int, ...] = ()
    """Its place in the configuration."""
    entry: str = ""
    """The layer of the outermost model that it belongs to."""


@dataclass(frozen=True)
class ConfiguredModel:
    """A Keras model as its configuration declares it."""

    name: str
    version: str
    """Of Keras; "" = not said, as Keras 3 does."""
    layers: tuple[ConfiguredLayer, ...]
    """In the model's order. Two models may bear one layer: it is listed once."""
    positions: tuple[Position, ...] = ()
    same: tuple[tuple[Place, Place], ...] = ()
    """Pairs of positions that some layer takes element by element."""
    windows: tuple[tuple[int, int], ...] = ()
    """Pairs of positions of which the second are made of windows or parts of the first."""
    opaque: tuple[tuple[int, int], ...] = ()
    """Pairs of positions of which nobody knows what the second have of the first."""
