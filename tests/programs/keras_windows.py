"""Keras networks with windows along time: convolution and pooling before and after a recurrence."""

from __future__ import annotations

from typing import Any

import numpy as np
import tf_keras

from tests.programs import cells
from tests.programs.keras_cells import dense, embedding, recurrent
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import name_of, of_function, of_model, tf

FORWARD = (("time", "FORWARD"),)
AT_ONCE = Layer("SEQUENCE", runs=(("time", "*"),))
HEAD = Layer("ONCE", runs=(("", ""),))


def _gru(units: int = 5) -> Layer:
    return Layer("RECURRENT", "GRU", units, 0, FORWARD)


def _dilated(keras: Any, length: int | None) -> Program:
    layers = keras.layers
    x = keras.Input((length, 3))
    windows = [
        layers.Conv1D(
            4, 2, padding="causal", dilation_rate=rate, activation="relu", name=f"w{rate}"
        )
        for rate in (1, 2, 4)
    ]
    rnn = layers.GRU(5, name="rnn")
    value = x
    for window in windows:
        value = window(value)
    model = keras.Model(x, rnn(value))
    weights = recurrent(rnn, "rnn")
    for window in windows:
        weights |= dense(window, window.name)
    truth = Truth(
        axes={"time": Axis(length)},
        layers={"rnn": _gru()} | {window.name: AT_ONCE for window in windows},
        weights=weights,
        starts=cells.zeros("rnn"),
        connections=(("w1", "w2", 0), ("w2", "w4", 0), ("w4", "rnn", 0)),
    )
    return of_model(model, truth, fill(2, 8, 3), steps=8)


def dilated_causal_windows(keras: Any) -> Program:
    """Windows over the past, each twice as wide as the one before: the length stays."""
    return _dilated(keras, 8)


def dilated_windows_of_any_length(keras: Any) -> Program:
    """The same where the length is left open."""
    return _dilated(keras, UNKNOWN)


def windows_between(keras: Any) -> Program:
    """Windows over the past between two layers: the second goes on in the time of the first."""
    layers = keras.layers
    x = keras.Input((UNKNOWN, 3))
    low, high = layers.GRU(5, return_sequences=True, name="low"), layers.GRU(4, name="high")
    window = layers.Conv1D(4, 3, padding="causal", name="window")
    model = keras.Model(x, high(window(low(x))))
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={
            "low": _gru(),
            "window": AT_ONCE,
            "high": Layer("RECURRENT", "GRU", 4, 1, FORWARD),
        },
        weights=recurrent(low, "low") | recurrent(high, "high") | dense(window, "window"),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "window", 0), ("window", "high", 0)),
    )
    return of_model(model, truth, fill(2, 8, 3), steps=8)


def dilated_windows_after(keras: Any) -> Program:
    """A dilated convolution over the outputs of a layer, and their maximum."""
    layers = keras.layers
    x = keras.Input((8, 3))
    rnn = layers.GRU(5, return_sequences=True, name="rnn")
    window = layers.Conv1D(4, 3, padding="same", dilation_rate=2, name="window")
    head = layers.Dense(2, name="head")
    model = keras.Model(x, head(layers.GlobalMaxPooling1D()(window(rnn(x)))))
    truth = Truth(
        axes={"time": Axis(8)},
        layers={"rnn": _gru(), "window": AT_ONCE, "head": HEAD},
        weights=recurrent(rnn, "rnn") | dense(window, "window") | dense(head, "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "window", 0), ("window", "head", 0)),
    )
    return of_model(model, truth)


def pooled_windows(keras: Any) -> Program:
    """12 positions become 8 by a convolution without padding, and 4 timesteps by pooling."""
    layers = keras.layers
    x = keras.Input((12, 3))
    window, rnn = layers.Conv1D(6, 5, name="window"), layers.LSTM(5, name="rnn")
    head = layers.Dense(2, name="head")
    model = keras.Model(x, head(rnn(layers.MaxPooling1D(2)(window(x)))))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "window": AT_ONCE,
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "head": HEAD,
        },
        weights=recurrent(rnn, "rnn") | dense(window, "window") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("window", "rnn", 0), ("rnn", "head", 0)),
    )
    return of_model(model, truth)


def windows_without_padding(keras: Any) -> Program:
    """A layer over x, and one over windows of x, of which there are fewer: two lengths of time."""
    layers = keras.layers
    x = keras.Input((8, 3))
    plain, rnn = layers.GRU(5, name="plain"), layers.GRU(5, name="rnn")
    window, head = layers.Conv1D(4, 3, name="window"), layers.Dense(2, name="head")
    model = keras.Model(x, head(layers.Concatenate()([plain(x), rnn(window(x))])))
    truth = Truth(
        axes={"time": Axis(8), "windows": Axis(6)},
        layers={
            "plain": _gru(),
            "window": Layer("SEQUENCE", runs=(("windows", "*"),)),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, (("windows", "FORWARD"),)),
            "head": HEAD,
        },
        weights=recurrent(plain, "plain")
        | recurrent(rnn, "rnn", ("windows",))
        | dense(window, "window")
        | dense(head, "head"),
        starts=cells.zeros("plain") + cells.zeros("rnn"),
        connections=(("window", "rnn", 0), ("plain", "head", 0), ("rnn", "head", 0)),
    )
    return of_model(model, truth)


