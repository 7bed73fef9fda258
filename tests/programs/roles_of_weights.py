"""What a variable is to its layer, where it is not the second operand of a plain product."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf2 import name_of, of_function, of_model

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)
BEFORE = (Uses("rnn"),)
TIME = {"time": Axis(4)}


def _variable(name: str, *shape: int) -> tf.Variable:
    """A weight."""
    return tf.Variable(fill(*shape) - 0.5, name=name, dtype=tf.float32)


def _simple(weights: cells.Weights, cell: str = "SimpleRNN", states: int = 1) -> Truth:
    return Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", cell, 5, 0, FORWARD)},
        weights=weights,
        starts=cells.zeros("rnn", states),
    )


def normalised_lstm(keras: Any) -> Program:
    """An LSTM that normalises both products before it adds them and a bias (Ba et al. 2016)."""

    class Cell(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, **about: Any) -> None:
            super().__init__(**about)
            self.state_size = [5, 5]
            self.output_size = 5
            self.norms = [keras.layers.LayerNormalization(name=f"norm_{k}") for k in range(3)]

        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], 20), name="kernel")
            self.recurrent_kernel = self.add_weight(shape=(5, 20), name="recurrent_kernel")
            self.bias = self.add_weight(shape=(20,), name="bias")
            for norm, width in zip(self.norms, (20, 20, 5), strict=True):
                with tf.name_scope(norm.name):  # Keras 2 names by scopes
                    norm.build((None, width))
            self.built = True

        def call(self, x: Any, states: Any) -> Any:
            h, c = states
            of_input, of_state, of_cell = self.norms
            kernel, recurrent_kernel, bias = map(
                tf.convert_to_tensor, (self.kernel, self.recurrent_kernel, self.bias)
            )
            z = of_input(tf.matmul(x, kernel)) + of_state(tf.matmul(h, recurrent_kernel)) + bias
            i, f, new, o = tf.split(z, 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(new)
            h = tf.sigmoid(o) * tf.tanh(of_cell(c))
            return h, [h, c]

    cell = Cell()
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(cell, name="rnn")(x))
    norms = {
        name_of(v): Weight("norm", STEP) for norm in cell.norms for v in (norm.gamma, norm.beta)
    }
    gates = cells.columns(cells.KERAS_LSTM_GATES, 5)
    of_bias = cells.columns(cells.KERAS_LSTM_GATES, 5, 0)
    weights = {
        name_of(cell.kernel): Weight("kernel", STEP, gates),
        name_of(cell.recurrent_kernel): Weight("recurrent_kernel", STEP, gates),
        name_of(cell.bias): Weight("bias", STEP, of_bias),
    }
    return of_model(model, _simple(weights | norms, "LSTM", 2))


def older_state() -> Program:
    """tanh(x k + h r1 + h' r2), where h' is the state of two timesteps before."""
    k, r1, r2 = _variable("k", 3, 5), _variable("r1", 5, 5), _variable("r2", 5, 5)

    def run(x: Any) -> Any:
        h = before = tf.zeros([2, 5])
        for t in tf.range(4):
            h, before = tf.tanh(x[t] @ k + h @ r1 + before @ r2), h
        return h

    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "", 5, 0, FORWARD)},
        weights={
            "k": Weight("kernel", STEP),
            "r1": Weight("recurrent_kernel", STEP),
            "r2": Weight("recurrent_kernel", STEP),
        },
        starts=cells.zeros("rnn", 2),
    )
    return of_function(run, truth, fill(4, 2, 3))


def low_rank_update() -> Program:
    """A kernel that is not trained any more, plus a product of two small ones that are."""
    w, a, b = _variable("w", 8, 5), _variable("a", 8, 2), _variable("b", 2, 5)

    def run(x: Any) -> Any:
        h, kernel = tf.zeros([2, 5]), w + a @ b
        for t in tf.range(4):
            h = tf.tanh(tf.concat([x[t], h], 1) @ kernel)
        return h

    weights = {name: Weight("kernel", BEFORE) for name in "wab"}
    return of_function(run, _simple(weights), fill(4, 2, 3))


def low_rank_table(keras: Any) -> Program:
    """The same of a table of embeddings, by hand in a layer."""

    class Table(keras.layers.Layer):  # type: ignore[misc]
        def build(self, _: Any) -> None:
            self.table = self.add_weight(shape=(9, 3), name="table")
            self.a = self.add_weight(shape=(9, 2), name="a")
            self.b = self.add_weight(shape=(2, 3), name="b")
            self.built = True

        def call(self, words: Any) -> Any:
            table, a, b = map(tf.convert_to_tensor, (self.table, self.a, self.b))
            return tf.gather(table + a @ b, words)

    table, rnn = Table(name="words"), keras.layers.GRU(5, name="rnn")
    words = keras.Input((4,), dtype="int32")
    model = keras.Model(words, rnn(table(words)))
    use = (Uses("words"),)
    truth = Truth(
        axes=TIME,
        layers={
            "words": Layer("SEQUENCE", runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
        },
        weights={
            name_of(table.table): Weight("embedding", use),
            name_of(table.a): Weight("embedding|kernel", use),
            name_of(table.b): Weight("embedding|kernel", use),
        }
        | recurrent(rnn, "rnn"),
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0),),
    )
    return of_model(model, truth, (9 * fill(2, 4)).astype("i4"))


def two_halves_of_a_kernel() -> Program:
    """Two variables put side by side before the loop: that is where each of them is used."""
    of_input, of_state = _variable("wx", 3, 5), _variable("wh", 5, 5)

    def run(x: Any) -> Any:
        h, kernel = tf.zeros([2, 5]), tf.concat([of_input, of_state], 0)
        for t in tf.range(4):
            h = tf.tanh(tf.concat([x[t], h], 1) @ kernel)
        return h

    weights = {
        "wx": Weight("kernel", BEFORE),
        "wh": Weight("kernel|recurrent_kernel", BEFORE),
    }
    return of_function(run, _simple(weights), fill(4, 2, 3))


def scaled_kernel() -> Program:
    """A kernel times one number, which is a variable, too: it has no dimension to name parts of."""
    w, scale = _variable("w", 8, 5), _variable("s")

    def run(x: Any) -> Any:
        h, kernel = tf.zeros([2, 5]), w * scale
        for t in tf.range(4):
            h = tf.tanh(tf.concat([x[t], h], 1) @ kernel)
        return h

    weights = {"w": Weight("kernel", BEFORE), "s": Weight("kernel|norm|other", BEFORE)}
    return of_function(run, _simple(weights), fill(4, 2, 3))


def matrix_times_vector() -> Program:
    """The kernels stand to the left: W x + U h."""
    w, u = _variable("w", 5, 3), _variable("u", 5, 5)

    def run(x: Any) -> Any:
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.linalg.matvec(w, x[t]) + tf.linalg.matvec(u, h))
        return h

    weights = {"w": Weight("kernel", STEP), "u": Weight("recurrent_kernel", STEP)}
    return of_function(run, _simple(weights), fill(4, 2, 3))


def packed_matrix_times_vector() -> Program:
    """One kernel to the left of [x, h]: its columns see the input and the state."""
    w = _variable("w", 5, 8)

    def run(x: Any) -> Any:
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.linalg.matvec(w, tf.concat([x[t], h], 1)))
        return h

    parts = {"input": (1, 0, 3), "hidden": (1, 3, 8)}
    return of_function(run, _simple({"w": Weight("kernel", STEP, parts)}), fill(4, 2, 3))


def states_as_columns() -> Program:
    """U hᵀ, turned around again."""
    w, u = _variable("w", 5, 3), _variable("u", 5, 5)

    def run(x: Any) -> Any:
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            of_state = tf.matmul(u, h, transpose_b=True)
            h = tf.tanh(tf.matmul(x[t], w, transpose_b=True) + tf.transpose(of_state))
        return h

    weights = {"w": Weight("kernel", STEP), "u": Weight("recurrent_kernel", STEP)}
    return of_function(run, _simple(weights), fill(4, 2, 3))


def tied_table(keras: Any) -> Program:
    """The table of the words that are read also scores the words that may come next."""

    class Model(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.words = keras.layers.Embedding(9, 5, name="words")
            self.rnn = keras.layers.GRU(5, return_sequences=True, name="rnn")
            self.out = keras.layers.Dense(5, name="out")

        def call(self, words: Any) -> Any:
            outputs = self.out(self.rnn(self.words(words)))
            table = tf.convert_to_tensor(self.words.embeddings)
            return tf.tensordot(outputs, table, [[2], [1]])

    model, batch = Model(), (9 * fill(2, 4)).astype("i4")
    model(batch)
    table = name_of(model.words.embeddings)
    truth = Truth(
        axes={"time": Axis(4, seen=True)},
        layers={
            "words": Layer("SEQUENCE", depth=0, runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "out": Layer("SEQUENCE", runs=(("time", "*"),)),
            "scores": Layer("SEQUENCE", depth=1, runs=(("time", "*"),)),
        },
        weights={table: Weight("embedding", (Uses("words"), Uses("scores")))}
        | recurrent(model.rnn, "rnn")
        | dense(model.out, "out"),
        starts=cells.zeros("rnn"),
        connections=(("words", "rnn", 0), ("rnn", "out", 0), ("out", "scores", 0)),
    )
    return of_model(model, truth, batch, inputs=batch)
