"""What the networks of fused operations have in common: twins, and variables for cuDNN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.programs import cells
from tests.programs.fused_or_written import GATES, Fused, Matrices, WrittenOut
from tests.programs.program import Layer, Program, Uses, Weight
from tests.programs.tf1 import tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)


def with_twin(build: Callable[[Any], Program], steps: int) -> Program:
    """A network of fused operations, and the same written out."""
    with tf.Graph().as_default():
        program = build(Fused())
    with tf.Graph().as_default():
        return replace(program, twin=build(WrittenOut(steps)))


def lstm_layer(depth: int = 0, way: Any = FORWARD, units: int = 5) -> Layer:
    return Layer("RECURRENT", "LSTM", units, depth, way)


def own(
    scope: str, inputs: int, mode: str, units: int = 5, state: int = 0, skips: bool = False
) -> Matrices:
    """A variable for each matrix and each bias."""
    gates = GATES[mode]
    with tf.variable_scope(scope):
        return Matrices(
            [None if skips else tf.get_variable(f"w{k}", [units, inputs]) for k in range(gates)],
            [tf.get_variable(f"r{k}", [units, state or units]) for k in range(gates)],
            [tf.get_variable(f"b{k}", [units]) for k in range(2 * gates)],
            tf.get_variable("p", [state, units]) if state else None,
        )


def own_weights(
    scope: str, layer: str, mode: str, skips: bool = False, projects: bool = False
) -> cells.Weights:
    use, gates = (Uses(layer, "time"),), GATES[mode]
    found = {f"{scope}/b{k}": Weight("bias", use) for k in range(2 * gates)}
    for k in range(gates):
        if not skips:
            found[f"{scope}/w{k}"] = Weight("kernel", use)
        found[f"{scope}/r{k}"] = Weight("recurrent_kernel", use)
    if projects:
        found[f"{scope}/p"] = Weight("projection", use)
    return found
