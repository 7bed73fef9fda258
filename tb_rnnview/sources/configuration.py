"""A network that is declared and not drawn: a configuration, and what is stored beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.timeline import Finding, Source


class StoredArray(NamedTuple):
    """An array of weights in a file."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    is_named: bool = True
    """Whether Keras has stored its name; else it is where the array lies."""


@dataclass(frozen=True)
class Configuration:
    """What a Keras configuration declares, without a graph that would prove it."""

    model: ConfiguredModel
    source: Source
    name: str = ""
    stored: Mapping[str, tuple[StoredArray, ...]] = field(default_factory=dict)
    """The arrays beside it, by the layer of the outermost model that holds them."""
    findings: tuple[Finding, ...] = ()
    """What the reader of the source has to tell the user."""
