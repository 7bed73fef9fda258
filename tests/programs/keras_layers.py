"""Recurrent layers of Keras, each alone or with a head: `KERAS` programs run with both Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import tf_keras

from tests.programs import cells
from tests.programs.keras_cells import dense, embedding, recurrent
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import name_of, of_model, storage_of

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))
TIME = {"time": Axis(4)}


def _alone(keras: Any, layer: Any, cell: str, states: int = 1, way: Any = FORWARD) -> Program:
    """A layer of 5 units and what it gives back."""
    x = keras.Input((4, 3))
    model = keras.Model(x, layer(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", cell, 5, 0, way)},
        weights=recurrent(layer, "rnn"),
        starts=cells.zeros("rnn", states),
    )
    return of_model(model, truth)


def lstm(keras: Any) -> Program:
    """An LSTM that gives back its last output."""
    return _alone(keras, keras.layers.LSTM(5, name="rnn"), "LSTM", 2)


def gru(keras: Any) -> Program:
    """``reset_after=True``, which is the default: two biases in one variable."""
    return _alone(keras, keras.layers.GRU(5, name="rnn"), "GRU")


def gru_reset_before(keras: Any) -> Program:
    """``reset_after=False``: the kernel of the candidate multiplies r h."""
    return _alone(keras, keras.layers.GRU(5, reset_after=False, name="rnn"), "GRU")


def simple_rnn(keras: Any) -> Program:
    """A SimpleRNN that gives back all its outputs."""
    return _alone(keras, keras.layers.SimpleRNN(5, return_sequences=True, name="rnn"), "SimpleRNN")


def go_backwards(keras: Any) -> Program:
    """The last timestep is visited first."""
    layer = keras.layers.LSTM(5, go_backwards=True, name="rnn")
    return _alone(keras, layer, "LSTM", 2, BACKWARD)


def go_backwards_sequences(keras: Any) -> Program:
    """All outputs, in the order in which they were made: the sequence leaves turned around."""
    layer = keras.layers.GRU(5, go_backwards=True, return_sequences=True, name="rnn")
    return _alone(keras, layer, "GRU", 1, BACKWARD)


def return_state(keras: Any) -> Program:
    """Outputs and both last states."""
    layer = keras.layers.LSTM(5, return_sequences=True, return_state=True, name="rnn")
    return _alone(keras, layer, "LSTM", 2)


def implementation_1(keras: Any) -> Program:
    """One product for each gate, of slices or parts of the kernels."""
    return _alone(keras, keras.layers.GRU(5, implementation=1, name="rnn"), "GRU")


def other_activations(keras: Any) -> Program:
    """Hard sigmoids and ReLUs: what a cell is does not hang on its activations."""
    layer = keras.layers.LSTM(5, activation="relu", recurrent_activation="hard_sigmoid", name="rnn")
    return _alone(keras, layer, "LSTM", 2)


def unrolled(keras: Any) -> Program:
    """``unroll=True``: no loop, a copy of the cell for each of the 4 timesteps."""
    x = keras.Input((4, 3))
    layer = keras.layers.LSTM(5, unroll=True, name="rnn")
    model = keras.Model(x, layer(x))
    truth = Truth(
        axes={"time": Axis(4, unrolled=True)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn"),
        starts=cells.zeros("rnn", 2),
    )
    return of_model(model, truth)


def words_to_scores(keras: Any) -> Program:
    """Embedding, LSTM, Dense: three layers of three kinds."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(11, 6, name="words"),
            layers.LSTM(5, name="rnn"),
            layers.Dense(2, name="head"),
        ]
    )
    words, rnn, head = model.layers
    truth = Truth(
        axes=TIME,
        layers={
            "words": Layer("SEQUENCE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "head": HEAD,
        },
        weights=embedding(words, "words") | recurrent(rnn, "rnn") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("words", "rnn", 0), ("rnn", "head", 0)),
    )
    return of_model(model, truth, np.array([[1, 2, 3, 4], [4, 3, 2, 1]], "i4"))


