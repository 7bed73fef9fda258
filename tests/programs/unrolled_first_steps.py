"""First timesteps without a state, and last ones whose state nothing needs, written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.programs import cells
from tests.programs.freezing import freeze, optimize
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
TIME = {"time": Axis(5, unrolled=True)}
LAYER = Layer("RECURRENT", "SimpleRNN", 4, 0, FORWARD)


def _at_each(layer: str = "rnn") -> tuple[Uses, ...]:
    return (Uses(layer, "time"),)


def _later(layer: str = "rnn") -> tuple[Uses, ...]:
    """At all timesteps but the first."""
    return (Uses(layer, "time", only=(1, 5)),)


def _program(
    run: Callable[[Any], Any],
    layers: dict[str, Layer],
    weights: dict[str, Weight],
    states: int = 1,
    connections: Any = (),
    axes: Any = TIME,
) -> Program:
    """What ``run`` makes of 5 timesteps of [2, 3]."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [5, 2, 3])
        result = tf.identity(run(x), name="result")
    truth = Truth(
        axes=axes,
        layers=layers,
        weights=weights,
        starts=sum(
            (cells.zeros(k, states) for k, x in layers.items() if x.kind == "RECURRENT"), ()
        ),
        connections=connections,
    )
    return Program(graph, [result], {x: fill(5, 2, 3)}, truth)


def _wub(width: int) -> Any:
    return (
        tf.get_variable("w", [3, width]),
        tf.get_variable("u", [4, width]),
        tf.get_variable("b", [width]),
    )


def _gates(later: bool, gates: tuple[str, ...]) -> dict[str, Weight]:
    """A kernel, a recurrent one that the first timestep may leave out, and a bias."""
    columns = cells.columns(gates, 4)
    return {
        "w": Weight("kernel", _at_each(), columns),
        "u": Weight("recurrent_kernel", _later() if later else _at_each(), columns),
        "b": Weight("bias", _at_each(), cells.columns(gates, 4, 0)),
    }


def no_state_at_first() -> Program:
    """H = tanh(x[0] w), then h = tanh(x[t] w + h u)."""

    def run(x: Any) -> Any:
        w, u = tf.get_variable("w", [3, 4]), tf.get_variable("u", [4, 4])
        h = tf.tanh(tf.matmul(x[0], w))
        for t in range(1, 5):
            h = tf.tanh(tf.matmul(x[t], w) + tf.matmul(h, u))
        return h

    weights = {"w": Weight("kernel", _at_each()), "u": Weight("recurrent_kernel", _later())}
    return _program(run, {"rnn": LAYER}, weights)


def no_state_but_its_bias_at_first() -> Program:
    """Both products have a bias; that of the state is added at the first timestep, too."""

    def run(x: Any) -> Any:
        w, u, b = _wub(4)
        c, found = tf.get_variable("c", [4]), []
        for t in range(5):
            of_state = tf.matmul(found[-1], u) + c if found else c
            found.append(tf.tanh(tf.matmul(x[t], w) + b + of_state))
        return tf.stack(found)

    weights = {
        "w": Weight("kernel", _at_each()),
        "u": Weight("recurrent_kernel", _later()),
        "b": Weight("bias", _at_each()),
        "c": Weight("bias", _at_each()),
    }
    return _program(run, {"rnn": LAYER}, weights)


def _lstm(x: Any, h: Any = None, c: Any = None) -> list[Any]:
    w, u, b = _wub(16)
    found = []
    for t in range(5):
        z = tf.matmul(x[t], w) + b
        if h is not None:
            z = z + tf.matmul(h, u)
        i, f, g, o = tf.split(z, 4, 1)
        new = tf.sigmoid(i) * tf.tanh(g)
        c = new if c is None else tf.sigmoid(f) * c + new
        h = tf.sigmoid(o) * tf.tanh(c)
        found.append(h)
    return found


def no_state_at_first_lstm() -> Program:
    """An LSTM whose first c is i * g alone; all its outputs are kept."""
    weights = _gates(True, ("i", "f", "c", "o"))
    layer = Layer("RECURRENT", "LSTM", 4, 0, FORWARD)
    return _program(lambda x: tf.stack(_lstm(x)), {"rnn": layer}, weights, 2)


def _gru(x: Any, h: Any = None) -> Any:
    w, u = tf.get_variable("w", [3, 12]), tf.get_variable("u", [4, 12])
    for t in range(5):
        z, r, n = tf.split(tf.matmul(x[t], w), 3, 1)
        if h is None:
            h = (1.0 - tf.sigmoid(z)) * tf.tanh(n)
            continue
        of_z, of_r, of_n = tf.split(tf.matmul(h, u), 3, 1)
        z = tf.sigmoid(z + of_z)
        n = tf.tanh(n + tf.sigmoid(r + of_r) * of_n)
        h = (1.0 - z) * n + z * h
    return h


