"""Layers of Keras 2 as they are where there is a GPU: an operation of cuDNN, and weights joined.

Each has a twin as it is elsewhere, which is run and counted in its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from tf_keras.src.layers.rnn import gru as keras_gru
from tf_keras.src.layers.rnn import lstm as keras_lstm

from tests.programs import cells
from tests.programs.fused_parts import BACKWARD, FORWARD, lstm_layer
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf


def _keras(
    cell: str, *, backwards: bool = False, masked: bool = False, steps: int | None = 5
) -> Program:
    """A layer of Keras 2, as it is where there is a GPU; its twin is as it is elsewhere."""
    gates = cells.KERAS_LSTM_GATES if cell == "LSTM" else cells.KERAS_GRU_GATES
    shape = [len(gates) * 5] if cell == "LSTM" else [2, len(gates) * 5]

    def build(fused: bool) -> Program:
        x = tf.placeholder(tf.float32, [2, steps, 3])
        with tf.variable_scope("rnn"):
            kernel = tf.get_variable("kernel", [3, len(gates) * 5])
            recurrent = tf.get_variable("recurrent_kernel", [5, len(gates) * 5])
            bias = tf.get_variable("bias", shape)
        mask = tf.placeholder(tf.bool, [2, steps]) if masked else None
        feeds = {x: fill(2, steps or 4, 3)}
        if masked:
            feeds[mask] = np.array([[True] * 5, [True, True] + [False] * 3])
        about = {
            "inputs": x, "kernel": kernel, "recurrent_kernel": recurrent, "bias": bias,
            "mask": mask, "time_major": False, "go_backwards": backwards,
            "sequence_lengths": None, "return_sequences": True,
        }  # fmt: skip
        zeros = tf.zeros([tf.shape(x)[0], 5])
        about |= {"init_h": zeros} | ({"init_c": zeros} if cell == "LSTM" else {})
        module = keras_lstm if cell == "LSTM" else keras_gru
        if fused:
            run = module.gpu_lstm if cell == "LSTM" else module.gpu_gru
        else:
            run = module.standard_lstm if cell == "LSTM" else module.standard_gru
            about["zero_output_for_mask"] = False
        y = run(**about)[1]
        head = tf.get_variable("head", [5, 2])
        y = tf.einsum("bti,io->bto", y, head)
        way = BACKWARD if backwards else FORWARD
        truth = Truth(
            axes={"time": Axis(steps, bound=masked)},
            layers={
                "rnn": Layer("RECURRENT", cell, 5, 0, way),
                "head": Layer("SEQUENCE", runs=(("time", "*"),)),
            },
            weights=cells.keras("rnn", "rnn", gates, 5)
            | {"head": Weight("kernel", (Uses("head"),))},
            starts=cells.zeros("rnn", 2 if cell == "LSTM" else 1),
            connections=(("rnn", "head", 0),),
        )
        return Program(x.graph, [y], feeds, truth, steps=4)

    with tf.Graph().as_default():
        program = build(True)
    with tf.Graph().as_default():
        return replace(program, twin=build(False))


def cudnn_keras_lstm() -> Program:
    """Kernels that are split, turned around and joined; zeros for the second bias."""
    return _keras("LSTM")


def cudnn_keras_backwards() -> Program:
    """The last timestep first, and sequences that end early."""
    return _keras("LSTM", backwards=True, masked=True)


def cudnn_keras_gru() -> Program:
    """The r and z of cuDNN change places with those of Keras; two rows of biases."""
    return _keras("GRU", steps=None)


def cudnn_or_not() -> Program:
    """Keras 2's choice while it runs: cuDNN's operation, or a loop where the mask forbids it."""

    def build(fused: bool) -> Program:
        x = tf.placeholder(tf.float32, [2, 5, 3])
        ends_right = tf.placeholder(tf.bool, [])
        with tf.variable_scope("rnn"):
            kernel = tf.get_variable("kernel", [3, 20])
            recurrent = tf.get_variable("recurrent_kernel", [5, 20])
            bias = tf.get_variable("bias", [20])
        zeros = tf.zeros([2, 5])
        about = {
            "inputs": x, "init_h": zeros, "init_c": zeros, "kernel": kernel,
            "recurrent_kernel": recurrent, "bias": bias, "mask": None, "time_major": False,
            "go_backwards": False, "sequence_lengths": None, "return_sequences": True,
        }  # fmt: skip

        def run() -> Any:
            return keras_lstm.standard_lstm(zero_output_for_mask=False, **about)[1]

        y = tf.cond(ends_right, lambda: keras_lstm.gpu_lstm(**about)[1], run) if fused else run()
        truth = Truth(
            axes={"time": Axis(5)},
            layers={"rnn": lstm_layer(way=FORWARD * 2)},
            weights=cells.keras("rnn", "rnn", cells.KERAS_LSTM_GATES, 5),
            starts=cells.zeros("rnn", 2),
        )
        return Program(x.graph, [y], {x: fill(2, 5, 3)}, truth)

    with tf.Graph().as_default():
        program = build(True)
    with tf.Graph().as_default():
        return replace(program, twin=build(False))