def padded_words(keras: Any) -> Program:
    """``mask_zero=True``: at padding the states are kept. No word of the batch is padding."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(11, 6, mask_zero=True, name="words"),
            layers.GRU(5, return_sequences=True, name="low"),
            layers.LSTM(4, name="high"),
            layers.Dense(2, name="head"),
        ]
    )
    words, low, high, head = model.layers
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "words": Layer("SEQUENCE", runs=ON_TIME),
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 4, 1, FORWARD),
            "head": HEAD,
        },
        weights=embedding(words, "words")
        | recurrent(low, "low")
        | recurrent(high, "high")
        | dense(head, "head"),
        starts=cells.zeros("low") + cells.zeros("high", 2),
        connections=(("words", "low", 0), ("low", "high", 0), ("high", "head", 0)),
    )
    return of_model(model, truth, np.array([[1, 2, 3, 4, 5], [4, 3, 2, 1, 5]], "i4"), steps=5)


def padded_words_turned_around(keras: Any) -> Program:
    """The upper layer gets the last word first, and the mask as it was: that tells no order."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(11, 6, mask_zero=True, name="words"),
            layers.LSTM(5, return_sequences=True, go_backwards=True, name="low"),
            layers.GRU(4, name="high"),
        ]
    )
    words, low, high = model.layers
    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "words": Layer("SEQUENCE", runs=ON_TIME),
            "low": Layer("RECURRENT", "LSTM", 5, 0, BACKWARD),
            "high": Layer("RECURRENT", "GRU", 4, 1, BACKWARD),
        },
        weights=embedding(words, "words") | recurrent(low, "low") | recurrent(high, "high"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("words", "low", 0), ("low", "high", 0)),
    )
    return of_model(model, truth, np.array([[1, 2, 3, 4, 5], [4, 3, 2, 1, 5]], "i4"))


def masking(keras: Any) -> Program:
    """A ``Masking`` layer in front, all outputs, a dense layer on each."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            layers.Masking(),
            layers.LSTM(5, return_sequences=True, name="rnn"),
            layers.Dense(2, name="scores"),
        ]
    )
    _, rnn, scores = model.layers
    truth = Truth(
        axes=TIME,
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=recurrent(rnn, "rnn") | dense(scores, "scores"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "scores", 0),),
    )
    return of_model(model, truth)


def given_mask(keras: Any) -> Program:
    """The mask is an input of its own."""
    x, mask = keras.Input((4, 3)), keras.Input((4,), dtype="bool")
    layer = keras.layers.SimpleRNN(5, name="rnn")
    model = keras.Model([x, mask], layer(x, mask=mask))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn"),
        starts=cells.zeros("rnn"),
    )
    return of_model(model, truth, fill(2, 4, 3), np.ones((2, 4), bool))


def stacked(keras: Any) -> Program:
    """Three layers on one axis, and a head."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            layers.SimpleRNN(4, return_sequences=True, name="one"),
            layers.LSTM(5, return_sequences=True, name="two"),
            layers.GRU(6, name="three"),
            layers.Dense(2, name="head"),
        ]
    )
    one, two, three, head = model.layers
    truth = Truth(
        axes=TIME,
        layers={
            "one": Layer("RECURRENT", "SimpleRNN", 4, 0, FORWARD),
            "two": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
            "three": Layer("RECURRENT", "GRU", 6, 2, FORWARD),
            "head": HEAD,
        },
        weights=recurrent(one, "one")
        | recurrent(two, "two")
        | recurrent(three, "three")
        | dense(head, "head"),
        starts=cells.zeros("one") + cells.zeros("two", 2) + cells.zeros("three"),
        connections=(("one", "two", 0), ("two", "three", 0), ("three", "head", 0)),
    )
    return of_model(model, truth)


def stacked_cells(keras: Any) -> Program:
    """One ``RNN`` over a list of cells: two layers in one loop."""
    layers = keras.layers
    low, high = layers.LSTMCell(4), layers.GRUCell(5)
    x = keras.Input((4, 3))
    model = keras.Model(x, layers.RNN([low, high], name="rnn")(x))
    truth = Truth(
        axes=TIME,
        layers={
            "low": Layer("RECURRENT", "LSTM", 4, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 5, 1, FORWARD),
        },
        weights=recurrent(low, "low") | recurrent(high, "high"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth)


def stateful(keras: Any) -> Program:
    """The states are kept in variables from batch to batch."""
    layer = keras.layers.LSTM(5, stateful=True, name="rnn")
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), layer])
    names = {
        # Keras 3 gives both the same name, and Keras 2 gives them none.
        id(storage_of(state)): f"rnn/states_{i}" if keras is tf_keras else name_of(state) + number
        for i, (state, number) in enumerate(zip(layer.states, ("", "_1"), strict=True))
    }
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn")
        | {state: Weight("initial_state", (Uses("rnn"),)) for state in names.values()},
        starts=tuple(Start("rnn", state) for state in names.values()),
    )
    return of_model(model, truth, names=names)


