"""What a Keras configuration says of one layer. It names and declares; it proves no use."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Call:
    """One place where a layer is applied."""

    inputs: tuple[int, ...]
    """Positions, in the list of layers, of those whose output arrives here."""
    input_shape: Shape = None
    output_shape: Shape = None


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


@dataclass(frozen=True)
class ConfiguredModel:
    """A Keras model as its configuration declares it."""

    name: str
    version: str
    """Of Keras; "" = not said, as Keras 3 does."""
    layers: tuple[ConfiguredLayer, ...]
    """In the model's order. Two models may bear one layer: it is listed once."""
