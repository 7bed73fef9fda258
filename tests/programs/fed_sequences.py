"""Sequences that are none of the input's: zeros of its shape, and what it is cut into."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf


def fed_with_zeros() -> Program:
    """An autoencoder: the decoder reads zeros of x's shape, and nothing of x but its first state.

    Its six timesteps come after the encoder's six: two axes, though both have x's length.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 6, 4])
        with tf.variable_scope("e"):
            _, state = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)
        with tf.variable_scope("d"):
            outputs, _ = tf.nn.dynamic_rnn(
                rnn_cell.GRUCell(5), tf.zeros_like(x), initial_state=state
            )
        scores = tf.layers.dense(outputs, 4, name="o")
    truth = Truth(
        axes={"source": Axis(6), "target": Axis(6)},
        layers={
            "encoder": Layer("RECURRENT", "GRU", 5, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "GRU", 5, 0, (("target", "FORWARD"),)),
            "dense": Layer("SEQUENCE", runs=(("target", "*"),)),
        },
        weights=cells.gru("e/rnn/gru_cell", "encoder", 4, 5, ("source",))
        | cells.gru("d/rnn/gru_cell", "decoder", 4, 5, ("target",))
        | cells.dense("o", "dense"),
        starts=(*cells.zeros("encoder"), Start("decoder", "*")),
        connections=(("encoder", "decoder", ANY), ("decoder", "dense", 0)),
    )
    return Program(graph, [scores], {x: fill(2, 6, 4)}, truth)


def sentences_of_words() -> Program:
    """[documents, 3 sentences, 5 words] is looked up, then cut into sentences, then read."""
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.int32, [None, 3, 5])
        table = tf.get_variable("table", [20, 6])
        value = tf.reshape(tf.nn.embedding_lookup(table, words), [-1, 5, 6])
        with tf.variable_scope("w"):
            _, last = tf.nn.dynamic_rnn(rnn_cell.GRUCell(4), value, dtype=tf.float32)
        with tf.variable_scope("s"):
            _, last = tf.nn.dynamic_rnn(
                rnn_cell.GRUCell(7), tf.reshape(last, [-1, 3, 4]), dtype=tf.float32
            )
    truth = Truth(
        axes={"words": Axis(5), "sentences": Axis(3)},
        layers={
            "embedding": Layer("SEQUENCE", runs=(("words", "*"),)),
            "low": Layer("RECURRENT", "GRU", 4, 0, (("words", "FORWARD"),)),
            "high": Layer("RECURRENT", "GRU", 7, 0, (("sentences", "FORWARD"),)),
        },
        weights={"table": Weight("embedding", (Uses("embedding"),))}
        | cells.gru("w/rnn/gru_cell", "low", 6, 4, ("words",))
        | cells.gru("s/rnn/gru_cell", "high", 4, 7, ("sentences",)),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("embedding", "low", 0), ("low", "high", ANY)),
    )
    return Program(graph, [last], {words: fill(2, 3, 5).astype("i4") + 3}, truth)
