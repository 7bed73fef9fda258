"""One graph to analyse, and what is known about where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.stored_graph import StoredGraph
from tb_rnnview.timeline import Finding, Shape, Source


@dataclass(frozen=True)
class DeclaredVariable:
    """A variable that the source lists beside its graph: of a collection, or of an object."""

    name: str
    """What the program calls it, without ``:0``."""
    trainable: bool | None = None
    """None = the source does not say."""
    node: str = ""
    """The node that stores it; "" = the node has its name."""
    layers: tuple[str, ...] = ()
    """The program's own layers that hold it, outermost first; () = the source knows of none."""
    shape: Shape = None
    """Where the graph leaves it open; None = the source does not say."""
    also: tuple[tuple[str, ...], ...] = ()
    """Other ways to it through the program's layers: of a cell that two layers run, for example."""
    is_part: bool = False
    """It belongs to what is analysed: if it is trained and nothing uses it, it is told."""


@dataclass(frozen=True)
class GraphSource:
    """A raw graph. Nothing in it has been loaded through TensorFlow, or executed."""

    graph_def: GraphDef | StoredGraph
    source: Source
    name: str = ""
    declared: tuple[DeclaredVariable, ...] = ()
    """In the program's own order; empty = the source lists none."""
    findings: tuple[Finding, ...] = field(default_factory=tuple)
    """What the reader of the source has to tell the user, e.g. which of several graphs it chose."""
    outputs: tuple[str, ...] = ()
    """The tensors that the program gives back; () = the source does not say which."""
    fed: Mapping[str, Any] = field(default_factory=dict)
    """Example values, or their shapes, by the name of the placeholder that they feed."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The placeholders, by what the program calls its inputs; empty = it does not say."""
    fed_from: str = "from the example inputs"
    """Where these shapes are from, in words that follow a length."""
    is_example: bool = False
    """It was traced for one example: lengths that it fixes may be the example's."""
    configured: tuple[ConfiguredModel, ...] = ()
    """What stands beside the graph about its model. It can name; it proves no use."""
    without_cudnn: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By variable: the arguments that keep its layer from cuDNN, as the program writes them."""
    program: str = ""
    """What the program itself calls the function, module or model; "" = it is none."""
