"""One step of a cell as one operation, in loops of a ``tf.function``."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.programs import cells
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf2 import of_function

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


def block_lstm_cell_in_loop() -> Program:
    """LSTMBlockCell with peepholes, over a sequence of any length."""
    w, b = _variable("w", 8, 20), _variable("b", 20)
    peepholes = [_variable(f"w_{gate}", 5) for gate in "ifo"]

    def run(x: tf.Tensor) -> tf.Tensor:
        c = h = tf.zeros([2, 5])
        for t in tf.range(tf.shape(x)[0]):
            step: Any = tf.raw_ops.LSTMBlockCell(
                x=x[t], cs_prev=c, h_prev=h, w=w, b=b, use_peephole=True,
                wci=peepholes[0], wcf=peepholes[1], wco=peepholes[2],
            )  # fmt: skip
            c, h = step.cs, step.h
        return h

    blocks = {**cells.rows(3, 5), **cells.columns(cells.LSTM_GATES, 5)}
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", STEP, blocks),
            "b": Weight("bias", STEP, cells.columns(cells.LSTM_GATES, 5, 0)),
            **{f"w_{gate}": Weight("peephole", STEP) for gate in "ifo"},
        },
        starts=cells.zeros("rnn", 2),
    )
    specs = [tf.TensorSpec([None, 2, 3])]
    return of_function(run, truth, fill(4, 2, 3), specs=specs, steps=4)


def block_gru_cell_in_loop() -> Program:
    """GRUBlockCell, backwards."""
    w_ru, w_c = _variable("w_ru", 8, 10), _variable("w_c", 8, 5)
    b_ru, b_c = _variable("b_ru", 10), _variable("b_c", 5)

    def run(x: tf.Tensor) -> tf.Tensor:
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.raw_ops.GRUBlockCell(
                x=x[3 - t], h_prev=h, w_ru=w_ru, w_c=w_c, b_ru=b_ru, b_c=b_c
            ).h
        return h

    rows = cells.rows(3, 5)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, (("time", "BACKWARD"),))},
        weights={
            "w_ru": Weight("kernel", STEP, {**rows, **cells.columns(("r", "z"), 5)}),
            "w_c": Weight("kernel", STEP, rows),
            "b_ru": Weight("bias", STEP),
            "b_c": Weight("bias", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))