def any_length(keras: Any) -> Program:
    """T is open; a dense layer on every output, by ``TimeDistributed``."""
    layers = keras.layers
    x = keras.Input((None, 3))
    rnn, scores = layers.LSTM(5, return_sequences=True, name="rnn"), layers.Dense(2, name="scores")
    model = keras.Model(x, layers.TimeDistributed(scores)(rnn(x)))
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=recurrent(rnn, "rnn") | dense(scores, "scores"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "scores", 0),),
    )
    return of_model(model, truth, fill(2, 6, 3), steps=6)


def time_distributed(keras: Any) -> Program:
    """``TimeDistributed(Dense)`` before and after a layer of 4 timesteps.

    Keras 2 makes one product of all timesteps; Keras 3 writes one for each of them.
    """
    layers = keras.layers
    x = keras.Input((4, 3))
    before, after = layers.Dense(6, activation="relu", name="before"), layers.Dense(2, name="after")
    rnn = layers.GRU(5, return_sequences=True, name="rnn")
    value = rnn(layers.TimeDistributed(before)(x))
    model = keras.Model(x, layers.TimeDistributed(after)(value))
    kind, axis = _applied_to_each(keras)
    truth = Truth(
        axes=TIME,
        layers={
            "before": Layer(kind, runs=ON_TIME),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "after": Layer(kind, runs=ON_TIME),
        },
        weights=dense(before, "before", axis) | recurrent(rnn, "rnn") | dense(after, "after", axis),
        starts=cells.zeros("rnn"),
        connections=(("before", "rnn", 0), ("rnn", "after", 0)),
    )
    return of_model(model, truth)


def _applied_to_each(keras: Any, axis: str = "time") -> tuple[str, str]:
    """The kind of what ``TimeDistributed`` applies to a known number of timesteps, and its axis."""
    return ("SEQUENCE", "") if keras is tf_keras else ("STEPWISE", axis)


def fixed_batch(keras: Any) -> Program:
    """Batch and T are fixed."""
    layer = keras.layers.GRU(5, name="rnn")
    model = keras.Sequential([keras.Input(batch_shape=(3, 4, 2)), layer])
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn"),
        starts=cells.zeros("rnn"),
    )
    return of_model(model, truth)


def two_sequences(keras: Any) -> Program:
    """One layer applied to two sequences of other lengths: two applications, on two axes."""
    layers = keras.layers
    one, other = keras.Input((4, 3)), keras.Input((3, 3))
    rnn, head = layers.LSTM(5, name="rnn"), layers.Dense(2, name="head")
    model = keras.Model([one, other], head(layers.Concatenate()([rnn(one), rnn(other)])))
    truth = Truth(
        axes={"one": Axis(4), "other": Axis(3)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, (("one", "FORWARD"), ("other", "FORWARD"))),
            "head": HEAD,
        },
        weights=recurrent(rnn, "rnn", ("one", "other")) | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return of_model(model, truth)


def two_inputs_two_outputs(keras: Any) -> Program:
    """Two layers over two inputs of one length; heads on their sum and on one of them."""
    layers = keras.layers
    a, b = keras.Input((4, 3)), keras.Input((6, 2))
    left, right = layers.GRU(5, name="left"), layers.LSTM(5, name="right")
    one, two = layers.Dense(2, name="one"), layers.Dense(3, name="two")
    outputs = left(a), right(b)
    model = keras.Model([a, b], [one(layers.Add()(outputs)), two(outputs[1])])
    truth = Truth(
        axes={"a": Axis(4), "b": Axis(6)},
        layers={
            "left": Layer("RECURRENT", "GRU", 5, 0, (("a", "FORWARD"),)),
            "right": Layer("RECURRENT", "LSTM", 5, 0, (("b", "FORWARD"),)),
            "one": HEAD,
            "two": HEAD,
        },
        weights=recurrent(left, "left", ("a",))
        | recurrent(right, "right", ("b",))
        | dense(one, "one")
        | dense(two, "two"),
        starts=cells.zeros("left") + cells.zeros("right", 2),
        connections=(("left", "one", 0), ("right", "one", 0), ("right", "two", 0)),
    )
    return of_model(model, truth)


def nested_models(keras: Any) -> Program:
    """A model used as a layer of a model."""
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input((4, 3)), layers.GRU(5, return_sequences=True, name="rnn")], name="encoder"
    )
    x = keras.Input((4, 3))
    high, head = layers.GRU(4, name="high"), layers.Dense(2, name="head")
    model = keras.Model(x, head(high(inner(x))))
    low = inner.layers[-1]
    truth = Truth(
        axes=TIME,
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 4, 1, FORWARD),
            "head": HEAD,
        },
        weights=recurrent(low, "low") | recurrent(high, "high") | dense(head, "head"),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0), ("high", "head", 0)),
    )
    return of_model(model, truth)


