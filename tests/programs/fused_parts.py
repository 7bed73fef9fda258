"""What the networks of fused operations have in common: twins, and variables for cuDNN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.programs import cells
from tests.programs.fused_or_written import GATES, Fused, Matrices, WrittenOut
from tests.programs.program import Layer, Program, Uses, Weight, fill
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
    scope: str,
    inputs: int,
    mode: str,
    units: int = 5,
    state: int = 0,
    skips: bool = False,
    frozen: bool = False,
) -> Matrices:
    """A variable for each matrix and each bias; frozen: constants, and zeros for the first bias."""
    gates = GATES[mode]

    def variable(name: str, *shape: int) -> Any:
        if not frozen:
            return tf.get_variable(name, shape)
        return tf.zeros(shape) if name == "b0" else tf.constant(fill(*shape), name=name)

    with tf.variable_scope(scope):
        return Matrices(
            [None if skips else variable(f"w{k}", units, inputs) for k in range(gates)],
            [variable(f"r{k}", units, state or units) for k in range(gates)],
            [variable(f"b{k}", units) for k in range(2 * gates)],
            variable("p", state, units) if state else None,
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
