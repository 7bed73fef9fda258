"""One cell of TensorFlow 1 over a sequence: what programs that are about the cell share."""

from __future__ import annotations

from typing import Any

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, fill
from tests.programs.tf1 import tf

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)
LSTM = Layer("RECURRENT", "LSTM", 5, 0, FORWARD)
NAMELESS = Layer("RECURRENT", "", 5, 0, FORWARD)


def over_time(
    cell: Any,
    weights: cells.Weights,
    layer: Layer = LSTM,
    states: int = 2,
    inputs: tuple[int, ...] = (4,),
    steps: int = 3,
) -> Program:
    """The program that runs ``cell`` over [batch, steps, *inputs]; one layer, "rnn"."""
    x = tf.placeholder(tf.float32, [None, steps, *inputs])
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(steps)},
        layers={"rnn": layer},
        weights=weights,
        starts=cells.zeros("rnn", states),
    )
    return Program(x.graph, [outputs], {x: fill(2, steps, *inputs)}, truth)
