"""One layer object at several places of a network."""

from __future__ import annotations

from typing import Any

from tests.programs import cells
from tests.programs.keras_cells import recurrent
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight
from tests.programs.tf2 import name_of, of_model

FORWARD = (("time", "FORWARD"),)


def over_itself(keras: Any) -> Program:
    """A layer and a dense one above it, three times over: three depths of one set of weights.

    Whether the dense layer's three places are a stack is said by the layers between, which this
    version does not look at.
    """
    layers = keras.layers
    rnn, dense = layers.GRU(5, return_sequences=True, name="rnn"), layers.Dense(5, name="dense")
    value = x = keras.Input((4, 5))
    for _ in range(3):
        value = dense(rnn(value))
    model = keras.Model(x, value)
    keys = ("low", "middle", "high")
    weights = {
        name: Weight(of_low.role, tuple(Uses(key, "time") for key in keys), of_low.blocks)
        for name, of_low in recurrent(rnn, "low").items()
    }
    use = (Uses("dense", reads=3),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            **{key: Layer("RECURRENT", "GRU", 5, k, FORWARD) for k, key in enumerate(keys)},
            "dense": Layer("UNKNOWN", runs=None),
        },
        weights=weights
        | {name_of(dense.kernel): Weight("kernel", use), name_of(dense.bias): Weight("bias", use)},
        starts=tuple(start for key in keys for start in cells.zeros(key)),
        connections=(
            ("low", "dense", 0),
            ("dense", "middle", 0),
            ("middle", "dense", 0),
            ("dense", "high", 0),
            ("high", "dense", 0),
        ),
    )
    return of_model(model, truth)
