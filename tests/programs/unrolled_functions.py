"""Timesteps that TensorFlow 2's programs write out: ``unroll=True``, and Python's own loops."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import keras as keras_3
from tests.programs.tf2 import name_of, of_function, of_model, storage_of

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))
TIME = {"time": Axis(4, unrolled=True)}
STEP = (Uses("rnn", "time"),)


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


def unrolled_lstm(keras: Any) -> Program:
    """All outputs of an LSTM."""
    layer = keras.layers.LSTM(5, unroll=True, return_sequences=True, name="rnn")
    return _alone(keras, layer, "LSTM", 2)


def unrolled_gru(keras: Any) -> Program:
    """The last output of a GRU."""
    return _alone(keras, keras.layers.GRU(5, unroll=True, name="rnn"), "GRU")


def unrolled_gru_reset_before(keras: Any) -> Program:
    """``reset_after=False``."""
    layer = keras.layers.GRU(5, unroll=True, reset_after=False, name="rnn")
    return _alone(keras, layer, "GRU")


def unrolled_simple(keras: Any) -> Program:
    """The last output of a SimpleRNN."""
    return _alone(keras, keras.layers.SimpleRNN(5, unroll=True, name="rnn"), "SimpleRNN")


def unrolled_backwards(keras: Any) -> Program:
    """The last timestep is visited first."""
    layer = keras.layers.SimpleRNN(
        5, unroll=True, go_backwards=True, return_sequences=True, name="rnn"
    )
    return _alone(keras, layer, "SimpleRNN", 1, BACKWARD)


def unrolled_both_ways(keras: Any) -> Program:
    """A bidirectional layer, written out, and a head."""
    layers = keras.layers
    x = keras.Input((4, 3))
    both = layers.Bidirectional(layers.LSTM(5, unroll=True), name="both")
    head = layers.Dense(2, name="head")
    model = keras.Model(x, head(both(x)))
    truth = Truth(
        axes=TIME,
        layers={
            "fw": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "LSTM", 5, 0, BACKWARD),
            "head": HEAD,
        },
        weights=recurrent(both.forward_layer, "fw")
        | recurrent(both.backward_layer, "bw")
        | dense(head, "head"),
        starts=cells.zeros("fw", 2) + cells.zeros("bw", 2),
        connections=(("fw", "head", 0), ("bw", "head", 0)),
    )
    return of_model(model, truth)


def unrolled_stack(keras: Any) -> Program:
    """Two layers, both written out, one after the other; a Dense at each timestep."""
    layers = keras.layers
    x = keras.Input((4, 3))
    low = layers.LSTM(5, unroll=True, return_sequences=True, name="low")
    high = layers.GRU(6, unroll=True, return_sequences=True, name="high")
    scores = layers.Dense(2, name="scores")
    model = keras.Model(x, scores(high(low(x))))
    truth = Truth(
        axes=TIME,
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 6, 1, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=recurrent(low, "low") | recurrent(high, "high") | dense(scores, "scores"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("low", "high", 0), ("high", "scores", 0)),
    )
    return of_model(model, truth)


def rolled_above_unrolled(keras: Any) -> Program:
    """A written-out layer below one in a loop: they have the same timesteps."""
    layers = keras.layers
    x = keras.Input((4, 3))
    low = layers.GRU(5, unroll=True, return_sequences=True, name="low")
    high = layers.LSTM(6, name="high")
    model = keras.Model(x, high(low(x)))
    truth = Truth(
        axes={"time": Axis(4, unrolled=True)},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 6, 1, FORWARD),
        },
        weights=recurrent(low, "low") | recurrent(high, "high"),
        starts=cells.zeros("low") + cells.zeros("high", 2),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth)


def unrolled_stateful(keras: Any) -> Program:
    """The states are kept in variables from batch to batch: where a layer starts, no weights."""
    x = keras.Input((4, 3), batch_size=2)
    layer = keras.layers.LSTM(5, unroll=True, stateful=True, name="rnn")
    model = keras.Model(x, layer(x))
    kept = {
        # Keras 3 gives both the same name, and Keras 2 gives them none.
        id(storage_of(state)): f"rnn/states_{i}" if keras is tf_keras else name_of(state) + number
        for i, (state, number) in enumerate(zip(layer.states, ("", "_1"), strict=True))
    }
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=recurrent(layer, "rnn")
        | {name: Weight("initial_state", (Uses("rnn"),)) for name in kept.values()},
        starts=tuple(Start("rnn", name) for name in kept.values()),
    )
    return of_model(model, truth, names=kept)


def unrolled_words(keras: Any) -> Program:
    """Padding is masked: at each step the state goes on or is kept."""
    layers = keras.layers
    x = keras.Input((4,), dtype="int32")
    words = layers.Embedding(9, 3, mask_zero=True, name="words")
    rnn = layers.LSTM(5, unroll=True, name="rnn")
    model = keras.Model(x, rnn(words(x)))
    truth = Truth(
        axes=TIME,
        layers={
            "words": Layer("SEQUENCE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
        },
        weights={name_of(words.embeddings): Weight("embedding", (Uses("words"),))}
        | recurrent(rnn, "rnn"),
        starts=cells.zeros("rnn", 2),
        connections=(("words", "rnn", 0),),
    )
    return of_model(model, truth, (1 + fill(2, 4) * 7).astype("i4"))


def unrolled_above_backwards(keras: Any) -> Program:
    """The lower layer visits the last timestep first, and so puts out; the upper goes on so."""
    layers = keras.layers
    x = keras.Input((4,), dtype="int32")
    words = layers.Embedding(9, 3, name="words")
    low = layers.LSTM(5, unroll=True, go_backwards=True, return_sequences=True, name="low")
    high = layers.GRU(6, unroll=True, name="high")
    model = keras.Model(x, high(low(words(x))))
    truth = Truth(
        axes=TIME,
        layers={
            "words": Layer("SEQUENCE", runs=ON_TIME),
            "low": Layer("RECURRENT", "LSTM", 5, 0, BACKWARD),
            "high": Layer("RECURRENT", "GRU", 6, 1, BACKWARD),
        },
        weights={name_of(words.embeddings): Weight("embedding", (Uses("words"),))}
        | recurrent(low, "low")
        | recurrent(high, "high"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("words", "low", 0), ("low", "high", 0)),
    )
    return of_model(model, truth, (1 + fill(2, 4) * 7).astype("i4"))


def cells_in_a_python_loop(keras: Any) -> Program:
    """A subclassed model that calls two cells and a Dense at each timestep, in Python."""

    class Decoder(keras.Model):
        def __init__(self):
            super().__init__()
            self.low = keras.layers.LSTMCell(5, name="low")
            self.high = keras.layers.GRUCell(6, name="high")
            self.out = keras.layers.Dense(2, name="out")

        def call(self, x):
            zeros = tf.zeros([tf.shape(x)[0], 5])
            low, high, outputs = [zeros, zeros], [tf.zeros([tf.shape(x)[0], 6])], []
            for t in range(4):
                value, low = self.low(x[:, t], low)
                value, high = self.high(value, high)
                outputs.append(self.out(value))
            return tf.stack(outputs, 1)

    model = Decoder()
    model(fill(2, 4, 3))
    truth = Truth(
        axes={"time": Axis(4, unrolled=True, seen=True)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 6, 1, FORWARD),
            "out": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=recurrent(model.low, "low")
        | recurrent(model.high, "high")
        | dense(model.out, "out", "time"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("low", "high", 0), ("high", "out", 0)),
    )
    return of_model(model, truth, inputs=tf.TensorSpec([2, 4, 3]))


def warm_up_and_forecast(keras: Any) -> Program:
    """A forecast: an RNN over what is known, then its cell again, each on the one before's result.

    The first result comes of the warm-up; three more are made by the cell, written out.
    """

    class Forecast(keras.Model):
        def __init__(self):
            super().__init__()
            self.cell = keras.layers.LSTMCell(5, name="cell")
            self.warm = keras.layers.RNN(self.cell, return_state=True, name="warm")
            self.out = keras.layers.Dense(3, name="out")

        def call(self, x):
            value, *state = self.warm(x)
            results = [self.out(value)]
            for _ in range(3):
                value, state = self.cell(results[-1], state)
                results.append(self.out(value))
            return tf.stack(results, 1)

    model = Forecast()
    model(fill(2, 6, 3))
    known, more = Uses("rnn", "known"), Uses("rnn", "more")
    alone = recurrent(model.cell, "rnn")
    truth = Truth(
        axes={"known": Axis(6, seen=True), "more": Axis(3, unrolled=True, seen=True)},
        layers={
            "rnn": Layer(
                "RECURRENT", "LSTM", 5, 0, (("known", "FORWARD"), ("more", "FORWARD|UNKNOWN"))
            ),
            "out": Layer("STEPWISE", runs=(("", "*"), ("more", "*"))),
        },
        weights={n: Weight(w.role, (known, more), w.blocks) for n, w in alone.items()}
        | {
            name_of(model.out.kernel): Weight("kernel", (Uses("out"), Uses("out", "more"))),
            name_of(model.out.bias): Weight("bias", (Uses("out"), Uses("out", "more"))),
        },
        starts=(*cells.zeros("rnn", 2), Start("rnn", "*"), Start("rnn", "*")),
        more_connections=True,
    )
    return of_model(model, truth, inputs=tf.TensorSpec([2, 6, 3]))


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


def python_range() -> Program:
    """``for t in range(4)`` in a ``tf.function``: Python's loop, not TensorFlow's."""
    w, u, b = _variable("w", 3, 5), _variable("u", 5, 5), _variable("b", 5)

    def run(x):
        h, outputs = tf.zeros([2, 5]), []
        for t in range(4):
            h = tf.tanh(tf.matmul(x[:, t], w) + tf.matmul(h, u) + b)
            outputs.append(h)
        return tf.stack(outputs, 1)

    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", STEP),
            "u": Weight("recurrent_kernel", STEP),
            "b": Weight("bias", STEP),
        },
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(2, 4, 3))


def step_is_a_function() -> Program:
    """Each step calls a ``tf.function``: four calls of one body."""
    w, u, b = _variable("w", 3, 20), _variable("u", 5, 20), _variable("b", 20)

    @tf.function
    def step(value, h, c):
        i, j, f, o = tf.split(tf.matmul(value, w) + tf.matmul(h, u) + b, 4, 1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(j)
        return tf.sigmoid(o) * tf.tanh(c), c

    def run(x):
        h = c = tf.zeros([2, 5])
        for value in tf.unstack(x, axis=1):
            h, c = step(value, h, c)
        return h

    blocks = cells.columns(cells.LSTM_GATES, 5)
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", STEP, blocks),
            "u": Weight("recurrent_kernel", STEP, blocks),
            "b": Weight("bias", STEP),
        },
        starts=cells.zeros("rnn", 2),
    )
    return of_function(run, truth, fill(2, 4, 3))


def keras_cell_on_frames() -> Program:
    """A small convolution at each frame, and a GRUCell over what it gives, in a Python loop."""
    look = keras_3.layers.Conv2D(2, 3, name="look")
    cell = keras_3.layers.GRUCell(5, name="cell")
    look.build((None, 4, 4, 1))
    cell.build((None, 8))

    def run(x):
        h = tf.zeros([2, 5])
        for t in range(4):
            _, (h,) = cell(tf.reshape(look(x[:, t]), [2, 8]), [h])
        return h

    use = (Uses("look", "time"),)
    truth = Truth(
        axes=TIME,
        layers={
            "look": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
        },
        weights={
            name_of(look.kernel): Weight("kernel", use),
            name_of(look.bias): Weight("bias", use),
        }
        | recurrent(cell, "rnn"),
        starts=cells.zeros("rnn"),
        connections=(("look", "rnn", 0),),
    )
    return of_function(run, truth, fill(2, 4, 4, 4, 1))