def no_state_at_first_gru() -> Program:
    """A GRU whose first timestep has no reset gate, and keeps nothing."""
    weights = _gates(True, ("z", "r", "h"))
    del weights["b"]
    return _program(_gru, {"rnn": Layer("RECURRENT", "GRU", 4, 0, FORWARD)}, weights)


def no_state_at_first_in_two_layers() -> Program:
    """Two layers, timestep by timestep, and a head on each output of the upper one."""

    def run(x: Any) -> Any:
        w, u = tf.get_variable("w", [3, 4]), tf.get_variable("u", [4, 4])
        w2, u2 = tf.get_variable("w2", [4, 4]), tf.get_variable("u2", [4, 4])
        v = tf.get_variable("v", [4, 2])
        h = upper = None
        found = []
        for t in range(5):
            z = tf.matmul(x[t], w)
            h = tf.tanh(z if h is None else z + tf.matmul(h, u))
            z = tf.matmul(h, w2)
            upper = tf.tanh(z if upper is None else z + tf.matmul(upper, u2))
            found.append(tf.matmul(upper, v))
        return tf.stack(found)

    upper = Layer("RECURRENT", "SimpleRNN", 4, 1, FORWARD)
    return _program(
        run,
        {"rnn": LAYER, "upper": upper, "head": Layer("STEPWISE", runs=ON_TIME)},
        {
            "w": Weight("kernel", _at_each()),
            "u": Weight("recurrent_kernel", _later()),
            "w2": Weight("kernel", _at_each("upper")),
            "u2": Weight("recurrent_kernel", _later("upper")),
            "v": Weight("kernel|projection", _at_each("head")),
        },
        connections=(("rnn", "upper", 0), ("upper", "head", 0)),
    )


def no_state_at_the_end() -> Program:
    """The last element comes first: at timestep 4 there is no state."""

    def run(x: Any) -> Any:
        w, u, h = tf.get_variable("w", [3, 4]), tf.get_variable("u", [4, 4]), None
        found = []
        for t in reversed(range(5)):
            z = tf.matmul(x[t], w)
            h = tf.tanh(z if h is None else z + tf.matmul(h, u))
            found.append(h)
        return tf.stack(found)

    weights = {
        "w": Weight("kernel", _at_each()),
        "u": Weight("recurrent_kernel", (Uses("rnn", "time", only=(0, 4)),)),
    }
    layer = Layer("RECURRENT", "SimpleRNN", 4, 0, (("time", "BACKWARD|UNKNOWN"),))
    return _program(run, {"rnn": layer}, weights)


def one_input_and_no_state_at_first() -> Program:
    """The same x at each depth: a stack with tied weights, whose first layer has one product."""

    def run(x: Any) -> Any:
        w, u = tf.get_variable("w", [3, 4]), tf.get_variable("u", [4, 4])
        h = tf.tanh(tf.matmul(x[0], w))
        for _ in range(4):
            h = tf.tanh(tf.matmul(x[0], w) + tf.matmul(h, u))
        return h

    weights = {
        "w": Weight("kernel|other", (Uses("rounds", reads=5),)),
        "u": Weight("kernel|recurrent_kernel|other", (Uses("rounds", reads=4),)),
    }
    return _program(run, {"rounds": Layer("UNKNOWN", runs=None)}, weights, axes={})


def folded_static_lstm() -> Program:
    """`static_rnn`, optimised: operands are sorted by name, ``mul_10`` before ``mul_9``."""

    def run(x: Any) -> Any:
        return tf.nn.static_rnn(rnn_cell.BasicLSTMCell(4), tf.unstack(x), dtype=tf.float32)[0][-1]

    layer = Layer("RECURRENT", "LSTM", 4, 0, FORWARD)
    weights = cells.lstm("rnn/basic_lstm_cell", "rnn", 3, 4)
    return optimize(freeze(lambda: _program(run, {"rnn": layer}, weights, 2), trained=True))


def folded_simple() -> Program:
    """From zeros, in two products: the optimizer leaves out the first one of zeros."""

    def run(x: Any) -> Any:
        w, u, b = _wub(4)
        h = tf.zeros([2, 4])
        for t in range(5):
            h = tf.tanh(tf.matmul(x[t], w) + tf.matmul(h, u) + b)
        return h

    weights = {
        "w": Weight("kernel", _at_each()),
        "u": Weight("recurrent_kernel", _later()),
        "b": Weight("bias", _at_each()),
    }
    return optimize(freeze(lambda: _program(run, {"rnn": LAYER}, weights), trained=True))


