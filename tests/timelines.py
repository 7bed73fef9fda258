"""Timelines to test with: a hand-written one, a big one, and arbitrary ones."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from tb_rnnview import timeline as model
from tb_rnnview.timeline import (
    Application,
    Axis,
    Block,
    Connection,
    Direction,
    Encoding,
    Evidence,
    Kind,
    Layer,
    LengthSource,
    Source,
    State,
    Timeline,
    Use,
    Variable,
)


def stacked(layers: int = 3, timesteps: int = 3, name: str = "starting_program") -> Timeline:
    """Layers of 100 simple units over 26 inputs: what the starting program builds."""
    return Timeline(
        name=name,
        source=Source("meta_graph", "starting_program.meta", "tensorflow", "2.21.0"),
        axes=(
            Axis(
                "axis0",
                "time",
                timesteps,
                length_source=LengthSource.STATIC,
                encoding=Encoding.WHILE_FRAME,
            ),
        ),
        layers=tuple(
            Layer(
                f"layer{i}",
                f"cell_{i}",
                "SimpleRNN",
                100,
                Kind.RECURRENT,
                i,
                (Application("axis0", Direction.FORWARD, "rnn/while"),),
                Evidence.GRAPH,
            )
            for i in range(layers)
        ),
        variables=tuple(v for i in range(layers) for v in _weights(i, timesteps)),
        states=tuple(State("h", f"layer{i}", (None, 100), "zeros") for i in range(layers)),
        connections=tuple(Connection(f"layer{i - 1}", f"layer{i}") for i in range(1, layers)),
    )


def _weights(i: int, timesteps: int) -> tuple[Variable, Variable]:
    scope = f"rnn/multi_rnn_cell/cell_{i}/basic_rnn_cell"
    inputs = 26 if i == 0 else 100
    shared: dict[str, Any] = {
        "dtype": "float32",
        "trainable": True,
        "layers": (f"layer{i}",),
        "evidence": Evidence.GRAPH,
        "uses": (Use(f"layer{i}", "axis0", 0, timesteps),),
    }
    blocks = (Block("input", 0, 0, inputs), Block("hidden", 0, inputs, inputs + 100))
    return (
        Variable(f"{scope}/kernel", (inputs + 100, 100), role="kernel", blocks=blocks, **shared),
        Variable(f"{scope}/bias", (100,), role="bias", **shared),
    )


def arbitrary(cls: type = Timeline) -> st.SearchStrategy[Any]:
    """Any value that the schema can hold, sensible or not."""
    hints = typing.get_type_hints(cls)
    return st.builds(
        cls,
        **{f.name: _values(hints[f.name]) for f in dataclasses.fields(cls) if f.name not in _FIXED},
        **{name: st.just(value) for name, value in _FIXED.items() if name in hints},
    )


_FIXED = {"schema_version": model.SCHEMA_VERSION}
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_DIMENSIONS = st.none() | st.integers(0, 2**31 - 1)
_PLAIN = {
    str: _TEXTS,
    bool: st.booleans(),
    int: st.integers(0, 2**32 - 1),
}


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if hint == model.Shape:
        return st.none() | st.lists(_DIMENSIONS, max_size=4).map(tuple)
    if isinstance(hint, types.UnionType):
        (some,) = (a for a in typing.get_args(hint) if a is not type(None))
        return st.none() | _values(some)
    if typing.get_origin(hint) is tuple:
        return st.lists(_values(typing.get_args(hint)[0]), max_size=2).map(tuple)
    if dataclasses.is_dataclass(hint):
        return arbitrary(typing.cast(type, hint))
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return _PLAIN[hint]
