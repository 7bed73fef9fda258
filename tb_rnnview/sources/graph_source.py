"""One graph to analyse, and what is known about where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.timeline import Finding, Source


@dataclass(frozen=True)
class DeclaredVariable:
    """A variable that the source lists beside its graph (a collection of a MetaGraph)."""

    name: str
    """Name of the node that stores it, without ``:0``."""
    trainable: bool | None = None
    """None = the source does not say."""


@dataclass(frozen=True)
class GraphSource:
    """A raw graph. Nothing in it has been loaded through TensorFlow, or executed."""

    graph_def: GraphDef
    source: Source
    name: str = ""
    declared: tuple[DeclaredVariable, ...] = ()
    """In the program's own order; empty = the source lists none."""
    findings: tuple[Finding, ...] = field(default_factory=tuple)
    """What the reader of the source has to tell the user, e.g. which of several graphs it chose."""