def folded_lstm() -> Program:
    """An LSTM in two products, from zeros."""
    layer = Layer("RECURRENT", "LSTM", 4, 0, FORWARD)
    weights = _gates(True, ("i", "f", "c", "o"))

    def run(x: Any) -> Any:
        return _lstm(x, tf.zeros([2, 4]), tf.zeros([2, 4]))[-1]

    return optimize(freeze(lambda: _program(run, {"rnn": layer}, weights, 2), trained=True))


def folded_lstm_in_scopes() -> Program:
    """Each timestep has a scope: its c is sorted before its gate, but zeros come after it."""
    layer = Layer("RECURRENT", "LSTM", 4, 0, FORWARD)
    weights = _gates(True, ("i", "f", "c", "o"))

    def run(x: Any) -> Any:
        w, u, b = _wub(16)
        h = c = tf.zeros([2, 4])
        for t in range(5):
            with tf.name_scope(f"step_{t}"):
                z = tf.nn.bias_add(tf.matmul(x[t], w) + tf.matmul(h, u), b)
                i, f, g, o = tf.split(z, 4, 1)
                c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
                h = tf.sigmoid(o) * tf.tanh(c)
        return h

    return optimize(freeze(lambda: _program(run, {"rnn": layer}, weights, 2), trained=True))


def folded_gru() -> Program:
    """A GRU, from zeros."""
    layer = Layer("RECURRENT", "GRU", 4, 0, FORWARD)
    weights = _gates(True, ("z", "r", "h"))
    del weights["b"]

    def build() -> Program:
        return _program(lambda x: _gru(x, tf.zeros([2, 4])), {"rnn": layer}, weights)

    return optimize(freeze(build, trained=True))


def folded_gru_with_two_biases() -> Program:
    """A GRU that resets after the product: of the first one its bias is left, in three pieces."""

    def run(x: Any) -> Any:
        w, u, b = _wub(12)
        d, h = tf.get_variable("d", [12]), tf.zeros([2, 4])
        for t in range(5):
            z, r, n = tf.split(tf.nn.bias_add(tf.matmul(x[t], w), b), 3, 1)
            of_z, of_r, of_n = tf.split(tf.nn.bias_add(tf.matmul(h, u), d), 3, 1)
            z = tf.sigmoid(z + of_z)
            n = tf.tanh(n + tf.sigmoid(r + of_r) * of_n)
            h = z * h + (1.0 - z) * n
        return h

    layer = Layer("RECURRENT", "GRU", 4, 0, FORWARD)
    weights = _gates(True, ("z", "r", "h"))
    weights["d"] = Weight("bias", _later(), cells.columns(("z", "r", "h"), 4, 0))
    return optimize(freeze(lambda: _program(run, {"rnn": layer}, weights), trained=True))


def _lengths(cell: Any, layer: Layer, weights: cells.Weights, states: int, last: bool) -> Program:
    """`static_rnn` with ``sequence_length``, frozen: what no output needs is gone."""

    def build() -> Program:
        with tf.Graph().as_default() as graph:
            x, length = tf.placeholder(tf.float32, [5, 2, 3]), tf.placeholder(tf.int32, [2])
            outputs, _ = tf.nn.static_rnn(
                cell(4), tf.unstack(x), dtype=tf.float32, sequence_length=length
            )
            result = tf.identity(outputs[-1] if last else tf.stack(outputs), name="result")
        truth = Truth(
            axes={"time": Axis(5, bound=True, unrolled=True)},
            layers={"rnn": layer},
            weights=weights,
            starts=cells.zeros("rnn", states),
        )
        return Program(graph, [result], {x: fill(5, 2, 3), length: np.array([5, 5], "i4")}, truth)

    return freeze(build, trained=True)


def no_state_needed_at_last_lstm() -> Program:
    """All outputs of an LSTM."""
    weights = cells.lstm("rnn/basic_lstm_cell", "rnn", 3, 4)
    layer = Layer("RECURRENT", "LSTM", 4, 0, FORWARD)
    return _lengths(rnn_cell.BasicLSTMCell, layer, weights, 2, last=False)


def no_state_needed_at_last_simple() -> Program:
    """The last output alone."""
    weights = cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 3, 4)
    return _lengths(rnn_cell.BasicRNNCell, LAYER, weights, 1, last=True)


def no_state_needed_at_last_gru() -> Program:
    """All outputs of a GRU."""
    layer = Layer("RECURRENT", "GRU", 4, 0, FORWARD)
    weights = cells.gru("rnn/gru_cell", "rnn", 3, 4)
    return _lengths(rnn_cell.GRUCell, layer, weights, 1, last=False)
