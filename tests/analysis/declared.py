"""Timelines of configurations, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tb_rnnview.analysis.declared import analyze_configuration
from tb_rnnview.sources.configuration import Configuration, StoredArray
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.timeline import (
    Direction,
    Kind,
    Source,
    Timeline,
)
from tests.configurations import layer

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


def declared(
    text: str, stored: Mapping[str, tuple[StoredArray, ...]] | None = None, **lengths: int
) -> Timeline:
    model = read_keras_config(text)
    source = Configuration(model, Source("keras_file", "m.h5", "keras"), "m", stored or {})
    return analyze_configuration(source, lengths=lengths)


def lstm(name: str, units: int = 4, **config: Any) -> dict[str, Any]:
    return layer("LSTM", name, units=units, **config)


def kinds(timeline: Timeline) -> dict[str, tuple[Kind, int | None]]:
    return {x.name: (x.kind, x.depth) for x in timeline.layers}


def ways(timeline: Timeline) -> dict[str, list[Direction]]:
    return {x.name: [a.direction for a in x.applications] for x in timeline.recurrent_layers}


def uses(timeline: Timeline, name: str) -> list[tuple[str, int | None, int]]:
    return [(u.axis, u.stop, u.reads) for u in timeline.variable(name).uses]
