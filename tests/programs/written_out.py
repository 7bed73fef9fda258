"""Timesteps written out one by one, with no loop; and a weight-tied stack, which is no time."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

WRITTEN = {"time": Axis(4, unrolled=True)}
FORWARD = (("time", "FORWARD"),)


def static_rnn() -> Program:
    """`static_rnn` over 4 inputs, and a head on the last output: each weight is read 4 times."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        outputs, _ = tf.nn.static_rnn(
            rnn_cell.BasicRNNCell(5), tf.unstack(x, axis=1), dtype=tf.float32
        )
        scores = tf.layers.dense(outputs[-1], 2, name="head")
    truth = Truth(
        axes=WRITTEN,
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights=cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 3, 5) | cells.dense("head", "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4, 3)}, truth)


def tied_stack() -> Program:
    """No time at all: one dense layer applied three times in depth, as a fixed-point model does."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 5])
        w = tf.get_variable("w", [5, 5])
        h = x
        for _ in range(3):
            h = tf.tanh(tf.matmul(h, w))
    truth = Truth(
        layers={"w": Layer("UNKNOWN", runs=(("", "UNKNOWN"),) * 3)},
        weights={"w": Weight("kernel", (Uses("w", reads=3),))},
    )
    return Program(graph, [h], {x: fill(2, 5)}, truth)


def block_cells() -> Program:
    """Four `LSTMBlockCell` share a kernel; the zeros that stand for peepholes are made anew."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w, b = tf.get_variable("w", [8, 20]), tf.get_variable("b", [20])
        c = h = tf.zeros([2, 5])
        for t in range(4):
            zeros = tf.zeros([5])
            _, c, _, _, _, _, h = tf.raw_ops.LSTMBlockCell(
                x=x[t], cs_prev=c, h_prev=h, w=w, wci=zeros, wcf=zeros, wco=zeros, b=b
            )
    use = (Uses("rnn", "time"),)
    columns = cells.columns(cells.LSTM_GATES, 5)
    truth = Truth(
        axes=WRITTEN,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", use, {**cells.rows(3, 5), **columns}),
            "b": Weight("bias", use),
        },
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [h], {x: fill(4, 2, 3)}, truth)
