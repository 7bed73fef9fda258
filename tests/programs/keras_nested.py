"""Keras networks in which a time lies within another: words within sentences."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.programs import cells
from tests.programs.keras_cells import dense, embedding, recurrent
from tests.programs.program import Axis, Layer, Program, Truth
from tests.programs.tf2 import of_model

AXES = {"sentences": Axis(3), "words": Axis(4, parent="sentences")}
OVER_SENTENCES = (("sentences", "FORWARD"),)
OVER_WORDS = (("words", "FORWARD"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def _each(reader: Any, sequence: Any) -> Any:
    """A model applied to each of three elements, as ``TimeDistributed`` of Keras 3 writes it.

    That itself takes no model in the first versions of Keras 3.
    """
    return keras.ops.stack([reader(sequence[:, k]) for k in range(3)], axis=1)


def words_within_sentences() -> Program:
    """A model that reads the words of a sentence, applied to each sentence; one over all these."""
    layers = keras.layers
    words = keras.Input((4,), dtype="int32")
    table = layers.Embedding(9, 3, name="table")
    both = layers.Bidirectional(layers.GRU(2, name="gru"), name="both")
    reader = keras.Model(words, both(table(words)), name="reader")
    text = keras.Input((3, 4), dtype="int32")
    rnn, head = layers.LSTM(5, name="rnn"), layers.Dense(2, name="head")
    model = keras.Model(text, head(rnn(_each(reader, text))))
    truth = Truth(
        axes=AXES,
        layers={
            "table": Layer("STEPWISE", runs=(("sentences", "*"),)),
            "there": Layer("RECURRENT", "GRU", 2, 0, OVER_WORDS),
            "back": Layer("RECURRENT", "GRU", 2, 0, (("words", "BACKWARD"),)),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, OVER_SENTENCES),
            "head": HEAD,
        },
        weights=embedding(table, "table", "sentences")
        | recurrent(both.forward_layer, "there", ("words",))
        | recurrent(both.backward_layer, "back", ("words",))
        | recurrent(rnn, "rnn", ("sentences",))
        | dense(head, "head"),
        starts=cells.zeros("there") + cells.zeros("back") + cells.zeros("rnn", 2),
        connections=(
            ("table", "there", 0),
            ("table", "back", 0),
            ("there", "rnn", 0),
            ("back", "rnn", 0),
            ("rnn", "head", 0),
        ),
    )
    return of_model(model, truth, np.ones((2, 3, 4), "i4"))


def stacked_within_each() -> Program:
    """Two layers over the columns of each row of a table, then one over the rows."""
    layers = keras.layers
    row = keras.Input((4, 3))
    low = layers.SimpleRNN(2, return_sequences=True, name="low")
    high = layers.SimpleRNN(3, name="high")
    reader = keras.Model(row, high(low(row)), name="reader")
    table = keras.Input((3, 4, 3))
    rnn = layers.GRU(5, name="rnn")
    model = keras.Model(table, rnn(_each(reader, table)))
    truth = Truth(
        axes=AXES,
        layers={
            "low": Layer("RECURRENT", "SimpleRNN", 2, 0, OVER_WORDS),
            "high": Layer("RECURRENT", "SimpleRNN", 3, 1, OVER_WORDS),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, OVER_SENTENCES),
        },
        weights=recurrent(low, "low", ("words",))
        | recurrent(high, "high", ("words",))
        | recurrent(rnn, "rnn", ("sentences",)),
        starts=cells.zeros("low") + cells.zeros("high") + cells.zeros("rnn"),
        connections=(("low", "high", 0), ("high", "rnn", 0)),
    )
    return of_model(model, truth)
