"""Networks of Keras layers beyond the layers themselves: cells of one's own, and what is around."""

from __future__ import annotations

from typing import Any

import numpy as np
import tf_keras

from tests.programs import cells
from tests.programs.keras_cells import dense, embedding, recurrent
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import name_of, of_model, tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))
TIME = {"time": Axis(4)}
STEP = (Uses("rnn", "time"),)


def own_cell(keras: Any) -> Program:
    """``RNN`` over a cell of one's own: tanh([x, h] kernel + bias)."""

    class Cell(keras.layers.Layer):
        def __init__(self, **about):
            super().__init__(**about)
            self.state_size = 5

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1] + 5, 5), name="kernel")
            self.bias = self.add_weight(shape=(5,), initializer="zeros", name="bias")
            self.built = True

        def call(self, inputs, states):
            both = tf.concat([inputs, states[0]], 1)
            h = tf.tanh(tf.matmul(both, tf.convert_to_tensor(self.kernel)) + self.bias)
            return h, [h]

    cell = Cell()
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(cell, return_sequences=True, name="rnn")(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={
            name_of(cell.kernel): Weight("kernel", STEP, cells.rows(3, 5)),
            name_of(cell.bias): Weight("bias", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return of_model(model, truth)


def cell_with_a_norm(keras: Any) -> Program:
    """A cell that normalises what goes into its tanh: the norm's scale and shift are the cell's."""

    class Cell(keras.layers.Layer):
        def __init__(self, **about):
            super().__init__(**about)
            self.state_size = 5
            self.inner = keras.layers.Dense(5, use_bias=False)
            self.outer = keras.layers.Dense(5, use_bias=False)
            self.norm = keras.layers.LayerNormalization()

        def build(self, shape):
            for layer, built in (
                (self.inner, (None, 5)),
                (self.outer, shape),
                (self.norm, (None, 5)),
            ):
                with tf.name_scope(layer.name):  # Keras 2 names by scopes
                    layer.build(built)
            self.built = True

        def call(self, inputs, states):
            h = tf.tanh(self.norm(self.outer(inputs) + self.inner(states[0])))
            return h, [h]

    cell = Cell()
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(cell, name="rnn")(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "SimpleRNN|", 5, 0, FORWARD)},
        weights={
            name_of(cell.outer.kernel): Weight("kernel", STEP),
            name_of(cell.inner.kernel): Weight("recurrent_kernel", STEP),
            name_of(cell.norm.gamma): Weight("norm", STEP),
            name_of(cell.norm.beta): Weight("norm", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return of_model(model, truth)


def cell_with_attention(keras: Any) -> Program:
    """A cell that weights the features of its input by its last state, before an LSTM step."""

    class Cell(keras.layers.Layer):
        def __init__(self, **about):
            super().__init__(**about)
            self.lstm = keras.layers.LSTMCell(5)
            self.attention = keras.layers.Dense(3, activation="softmax", name="attention")
            self.state_size = self.lstm.state_size

        def build(self, shape):
            for layer, built in ((self.lstm, shape), (self.attention, (None, 5))):
                with tf.name_scope(layer.name):  # Keras 2 names by scopes
                    layer.build(built)
            self.built = True

        def call(self, inputs, states):
            return self.lstm(inputs * self.attention(states[0]), states)

    cell = Cell()
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(cell, name="rnn")(x))
    # Its state goes round through the attention: that is a part of the recurrence.
    inputs, *others = recurrent(cell.lstm, "rnn").items()
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights={
            inputs[0]: Weight("kernel|recurrent_kernel", STEP, inputs[1].blocks),
            **dict(others),
            name_of(cell.attention.kernel): Weight("recurrent_kernel|attention", STEP),
            name_of(cell.attention.bias): Weight("bias|attention", STEP),
        },
        starts=cells.zeros("rnn", 2),
    )
    return of_model(model, truth)


def residual_layers(keras: Any) -> Program:
    """Each layer adds its input to its output."""
    layers = keras.layers
    x = keras.Input((4, 5))
    rnns = [layers.GRU(5, return_sequences=True, name=f"rnn{k}") for k in range(3)]
    value = x
    for rnn in rnns:
        value = layers.Add()([value, rnn(value)])
    model = keras.Model(x, value)
    weights, starts = {}, ()
    for k, rnn in enumerate(rnns):
        weights |= recurrent(rnn, f"l{k}")
        starts += cells.zeros(f"l{k}")
    truth = Truth(
        axes=TIME,
        layers={f"l{k}": Layer("RECURRENT", "GRU", 5, k, FORWARD) for k in range(3)},
        weights=weights,
        starts=starts,
        connections=(("l0", "l1", 0), ("l0", "l2", 0), ("l1", "l2", 0)),
    )
    return of_model(model, truth)


def norms_between(keras: Any) -> Program:
    """A layer normalisation between two layers, and a batch normalisation before the head."""
    layers = keras.layers
    x = keras.Input((4, 3))
    low, high = layers.LSTM(5, return_sequences=True, name="low"), layers.GRU(4, name="high")
    between, before = layers.LayerNormalization(name="n"), layers.BatchNormalization(name="m")
    head = layers.Dense(2, name="head")
    model = keras.Model(x, head(before(high(between(low(x))))))
    truth = Truth(
        axes=TIME,
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "between": Layer("SEQUENCE", runs=ON_TIME),
            "high": Layer("RECURRENT", "GRU", 4, 1, FORWARD),
            "before": HEAD,
            "head": HEAD,
        },
        weights=recurrent(low, "low")
        | recurrent(high, "high")
        | {name_of(v): Weight("norm", (Uses("between"),)) for v in (between.gamma, between.beta)}
        | {
            name_of(v): Weight("norm", (Uses("before"),))
            for v in (before.gamma, before.beta, before.moving_mean, before.moving_variance)
        }
        | dense(head, "head"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(
            ("low", "between", 0),
            ("between", "high", 0),
            ("high", "before", 0),
            ("before", "head", 0),
        ),
        more_connections=True,  # x times a factor that the norm made: x goes on, in a way
    )
    return of_model(model, truth)


def last_output_by_hand(keras: Any) -> Program:
    """All outputs are asked for, and the last one is picked."""
    layers = keras.layers
    x = keras.Input((4, 3))
    rnn, head = layers.LSTM(5, return_sequences=True, name="rnn"), layers.Dense(2, name="head")
    model = keras.Model(x, head(rnn(x)[:, -1]))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=recurrent(rnn, "rnn") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return of_model(model, truth)


def pooled_outputs(keras: Any) -> Program:
    """The mean of all outputs goes to a head."""
    layers = keras.layers
    x = keras.Input((4, 3))
    rnn, head = layers.GRU(5, return_sequences=True, name="rnn"), layers.Dense(2, name="head")
    model = keras.Model(x, head(layers.GlobalAveragePooling1D()(rnn(x))))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD), "head": HEAD},
        weights=recurrent(rnn, "rnn") | dense(head, "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )
    return of_model(model, truth)


def attention_over_outputs(keras: Any) -> Program:
    """A score for each output by a dense layer; their weighted mean goes to a head."""
    layers = keras.layers
    x = keras.Input((4, 3))
    rnn, head = layers.LSTM(5, return_sequences=True, name="rnn"), layers.Dense(2, name="head")
    scores = layers.Dense(1, name="scores")
    outputs = rnn(x)
    chances = layers.Softmax(axis=1)(scores(outputs))
    pooled = layers.GlobalAveragePooling1D()(layers.Multiply()([outputs, chances]))
    model = keras.Model(x, head(pooled))
    truth = Truth(
        axes=TIME,
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
            "head": HEAD,
        },
        weights=recurrent(rnn, "rnn") | dense(scores, "scores") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "scores", 0), ("rnn", "head", 0), ("scores", "head", 0)),
    )
    return of_model(model, truth)


