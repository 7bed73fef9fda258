"""Cells that are called outside loops, once or step by step, and what a cell does beside its loop.

Whatever a cell does with its variables, they are one layer's.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import name_of, of_function, of_model

FORWARD = (("time", "FORWARD"),)
WORDS = (("words", "FORWARD"),)
ONCE = Layer("ONCE", runs=(("", ""),))


def _cell(cell: Any, key: str, reads: int = 1) -> cells.Weights:
    """The variables of a cell that no loop is around: nothing tells a state from an input."""
    use = (Uses(key, reads=reads),)
    return {
        name_of(cell.kernel): Weight("kernel", use),
        name_of(cell.recurrent_kernel): Weight("kernel|recurrent_kernel", use),
        name_of(cell.bias): Weight("bias", use),
    }


def _one_step(keras: Any, cell: Any, states: int, told_by_objects: bool = False) -> Program:
    """A cell that makes one timestep of what is handed in, and a head."""
    x, given = keras.Input((3,)), [keras.Input((5,)) for _ in range(states)]
    head = keras.layers.Dense(2, name="head")
    y, new = cell(x, given)
    model = keras.Model([x, *given], [head(y), *(new if isinstance(new, list) else [new])])
    truth = Truth(
        layers={"cell": ONCE, "head": ONCE},
        weights=_cell(cell, "cell") | dense(head, "head"),
        connections=(("cell", "head", 0),),
    )
    return of_model(model, truth, told_by_objects=told_by_objects)


def lstm_cell_once(keras: Any) -> Program:
    """How a model is often used after training: its user hands the states from call to call."""
    return _one_step(keras, keras.layers.LSTMCell(5, name="cell"), 2)


def gru_cell_once(keras: Any) -> Program:
    """The two rows of one bias are added to two products."""
    return _one_step(keras, keras.layers.GRUCell(5, name="cell"), 1)


def gru_cell_of_three_parts(keras: Any) -> Program:
    """Each part of the kernels makes a gate, and the last product takes in what a gate made."""
    options = {} if keras.__name__ == "keras" else {"implementation": 1}
    cell = keras.layers.GRUCell(5, reset_after=False, name="cell", **options)
    return _one_step(keras, cell, 1, told_by_objects=True)


def cell_on_two_inputs(keras: Any) -> Program:
    """Applied twice side by side: two applications of one layer, whose results are added."""
    cell = keras.layers.GRUCell(5, name="cell")
    one, other, h = keras.Input((3,)), keras.Input((3,)), keras.Input((5,))
    model = keras.Model([one, other, h], cell(one, [h])[0] + cell(other, [h])[0])
    truth = Truth(
        layers={"cell": Layer("ONCE", runs=(("", ""),) * 2)}, weights=_cell(cell, "cell", 2)
    )
    return of_model(model, truth)


def cell_in_a_python_loop(keras: Any) -> Program:
    """After a layer that reads, three words are made one by one; each is what the next one sees."""
    layers = keras.layers
    reader = layers.GRU(5, return_state=True, name="reader")
    cell, head = layers.GRUCell(5, name="cell"), layers.Dense(3, name="head")
    x = keras.Input((4, 3))
    _, h = reader(x)
    y, made = x[:, -1], []
    for _ in range(3):
        h, _ = cell(y, [h])
        y = head(h)
        made.append(y)
    model = keras.Model(x, made)
    truth = Truth(
        axes={"time": Axis(4), "words": Axis(3, unrolled=True)},
        layers={
            "reader": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "cell": Layer("RECURRENT", "GRU", 5, 0, WORDS),
            "head": Layer("STEPWISE", runs=WORDS),
        },
        weights=recurrent(reader, "reader")
        | recurrent(cell, "cell", ("words",))
        | dense(head, "head", "words"),
        starts=(*cells.zeros("reader"), Start("cell", "*")),
        connections=(("reader", "cell", 0), ("cell", "head", 0), ("head", "cell", 1)),
    )
    return of_model(model, truth)


def written_out_on_a_layer(keras: Any) -> Program:
    """``unroll=True`` above a layer with a loop: both walk along one sequence."""
    layers = keras.layers
    low = layers.LSTM(5, return_sequences=True, name="low")
    high = layers.GRU(4, unroll=True, name="high")
    x = keras.Input((4, 3))
    model = keras.Model(x, high(low(x)))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 4, 1, FORWARD),
        },
        weights=recurrent(low, "low") | recurrent(high, "high"),
        starts=cells.zeros("low", 2) + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth)


def gate_on_the_way_out(keras: Any) -> Program:
    """A simple recurrent unit (Lei et al. 2018): its second gate only scales what it gives out.

    That gate's bias is the other half of the forget gate's.
    """

    class Cell(keras.layers.Layer):  # type: ignore[misc]
        state_size = output_size = 5

        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(shape[-1], 15), name="w")
            self.b = self.add_weight(shape=(10,), name="b")

        def call(self, x: Any, states: Any) -> Any:
            new, forget, reset = tf.split(x @ self.w, 3, 1)
            forget = tf.sigmoid(forget + self.b[:5])
            reset = tf.sigmoid(reset + self.b[5:])
            c = forget * states[0] + (1 - forget) * new
            return reset * tf.tanh(c) + (1 - reset) * new, [c]

    cell = Cell()
    x = keras.Input((4, 3))
    model = keras.Model(x, keras.layers.RNN(cell, return_sequences=True, name="rnn")(x))
    use = (Uses("rnn", "time"),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "", 5, 0, FORWARD)},
        weights={name_of(cell.w): Weight("kernel", use), name_of(cell.b): Weight("bias", use)},
        starts=cells.zeros("rnn"),
    )
    return of_model(model, truth)


def step_of_a_function() -> Program:
    """One step of an LSTM by hand. No object says what belongs together; one bias for both does."""
    kernel, recurrent_kernel, bias = (
        tf.Variable(fill(*shape) - 0.5, name=name)
        for name, shape in (("k", (3, 20)), ("r", (5, 20)), ("b", (20,)))
    )

    def run(x: Any, h: Any, c: Any) -> Any:
        i, f, o, g = tf.split(x @ kernel + h @ recurrent_kernel + bias, 4, 1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    use = (Uses("step"),)
    truth = Truth(
        layers={"step": ONCE},
        weights={
            "k": Weight("kernel", use),
            "r": Weight("kernel|recurrent_kernel", use),
            "b": Weight("bias", use),
        },
    )
    return of_function(run, truth, fill(2, 3), fill(2, 5), fill(2, 5))


def two_layers_added(keras: Any) -> Program:
    """A sum of two layers' outputs, of which one has the bias: still two layers."""
    layers = keras.layers
    one = layers.Dense(4, use_bias=False, name="one")
    other = layers.Dense(4, name="other")
    x, y = keras.Input((3,)), keras.Input((5,))
    model = keras.Model([x, y], one(x) + other(y))
    truth = Truth(
        layers={"one": ONCE, "other": ONCE},
        weights={name_of(one.kernel): Weight("kernel", (Uses("one"),))} | dense(other, "other"),
    )
    return of_model(model, truth)