def subclassed(keras: Any) -> Program:
    """A model whose ``call`` is Python: what it is called with has to be shown."""
    layers = keras.layers

    class Tagger(keras.Model):
        def __init__(self):
            super().__init__(name="tagger")
            self.words = layers.Embedding(9, 4, name="words")
            self.rnn = layers.LSTM(5, return_sequences=True, name="rnn")
            self.tags = layers.Dense(3, name="tags")

        def call(self, inputs, training=False):
            return self.tags(self.rnn(self.words(inputs), training=training))

    model = Tagger()
    batch = np.array([[1, 2, 3, 4], [4, 3, 2, 1]], "i4")
    model(batch)
    truth = Truth(
        axes={"time": Axis(4, seen=True)},
        layers={
            "words": Layer("SEQUENCE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "tags": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=embedding(model.words, "words")
        | recurrent(model.rnn, "rnn")
        | dense(model.tags, "tags"),
        starts=cells.zeros("rnn", 2),
        connections=(("words", "rnn", 0), ("rnn", "tags", 0)),
    )
    return of_model(model, truth, batch, inputs=batch)


def encoder_decoder(keras: Any) -> Program:
    """The decoder's states start from the encoder's last: two axes."""
    layers = keras.layers
    source, target = keras.Input((5, 3)), keras.Input((4, 2))
    encoder = layers.LSTM(6, return_state=True, name="encoder")
    decoder = layers.LSTM(6, return_sequences=True, name="decoder")
    scores = layers.Dense(7, name="scores")
    _, h, c = encoder(source)
    model = keras.Model([source, target], scores(decoder(target, initial_state=[h, c])))
    truth = Truth(
        axes={"source": Axis(5), "target": Axis(4)},
        layers={
            "encoder": Layer("RECURRENT", "LSTM", 6, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "LSTM", 6, 0, (("target", "FORWARD"),)),
            "scores": Layer("SEQUENCE", runs=(("target", "*"),)),
        },
        weights=recurrent(encoder, "encoder", ("source",))
        | recurrent(decoder, "decoder", ("target",))
        | dense(scores, "scores"),
        starts=(*cells.zeros("encoder", 2), Start("decoder", "*"), Start("decoder", "*")),
        connections=(("encoder", "decoder", -1), ("decoder", "scores", 0)),
    )
    return of_model(model, truth)


def autoencoder(keras: Any) -> Program:
    """``RepeatVector``: the last output is every input of the second layer."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            layers.LSTM(5, name="encoder"),
            layers.RepeatVector(6),
            layers.LSTM(4, return_sequences=True, name="decoder"),
            layers.TimeDistributed(layers.Dense(3, name="again")),
        ]
    )
    encoder, _, decoder, again = model.layers
    kind, axis = _applied_to_each(keras, "written")
    truth = Truth(
        axes={"read": Axis(4), "written": Axis(6)},
        layers={
            "encoder": Layer("RECURRENT", "LSTM", 5, 0, (("read", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "LSTM", 4, 0, (("written", "FORWARD"),)),
            "again": Layer(kind, runs=(("written", "*"),)),
        },
        weights=recurrent(encoder, "encoder", ("read",))
        | recurrent(decoder, "decoder", ("written",))
        | dense(again.layer, "again", axis),
        starts=cells.zeros("encoder", 2) + cells.zeros("decoder", 2),
        connections=(("encoder", "decoder", -1), ("decoder", "again", 0)),
    )
    return of_model(model, truth)


def convolutional_1d(keras: Any) -> Program:
    """ConvLSTM1D: 2 filters over 6 places, 4 timesteps."""
    layer = keras.layers.ConvLSTM1D(2, 3, padding="same", name="rnn")
    x = keras.Input((4, 6, 3))
    model = keras.Model(x, layer(x))
    return of_model(model, _convolutional(layer, 2))


def convolutional_2d(keras: Any) -> Program:
    """ConvLSTM2D, every output."""
    layer = keras.layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True, name="rnn")
    x = keras.Input((4, 5, 5, 1))
    model = keras.Model(x, layer(x))
    return of_model(model, _convolutional(layer, 2))


def _convolutional(layer: Any, units: int) -> Truth:
    use = (Uses("rnn", "time"),)
    return Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM|ConvLSTM|", units, 0, FORWARD)},
        weights={
            name_of(layer.cell.kernel): Weight("kernel", use),
            name_of(layer.cell.recurrent_kernel): Weight("kernel|recurrent_kernel", use),
            name_of(layer.cell.bias): Weight("bias", use),
        },
        # Keras 2 convolves zeros with zeros to get zeros of the right shape.
        starts=(Start("rnn", "zeros|*"),) * 2,
    )


def mixed_precision(keras: Any) -> Program:
    """Stored as float32, computed as float16: a Cast stands between variable and use."""
    layer = keras.layers.LSTM(5, dtype="mixed_float16", name="rnn")
    head = keras.layers.Dense(2, dtype="mixed_float16", name="head")
    x = keras.Input((4, 3))
    model = keras.Model(x, head(layer(x)))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=recurrent(layer, "rnn") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return of_model(model, truth)


def _bidirectional(keras: Any, merge_mode: str | None, cell: str, **about: Any) -> Program:
    layers = keras.layers
    inner = getattr(layers, cell)(5, **about)
    both = layers.Bidirectional(inner, merge_mode=merge_mode, name="both")
    x = keras.Input((4, 3))
    model = keras.Model(x, both(x))
    truth = Truth(
        axes=TIME,
        layers={
            "fw": Layer("RECURRENT", cell, 5, 0, FORWARD),
            "bw": Layer("RECURRENT", cell, 5, 0, BACKWARD),
        },
        weights=recurrent(both.forward_layer, "fw") | recurrent(both.backward_layer, "bw"),
        starts=cells.zeros("fw", 1 + (cell == "LSTM")) + cells.zeros("bw", 1 + (cell == "LSTM")),
    )
    return of_model(model, truth)


def bidirectional_concat(keras: Any) -> Program:
    """Both outputs side by side, at every timestep."""
    return _bidirectional(keras, "concat", "LSTM", return_sequences=True)


def bidirectional_sum(keras: Any) -> Program:
    """Both last outputs, added."""
    return _bidirectional(keras, "sum", "GRU")


def bidirectional_mul(keras: Any) -> Program:
    """Both outputs multiplied, at every timestep."""
    return _bidirectional(keras, "mul", "SimpleRNN", return_sequences=True)


def bidirectional_ave(keras: Any) -> Program:
    """The mean of both."""
    return _bidirectional(keras, "ave", "LSTM")


def bidirectional_apart(keras: Any) -> Program:
    """``merge_mode=None``: two outputs."""
    return _bidirectional(keras, None, "GRU", return_sequences=True)


def bidirectional_stack(keras: Any) -> Program:
    """Two bidirectional layers, a mask, a head."""
    layers = keras.layers
    low = layers.Bidirectional(layers.LSTM(5, return_sequences=True), name="low")
    high = layers.Bidirectional(layers.GRU(4), name="high")
    head = layers.Dense(2, name="head")
    x = keras.Input((4, 3))
    model = keras.Model(x, head(high(low(layers.Masking()(x)))))
    truth = Truth(
        axes=TIME,
        layers={
            "low fw": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "low bw": Layer("RECURRENT", "LSTM", 5, 0, BACKWARD),
            "high fw": Layer("RECURRENT", "GRU", 4, 1, FORWARD),
            "high bw": Layer("RECURRENT", "GRU", 4, 1, BACKWARD),
            "head": HEAD,
        },
        weights=recurrent(low.forward_layer, "low fw")
        | recurrent(low.backward_layer, "low bw")
        | recurrent(high.forward_layer, "high fw")
        | recurrent(high.backward_layer, "high bw")
        | dense(head, "head"),
        starts=cells.zeros("low fw", 2)
        + cells.zeros("low bw", 2)
        + cells.zeros("high fw")
        + cells.zeros("high bw"),
        connections=(
            *((f"low {a}", f"high {b}", 0) for a in ("fw", "bw") for b in ("fw", "bw")),
            ("high fw", "head", 0),
            ("high bw", "head", 0),
        ),
    )
    return of_model(model, truth)


def dropout_in_training(keras: Any) -> Program:
    """``dropout`` and ``recurrent_dropout``, called as in training."""
    layer = keras.layers.LSTM(5, dropout=0.2, recurrent_dropout=0.3, name="rnn")
    x = keras.Input((4, 3))
    model = keras.Model(x, layer(x))
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn"),
        starts=cells.zeros("rnn", 2),
    )
    return of_model(model, truth, training=True)