def other_way_back(keras: Any) -> Program:
    """``Bidirectional`` with a ``backward_layer`` of another kind and size."""
    layers = keras.layers
    there = layers.LSTM(5, return_sequences=True, name="there")
    back = layers.GRU(4, return_sequences=True, go_backwards=True, name="back")
    both = layers.Bidirectional(there, backward_layer=back, name="both")
    x = keras.Input((4, 3))
    model = keras.Model(x, both(x))
    truth = Truth(
        axes=TIME,
        layers={
            "fw": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "GRU", 4, 0, BACKWARD),
        },
        weights=recurrent(both.forward_layer, "fw") | recurrent(both.backward_layer, "bw"),
        starts=cells.zeros("fw", 2) + cells.zeros("bw"),
    )
    return of_model(model, truth)


def bidirectional_encoder(keras: Any) -> Program:
    """The decoder starts from the states of both ways, side by side."""
    layers = keras.layers
    words, said = keras.Input((5,), dtype="int32"), keras.Input((4,), dtype="int32")
    table, other = layers.Embedding(9, 3, name="table"), layers.Embedding(8, 3, name="other")
    both = layers.Bidirectional(layers.LSTM(3, return_state=True), name="encoder")
    decoder = layers.LSTM(6, return_sequences=True, name="decoder")
    scores = layers.Dense(8, name="scores")
    _, h, c, back_h, back_c = both(table(words))
    state = [layers.Concatenate()([h, back_h]), layers.Concatenate()([c, back_c])]
    model = keras.Model([words, said], scores(decoder(other(said), initial_state=state)))
    truth = Truth(
        axes={"source": Axis(5), "target": Axis(4)},
        layers={
            "table": Layer("SEQUENCE", runs=(("source", "*"),)),
            "fw": Layer("RECURRENT", "LSTM", 3, 0, (("source", "FORWARD"),)),
            "bw": Layer("RECURRENT", "LSTM", 3, 0, (("source", "BACKWARD"),)),
            "other": Layer("SEQUENCE", runs=(("target", "*"),)),
            "decoder": Layer("RECURRENT", "LSTM", 6, 0, (("target", "FORWARD"),)),
            "scores": Layer("SEQUENCE", runs=(("target", "*"),)),
        },
        weights=embedding(table, "table")
        | recurrent(both.forward_layer, "fw", ("source",))
        | recurrent(both.backward_layer, "bw", ("source",))
        | embedding(other, "other")
        | recurrent(decoder, "decoder", ("target",))
        | dense(scores, "scores"),
        starts=(
            *cells.zeros("fw", 2),
            *cells.zeros("bw", 2),
            Start("decoder", "*"),
            Start("decoder", "*"),
        ),
        connections=(
            ("table", "fw", 0),
            ("table", "bw", 0),
            ("fw", "decoder", ANY),
            ("bw", "decoder", ANY),
            ("other", "decoder", 0),
            ("decoder", "scores", 0),
        ),
    )
    batch = (np.ones((2, 5), "i4"), np.ones((2, 4), "i4"))
    return of_model(model, truth, *batch)