def highway(keras: Any) -> Program:
    """A layer of two products whose results are multiplied, applied to all timesteps at once."""

    class Highway(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            size = shape[-1]
            self.w = self.add_weight(shape=(size, size), name="w")
            self.b = self.add_weight(shape=(size,), name="b")
            self.gate = self.add_weight(shape=(size, size), name="gate")
            self.gate_bias = self.add_weight(shape=(size,), name="gate_bias")

        def call(self, x: Any) -> Any:
            gate = tf.sigmoid(tf.tensordot(x, self.gate, 1) + self.gate_bias)
            return gate * tf.tanh(tf.tensordot(x, self.w, 1) + self.b) + (1 - gate) * x

    rnn, way = keras.layers.LSTM(5, return_sequences=True, name="rnn"), Highway(name="way")
    x = keras.Input((4, 3))
    model = keras.Model(x, way(rnn(x)))
    use = (Uses("way"),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "way": Layer("SEQUENCE", runs=(("time", "*"),)),
        },
        weights=recurrent(rnn, "rnn")
        | {name_of(v): Weight("kernel", use) for v in (way.w, way.gate)}
        | {name_of(v): Weight("bias", use) for v in (way.b, way.gate_bias)},
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "way", 0),),
    )
    return of_model(model, truth, told_by_objects=True)


def scores_of_all_outputs(keras: Any) -> Program:
    """A layer that scores all outputs beside the last one (Bahdanau et al. 2015): three products.

    One of them is made once, the others for all timesteps: it is a layer along the axis.
    """

    class Attention(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.of_last = self.add_weight(shape=(shape[-1], 6), name="of_last")
            self.of_all = self.add_weight(shape=(shape[-1], 6), name="of_all")
            self.b = self.add_weight(shape=(6,), name="b")
            self.v = self.add_weight(shape=(6, 1), name="v")

        def call(self, x: Any) -> Any:
            last = tf.matmul(x[:, -1], tf.convert_to_tensor(self.of_last))
            both = tf.tensordot(x, self.of_all, 1) + last[:, None] + self.b
            scores = tf.tensordot(tf.tanh(both), self.v, 1)
            return tf.reduce_sum(tf.nn.softmax(scores, 1) * x, 1)

    rnn, attention = keras.layers.LSTM(5, return_sequences=True, name="rnn"), Attention(name="a")
    x = keras.Input((4, 3))
    model = keras.Model(x, attention(rnn(x)))
    use = (Uses("attention"),)
    kernels = (attention.of_last, attention.of_all, attention.v)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "attention": Layer("SEQUENCE", runs=(("time", "*"),)),
        },
        weights=recurrent(rnn, "rnn")
        | {name_of(v): Weight("kernel|attention", use) for v in kernels}
        | {name_of(attention.b): Weight("bias", use)},
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "attention", 0),),
    )
    return of_model(model, truth, told_by_objects=True)
