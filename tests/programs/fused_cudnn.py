"""Networks of cuDNN's operations: all timesteps of several layers, in both directions.

Each has a twin without such operations, which is run and counted in its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.programs import cells
from tests.programs.fused_or_written import Fused, WrittenOut
from tests.programs.fused_parts import BACKWARD, FORWARD, lstm_layer, own, own_weights, with_twin
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf


def cudnn_both_ways() -> Program:
    """Two bidirectional layers in one operation, a variable for each matrix."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        names = ["low/forward", "low/backward", "high/forward", "high/backward"]
        layers = [own(name, 4 if k < 2 else 10, "lstm") for k, name in enumerate(names)]
        y = way.cudnn(x, layers, "lstm", 5, both_ways=True)
        weights = {}
        for name in names:
            weights |= own_weights(name, name, "lstm")
        truth = Truth(
            axes={"time": Axis(6)},
            layers={
                n: lstm_layer(k // 2, BACKWARD if k % 2 else FORWARD) for k, n in enumerate(names)
            },
            weights=weights,
            starts=tuple(start for name in names for start in cells.zeros(name, 2)),
            connections=tuple((a, b, 0) for a in names[:2] for b in names[2:]),
        )
        return Program(x.graph, [y], {x: fill(6, 2, 4)}, truth)

    return with_twin(build, 6)


def cudnn_relu() -> Program:
    """CudnnRNN: two simple layers of ReLUs."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [None, 2, 4])
        layers = [own("low", 4, "rnn_relu"), own("high", 5, "rnn_relu")]
        y = way.cudnn(x, layers, "rnn_relu", 5, version="")
        simple = [Layer("RECURRENT", "SimpleRNN", 5, k, FORWARD) for k in (0, 1)]
        truth = Truth(
            axes={"time": Axis(UNKNOWN)},
            layers={"low": simple[0], "high": simple[1]},
            weights=own_weights("low", "low", "rnn_relu") | own_weights("high", "high", "rnn_relu"),
            starts=cells.zeros("low") + cells.zeros("high"),
            connections=(("low", "high", 0),),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 4)}, truth, steps=4)

    return with_twin(build, 4)


def cudnn_skips() -> Program:
    """CudnnRNNV2: the input enters a GRU's gates as it is."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 5])
        y = way.cudnn(x, [own("rnn", 5, "gru", skips=True)], "gru", 5, version="V2", skips=True)
        truth = Truth(
            axes={"time": Axis(4)},
            layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
            weights=own_weights("rnn", "rnn", "gru", skips=True),
            starts=cells.zeros("rnn"),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 5)}, truth)

    return with_twin(build, 4)


def cudnn_projection() -> Program:
    """5 units, projected to 3, then a layer that sees 3."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 4])
        layers = [own("low", 4, "lstm", state=3), own("high", 3, "lstm", state=3)]
        y = way.cudnn(x, layers, "lstm", 5)
        truth = Truth(
            axes={"time": Axis(4)},
            layers={"low": lstm_layer(), "high": lstm_layer(1)},
            weights=own_weights("low", "low", "lstm", projects=True)
            | own_weights("high", "high", "lstm", projects=True),
            starts=cells.zeros("low", 2) + cells.zeros("high", 2),
            connections=(("low", "high", 0),),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 4)}, truth)

    return with_twin(build, 4)


def cudnn_opaque() -> Program:
    """The weights lie in one variable; only cuDNN knows where in it."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        buffer = tf.get_variable("buffer", [4 * (15 + 25 + 10)])
        y = way.opaque(x, buffer, 1, "lstm", 5)
        truth = Truth(
            axes={"time": Axis(4)},
            layers={"rnn": lstm_layer()},
            weights={"buffer": Weight("kernel", (Uses("rnn", "time"),), {})},
            starts=cells.zeros("rnn", 2),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 3)}, truth)

    return with_twin(build, 4)


def cudnn_packed() -> Program:
    """The matrices of all gates in one variable, row after row; and so the biases."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        with tf.variable_scope("rnn"):
            w = tf.get_variable("w", [15, 3])
            r = tf.get_variable("r", [15, 5])
            b = tf.get_variable("b", [30])
        y = way.packed(x, w, r, b, "gru", 5)
        use = (Uses("rnn", "time"),)
        rows = cells.columns(("r", "z", "h"), 5, 0)
        truth = Truth(
            axes={"time": Axis(4)},
            layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
            weights={
                "rnn/w": Weight("kernel", use, rows),
                "rnn/r": Weight("recurrent_kernel", use, rows),
                "rnn/b": Weight("bias", use),
            },
            starts=cells.zeros("rnn"),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 3)}, truth)

    return with_twin(build, 4)


def cudnn_joined_by_tensorflow() -> Program:
    """TensorFlow's own operation lays the weights out; two layers."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        layers = [own("low", 3, "lstm"), own("high", 5, "lstm")]
        y = way.joined_by_tensorflow(x, layers, "lstm", 5)
        truth = Truth(
            axes={"time": Axis(4)},
            layers={"low": lstm_layer(), "high": lstm_layer(1)},
            weights=own_weights("low", "low", "lstm") | own_weights("high", "high", "lstm"),
            starts=cells.zeros("low", 2) + cells.zeros("high", 2),
            connections=(("low", "high", 0),),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 3)}, truth)

    return with_twin(build, 4)


