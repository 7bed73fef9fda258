"""Keras 2 layers whose first states are given; each traces its cell once outside its loop."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, fill
from tests.programs.tf1 import tf

GATES = cells.KERAS_LSTM_GATES


def keras_encoder_decoder() -> Program:
    """The decoder's states start from the encoder's: the trace outside the loop reads them too."""
    layers = tf.keras.layers
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [None, 5, 3])
        target = tf.placeholder(tf.float32, [None, 4, 2])
        _, h, c = layers.LSTM(6, return_state=True)(source)
        outputs = layers.LSTM(6, return_sequences=True)(target, initial_state=[h, c])
        scores = layers.Dense(7)(outputs)
    truth = Truth(
        axes={"source": Axis(5), "target": Axis(4)},
        layers={
            "encoder": Layer("RECURRENT", "LSTM", 6, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "LSTM", 6, 0, (("target", "FORWARD"),)),
            "dense": Layer("SEQUENCE", runs=(("target", "*"),)),
        },
        weights=cells.keras("lstm/lstm_cell", "encoder", GATES, 6, "source")
        | cells.keras("lstm_1/lstm_cell", "decoder", GATES, 6, "target")
        | cells.dense("dense", "dense"),
        starts=(*cells.zeros("encoder", 2), Start("decoder", "*"), Start("decoder", "*")),
        connections=(("encoder", "decoder", ANY), ("decoder", "dense", 0)),
    )
    return Program(graph, [scores], {source: fill(2, 5, 3), target: fill(2, 4, 2)}, truth)


def keras_decoder() -> Program:
    """The decoder alone, as it is used after training: its first states are inputs."""
    keras = tf.keras
    with tf.Graph().as_default() as graph:
        x = keras.Input((4, 2))
        h, c = keras.Input((6,), name="h"), keras.Input((6,), name="c")
        outputs = keras.layers.LSTM(6, return_sequences=True)(x, initial_state=[h, c])
        scores = keras.layers.Dense(7)(outputs)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 6, 0, (("time", "FORWARD"),)),
            "dense": Layer("SEQUENCE", runs=(("time", "*"),)),
        },
        weights=cells.keras("lstm/lstm_cell", "rnn", GATES, 6) | cells.dense("dense", "dense"),
        starts=(Start("rnn", "h"), Start("rnn", "c")),
        connections=(("rnn", "dense", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4, 2), h: fill(2, 6), c: fill(2, 6)}, truth)
