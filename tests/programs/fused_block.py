"""Networks of BlockLSTM: one operation runs all timesteps of an LSTM.

Each has a twin without such operations, which is run and counted in its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.programs import cells
from tests.programs.freezing import freeze
from tests.programs.fused_parts import FORWARD, lstm_layer, with_twin
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf


def _block_variables(scope: str, inputs: int, units: int) -> tuple[Any, Any]:
    with tf.variable_scope(scope):
        return (
            tf.get_variable("kernel", [inputs + units, 4 * units]),
            tf.get_variable("bias", [4 * units]),
        )


def _block_weights(scope: str, layer: str, inputs: int, gates: tuple[str, ...]) -> cells.Weights:
    use = (Uses(layer, "time"),)
    blocks = {**cells.rows(inputs, 5), **cells.columns(gates, 5)}
    return {
        f"{scope}/kernel": Weight("kernel", use, blocks),
        f"{scope}/bias": Weight("bias", use, cells.columns(gates, 5, 0)),
    }


def block_lstm() -> Program:
    """BlockLSTM: w and b hold i, c, f, o."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [3, 2, 4])
        y = way.block_lstm(x, *_block_variables("rnn", 4, 5))
        truth = Truth(
            axes={"time": Axis(3)},
            layers={"rnn": lstm_layer()},
            weights=_block_weights("rnn", "rnn", 4, ("i", "c", "f", "o")),
            starts=cells.zeros("rnn", 2),
        )
        return Program(x.graph, [y], {x: fill(3, 2, 4)}, truth)

    return with_twin(build, 3)


def block_lstm_v2() -> Program:
    """BlockLSTMV2, w and b hold i, f, c, o; the gates also see the cell."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [3, 2, 4])
        w, b = _block_variables("rnn", 4, 5)
        with tf.variable_scope("rnn"):
            peepholes = [tf.get_variable(f"w_{gate}_diag", [5]) for gate in "ifo"]
        y = way.block_lstm(x, w, b, peepholes, second=True)
        weights = _block_weights("rnn", "rnn", 4, ("i", "f", "c", "o"))
        truth = Truth(
            axes={"time": Axis(3)},
            layers={"rnn": lstm_layer()},
            weights=weights | cells.peepholes("rnn", "rnn"),
            starts=cells.zeros("rnn", 2),
        )
        return Program(x.graph, [y], {x: fill(3, 2, 4)}, truth)

    return with_twin(build, 3)


def block_lstm_frozen() -> Program:
    """Constants took the place of the variables; the zeros that stand for peepholes are none."""
    program = block_lstm()
    assert program.twin is not None
    return replace(freeze(lambda: program), twin=freeze(lambda: replace(program.twin)))


def block_lstm_stack() -> Program:
    """Two of them, as long as the longest sequence of any length, and a loop above them."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [None, 2, 4])
        lengths = tf.placeholder(tf.int64, [2])
        most = tf.reduce_max(lengths)
        y = way.block_lstm(x, *_block_variables("low", 4, 5), most=most)
        y = way.block_lstm(y, *_block_variables("high", 5, 5), most=most)
        y, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(3), y, dtype=tf.float32, time_major=True)
        gates = ("i", "c", "f", "o")
        truth = Truth(
            axes={"time": Axis(UNKNOWN)},
            layers={
                "low": lstm_layer(),
                "high": lstm_layer(1),
                "gru": Layer("RECURRENT", "GRU", 3, 2, FORWARD),
            },
            weights=_block_weights("low", "low", 4, gates)
            | _block_weights("high", "high", 5, gates)
            | cells.gru("rnn/gru_cell", "gru", 5, 3),
            starts=cells.zeros("low", 2) + cells.zeros("high", 2) + cells.zeros("gru"),
            connections=(("low", "high", 0), ("high", "gru", 0)),
        )
        feeds = {x: fill(4, 2, 4), lengths: np.array([4, 3])}
        return Program(x.graph, [y], feeds, truth, steps=4)

    return with_twin(build, 4)


def block_lstm_states() -> Program:
    """States that are fed, and sequences that may all end early."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 3], name="x")
        lengths = tf.placeholder(tf.int64, [2], name="lengths")
        c, h = (tf.placeholder(tf.float32, [2, 5], name=f"first_{name}") for name in "ch")
        w, b = _block_variables("rnn", 3, 5)
        y = way.block_lstm(x, w, b, most=tf.reduce_max(lengths), first=(c, h))
        truth = Truth(
            axes={"time": Axis(4, bound=True)},
            layers={"rnn": lstm_layer()},
            weights=_block_weights("rnn", "rnn", 3, ("i", "c", "f", "o")),
            starts=(Start("rnn", "first_c"), Start("rnn", "first_h")),
        )
        feeds = {x: fill(4, 2, 3), lengths: np.array([4, 2]), c: fill(2, 5), h: fill(2, 5)}
        return Program(x.graph, [y], feeds, truth)

    return with_twin(build, 4)