def cudnn_frozen() -> Program:
    """Constants took the place of the variables; the zeros for a second bias are no weights."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        y = way.cudnn(x, [own("rnn", 3, "rnn_tanh", frozen=True)], "rnn_tanh", 5)
        weights = own_weights("rnn", "rnn", "rnn_tanh")
        del weights["rnn/b0"]
        truth = Truth(
            axes={"time": Axis(4)},
            layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
            weights=weights,
            starts=cells.zeros("rnn"),
        )
        return Program(x.graph, [y], {x: fill(4, 2, 3)}, truth, storages=tuple(weights))

    return with_twin(build, 4)


def cudnn_training() -> Program:
    """An optimiser, and the gradients of the fused operation."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        y = way.cudnn(x, [own("rnn", 3, "gru")], "gru", 5)
        head = tf.get_variable("head", [5, 2])
        result = tf.matmul(y[3], head)
        if isinstance(way, Fused):
            tf.train.AdamOptimizer().minimize(tf.reduce_mean(tf.square(result)))
        truth = Truth(
            axes={"time": Axis(4)},
            layers={
                "rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
                "head": Layer("ONCE", runs=(("", ""),)),
            },
            weights=own_weights("rnn", "rnn", "gru") | {"head": Weight("kernel", (Uses("head"),))},
            starts=cells.zeros("rnn"),
            connections=(("rnn", "head", 0),),
        )
        return Program(x.graph, [result], {x: fill(4, 2, 3)}, truth)

    return with_twin(build, 4)


def cudnn_step_in_loop() -> Program:
    """A decoder: cuDNN's operation runs one timestep, whose states the loop around hands on."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        weights = own("rnn", 4, "gru")

        def step(t: Any, h: Any, outputs: Any) -> tuple[Any, ...]:
            new = way.one_step(x[t], h, weights)
            return t + 1, new, outputs.write(t, new)

        array = tf.TensorArray(tf.float32, 6)
        _, _, outputs = tf.while_loop(
            lambda t, *_: t < 6, step, (tf.constant(0), tf.zeros([2, 5]), array)
        )
        y = outputs.stack()
        truth = Truth(
            axes={"time": Axis(6)},
            layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
            weights=own_weights("rnn", "rnn", "gru"),
            starts=cells.zeros("rnn"),
        )
        return Program(x.graph, [y], {x: fill(6, 2, 4)}, truth)

    return with_twin(build, 6)


def cudnn_words_of_characters() -> Program:
    """An operation runs along the characters of each word, within a loop along the words."""

    def build(way: Any) -> Program:
        x = tf.placeholder(tf.float32, [3, 4, 2, 4])
        low, high = own("characters", 4, "gru"), own("words", 5, "gru")

        def step(t: Any, h: Any, outputs: Any) -> tuple[Any, ...]:
            word = way.cudnn(x[t], [low], "gru", 5)[3]
            new = WrittenOut(1).one_step(word, h, high)
            return t + 1, new, outputs.write(t, new)

        array = tf.TensorArray(tf.float32, 3)
        _, _, outputs = tf.while_loop(
            lambda t, *_: t < 3, step, (tf.constant(0), tf.zeros([2, 5]), array)
        )
        truth = Truth(
            axes={"words": Axis(3), "characters": Axis(4, parent="words")},
            layers={
                "characters": Layer("RECURRENT", "GRU", 5, 0, (("characters", "FORWARD"),)),
                "words": Layer("RECURRENT", "GRU", 5, 0, (("words", "FORWARD"),)),
            },
            weights={
                name: replace(weight, uses=(Uses(key, key),))
                for key in ("characters", "words")
                for name, weight in own_weights(key, key, "gru").items()
            },
            starts=cells.zeros("characters") + cells.zeros("words"),
            connections=(("characters", "words", 0),),
        )
        return Program(x.graph, [outputs.stack()], {x: fill(3, 4, 2, 4)}, truth)

    return with_twin(build, 4)