def separable_windows(keras: Any) -> Program:
    """Windows over each channel, then a product of all channels: two kernels, one layer."""
    layers = keras.layers
    x = keras.Input((8, 3))
    window = layers.SeparableConv1D(4, 3, padding="same", name="window")
    rnn = layers.GRU(5, name="rnn")
    model = keras.Model(x, rnn(window(x)))
    use = (Uses("window"),)
    truth = Truth(
        axes={"time": Axis(8)},
        layers={"window": AT_ONCE, "rnn": _gru()},
        weights=recurrent(rnn, "rnn")
        | {
            name_of(window.depthwise_kernel): Weight("kernel", use),
            name_of(window.pointwise_kernel): Weight("kernel", use),
            name_of(window.bias): Weight("bias", use),
        },
        starts=cells.zeros("rnn"),
        connections=(("window", "rnn", 0),),
    )
    return of_model(model, truth)


def transposed_windows(keras: Any) -> Program:
    """Each output becomes two positions by a transposed convolution; a layer works on all these."""
    layers = keras.layers
    x = keras.Input((4, 3))
    rnn = layers.GRU(5, return_sequences=True, name="rnn")
    wider = layers.Conv1DTranspose(4, 3, strides=2, padding="same", name="wider")
    scores = layers.Dense(2, name="scores")
    model = keras.Model(x, scores(wider(rnn(x))))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": _gru(), "wider": AT_ONCE, "scores": AT_ONCE},
        weights=recurrent(rnn, "rnn") | dense(wider, "wider") | dense(scores, "scores"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "wider", 0), ("wider", "scores", 0)),
    )
    return of_model(model, truth)


def last_outputs(keras: Any) -> Program:
    """The last output twice: picked, and as a part of one timestep, of a length left open."""
    layers = keras.layers
    x = keras.Input((None, 3))
    rnn = layers.GRU(5, return_sequences=True, name="rnn")
    heads = [layers.Dense(2, name=f"head{k}") for k in range(2)]
    outputs = rnn(x)
    model = keras.Model(x, [heads[0](outputs[:, -1]), heads[1](outputs[:, -1:])])
    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={"rnn": _gru(), "head0": HEAD, "head1": HEAD},
        weights=recurrent(rnn, "rnn") | dense(heads[0], "head0") | dense(heads[1], "head1"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head0", 0), ("rnn", "head1", 0)),
    )
    return of_model(model, truth, fill(2, 4, 3), steps=4)


def _convolved(rnn: Any) -> cells.Weights:
    """The variables of a ConvLSTM."""
    use = (Uses("rnn", "time"),)
    return {
        name_of(rnn.cell.kernel): Weight("kernel", use),
        name_of(rnn.cell.recurrent_kernel): Weight("kernel|recurrent_kernel", use),
        name_of(rnn.cell.bias): Weight("bias", use),
    }


def next_frames(keras: Any) -> Program:
    """A convolution along time and both dimensions of the frames that a ConvLSTM gives."""
    layers = keras.layers
    x = keras.Input((4, 6, 6, 1))
    rnn = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True, name="rnn")
    frames = layers.Conv3D(1, 3, padding="same", name="frames")
    model = keras.Model(x, frames(rnn(x)))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM|ConvLSTM|", 2, 0, FORWARD),
            "frames": AT_ONCE,
        },
        weights=_convolved(rnn) | dense(frames, "frames"),
        starts=(Start("rnn", "zeros|*"),) * 2,  # Keras 2 convolves zeros with zeros
        connections=(("rnn", "frames", 0),),
    )
    return of_model(model, truth)


def two_directions_of_a_table(keras: Any) -> Program:
    """A layer along the columns of a table; convolution and norm along its rows, beside it.

    The convolution takes all columns at once, as its channels; of what it makes, the norm, no
    dimension is the columns any more.
    """
    layers = keras.layers
    x = keras.Input((5, 3))
    rnn, window = layers.LSTM(4, name="rnn"), layers.Conv1D(4, 3, padding="same", name="window")
    norm, head = layers.BatchNormalization(name="norm"), layers.Dense(2, name="head")
    rows = layers.GlobalAveragePooling1D()(norm(window(x)))
    columns = rnn(layers.Permute((2, 1))(x))
    model = keras.Model(x, head(layers.Concatenate()([rows, columns])))
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 4, 0, FORWARD),
            "window": AT_ONCE,
            "norm": HEAD,
            "head": HEAD,
        },
        weights=recurrent(rnn, "rnn")
        | dense(window, "window")
        | dense(head, "head")
        | {name_of(v): Weight("norm", (Uses("norm"),)) for v in norm.weights},
        starts=cells.zeros("rnn", 2),
        connections=(("window", "norm", 0), ("norm", "head", 0), ("rnn", "head", 0)),
    )
    return of_model(model, truth)


def words_one_behind_the_other() -> Program:
    """Sentences of several lengths, one behind the other, looked up before they are padded."""
    table = tf_keras.layers.Embedding(9, 3, name="table")
    rnn = tf_keras.layers.LSTM(5, name="rnn")
    rnn(table(np.ones((2, 4), "i4")))

    def read(words: Any, starts: Any) -> Any:
        sentences = tf.RaggedTensor.from_row_splits(words, starts, validate=False)
        return rnn(sentences.with_values(table(sentences.values)).to_tensor())

    truth = Truth(
        axes={"time": Axis(UNKNOWN)},
        layers={"table": AT_ONCE, "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=embedding(table, "table") | recurrent(rnn, "rnn"),
        starts=cells.zeros("rnn", 2),
        connections=(("table", "rnn", 0),),
    )
    words, starts = np.ones(7, "i4"), np.array([0, 4, 7], "i4")
    return of_function(read, truth, words, starts, steps=4)