def given_states(keras: Any) -> Program:
    """A decoder as it is used after training: states are inputs, and outputs."""
    layers = keras.layers
    x, h, c = keras.Input((4, 3)), keras.Input((5,)), keras.Input((5,))
    rnn = layers.LSTM(5, return_sequences=True, return_state=True, name="rnn")
    model = keras.Model([x, h, c], rnn(x, initial_state=[h, c]))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=recurrent(rnn, "rnn"),
        starts=(Start("rnn", "*"), Start("rnn", "*")),
    )
    return of_model(model, truth)


def pictures_in_time(keras: Any) -> Program:
    """A convolution of every picture of a film, then an LSTM over them.

    Keras 2 makes one convolution of all pictures; Keras 3 writes one for each of them.
    """
    kind, axis = ("SEQUENCE", "") if keras is tf_keras else ("STEPWISE", "time")
    layers = keras.layers
    x = keras.Input((4, 6, 6, 1))
    filters, rnn = layers.Conv2D(2, 3, name="filters"), layers.LSTM(5, name="rnn")
    value = layers.TimeDistributed(layers.Flatten())(layers.TimeDistributed(filters)(x))
    model = keras.Model(x, rnn(value))
    truth = Truth(
        axes=TIME,
        layers={
            "filters": Layer(kind, runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
        },
        weights=dense(filters, "filters", axis) | recurrent(rnn, "rnn"),
        starts=cells.zeros("rnn", 2),
        connections=(("filters", "rnn", 0),),
    )
    return of_model(model, truth)


def shared_embedding(keras: Any) -> Program:
    """One embedding of two sentences, one layer over both, compared by a head."""
    layers = keras.layers
    one, other = keras.Input((4,), dtype="int32"), keras.Input((4,), dtype="int32")
    table, rnn = layers.Embedding(9, 3, name="table"), layers.GRU(5, name="rnn")
    head = layers.Dense(1, name="head")
    ends = [rnn(table(words)) for words in (one, other)]
    model = keras.Model([one, other], head(layers.Subtract()(ends)))
    axes = ("one", "other")
    truth = Truth(
        axes={axis: Axis(4) for axis in axes},
        layers={
            "table": Layer("SEQUENCE", runs=tuple((axis, "*") for axis in axes)),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, tuple((axis, "FORWARD") for axis in axes)),
            "head": HEAD,
        },
        weights=embedding(table, "table", times=2)
        | recurrent(rnn, "rnn", axes)
        | dense(head, "head"),
        starts=cells.zeros("rnn"),
        connections=(("table", "rnn", 0), ("rnn", "head", 0)),
    )
    return of_model(model, truth, np.ones((2, 4), "i4"), np.ones((2, 4), "i4"))


def time_in_front() -> Program:
    """``time_major=True`` of Keras 2: [time, batch, features] in and out."""
    layer = tf_keras.layers.LSTM(5, time_major=True, return_sequences=True, name="rnn")
    x = tf_keras.Input(batch_shape=(4, 2, 3))
    model = tf_keras.Model(x, layer(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn"),
        starts=cells.zeros("rnn", 2),
    )
    return of_model(model, truth, fill(4, 2, 3))


def no_recurrence(keras: Any) -> Program:
    """An embedding, their mean, a head: a sequence, and nothing that remembers."""
    layers = keras.layers
    words = keras.Input((4,), dtype="int32")
    table, head = layers.Embedding(9, 3, name="table"), layers.Dense(2, name="head")
    model = keras.Model(words, head(layers.GlobalAveragePooling1D()(table(words))))
    truth = Truth(
        layers={"table": HEAD, "head": HEAD},
        weights=embedding(table, "table") | dense(head, "head"),
        connections=(("table", "head", 0),),
    )
    return of_model(model, truth, np.ones((2, 4), "i4"))
