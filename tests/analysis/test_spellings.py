"""One network, spelled in all the ways that TensorFlow knows, is one network.

Two layers h = tanh(x W + h U + b) of 5 and 4 units over a sequence, and a dense layer on the last
output. The spellings differ in names, in the order of variables and in the encoding of the loop;
in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.timeline import Timeline
from tests.programs import tf1
from tests.programs.tf1 import functional_control_flow, rnn_cell

SIZES = ((3, 5), (5, 4))
"""Inputs and units of each layer."""


class _V1Cell(rnn_cell.RNNCell):
    """The cell, as TensorFlow 1 writes one."""

    def __init__(self, units: int, name: str) -> None:
        super().__init__(name=name)
        self._units = units

    state_size = output_size = property(lambda self: self._units)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:  # noqa: ARG002
        with tf1.tf.variable_scope(self.name):
            w = tf1.tf.get_variable("w", [inputs.shape[-1], self._units])
            u = tf1.tf.get_variable("u", [self._units, self._units])
            b = tf1.tf.get_variable("b", [self._units])
        h = tf.tanh(tf.matmul(inputs, w) + tf.matmul(state, u) + b)
        return h, h


def _dynamic_rnn(steps: int | None) -> Any:
    v1 = tf1.tf
    x = v1.placeholder(tf.float32, [None, steps, 3])
    stack = rnn_cell.MultiRNNCell([_V1Cell(5, "low"), _V1Cell(4, "high")])
    outputs, _ = v1.nn.dynamic_rnn(stack, x, dtype=tf.float32)
    v1.layers.dense(outputs[:, -1], 2, name="head")


def dynamic_rnn(steps: int | None) -> Timeline:
    with tf1.tf.Graph().as_default() as graph:
        _dynamic_rnn(steps)
    return analyze(graph)


def dynamic_rnn_in_a_functional_loop(steps: int | None) -> Timeline:
    with tf1.tf.Graph().as_default() as graph, functional_control_flow():
        _dynamic_rnn(steps)
    return analyze(graph)


def _static_rnn(inputs: Any) -> None:
    v1 = tf1.tf
    stack = rnn_cell.MultiRNNCell([_V1Cell(5, "low"), _V1Cell(4, "high")])
    outputs, _ = v1.nn.static_rnn(stack, inputs, dtype=tf.float32)
    v1.layers.dense(outputs[-1], 2, name="head")


def static_rnn(steps: int) -> Timeline:
    with tf1.tf.Graph().as_default() as graph:
        _static_rnn(tf.unstack(tf1.tf.placeholder(tf.float32, [None, steps, 3]), axis=1))
    return analyze(graph)


def static_rnn_over_a_list(steps: int) -> Timeline:
    with tf1.tf.Graph().as_default() as graph:
        _static_rnn([tf1.tf.placeholder(tf.float32, [None, 3]) for _ in range(steps)])
    return analyze(graph)


def static_rnn_over_pieces(steps: int) -> Timeline:
    with tf1.tf.Graph().as_default() as graph:
        x = tf.transpose(tf1.tf.placeholder(tf.float32, [None, steps, 3]), [1, 0, 2])
        _static_rnn(tf.split(tf.reshape(x, [-1, 3]), steps, 0))
    return analyze(graph)


def _layers(library: Any, steps: int | None, **kind: bool) -> Timeline:
    layers = library.layers
    return analyze(
        library.Sequential(
            [
                library.Input((steps, 3)),
                layers.SimpleRNN(5, return_sequences=True, **kind),
                layers.SimpleRNN(4, **kind),
                layers.Dense(2),
            ]
        )
    )


def keras_3_layers(steps: int | None) -> Timeline:
    return _layers(keras, steps)


def keras_2_layers(steps: int | None) -> Timeline:
    return _layers(tf_keras, steps)


def unrolled_keras_3_layers(steps: int) -> Timeline:
    return _layers(keras, steps, unroll=True)


def unrolled_keras_2_layers(steps: int) -> Timeline:
    return _layers(tf_keras, steps, unroll=True)


class _KerasCell(keras.layers.Layer):
    """The cell, as Keras users write their own."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.state_size = units

    def build(self, shape: Any) -> None:
        units = self.state_size
        self.w = self.add_weight(shape=(shape[-1], units), name="w")
        self.u = self.add_weight(shape=(units, units), name="u")
        self.b = self.add_weight(shape=(units,), name="b")
        self.built = True

    def call(self, inputs: Any, states: Any) -> Any:
        matmul = keras.ops.matmul
        h = keras.ops.tanh(matmul(inputs, self.w) + matmul(states[0], self.u) + self.b)
        return h, [h]


def own_cells_in_keras(steps: int | None) -> Timeline:
    rnn = keras.layers.RNN([_KerasCell(5), _KerasCell(4)])
    return analyze(keras.Sequential([keras.Input((steps, 3)), rnn, keras.layers.Dense(2)]))


def own_cells_in_unrolled_keras(steps: int) -> Timeline:
    rnn = keras.layers.RNN([_KerasCell(5), _KerasCell(4)], unroll=True)
    return analyze(keras.Sequential([keras.Input((steps, 3)), rnn, keras.layers.Dense(2)]))


class _Module(tf.Module):
    """The weights and one step of both layers, for all that is written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = [
            tuple(tf.Variable(tf.ones(s)) for s in ((i, n), (n, n), (n,))) for i, n in SIZES
        ]
        self.head = tf.Variable(tf.ones((4, 2))), tf.Variable(tf.ones(2))

    def step(self, states: Any, value: Any) -> Any:
        new = []
        for (w, u, b), state in zip(self.cells, states, strict=True):
            value = tf.tanh(tf.matmul(value, w) + tf.matmul(state, u) + b)
            new.append(value)
        return tuple(new)

    @staticmethod
    def zeros(x: Any) -> Any:
        """Zeros for the states of x [time, batch, 3]."""
        return tuple(tf.zeros([tf.shape(x)[1], units]) for _, units in SIZES)

    def scores(self, state: Any) -> Any:
        weight, bias = self.head
        return tf.matmul(state, weight) + bias


def _function(steps: int | None, run: Callable[[_Module, Any], Any]) -> Timeline:
    module = _Module()
    function = tf.function(lambda x: run(module, tf.transpose(x, [1, 0, 2])))
    return analyze(function, inputs=tf.TensorSpec([None, steps, 3]))


def for_loop(steps: int | None) -> Timeline:
    def run(module: _Module, x: Any) -> Any:
        low, high = module.zeros(x)
        for value in x:
            low, high = module.step((low, high), value)
        return module.scores(high)

    return _function(steps, run)


def loop_of_python(steps: int) -> Timeline:
    def run(module: _Module, x: Any) -> Any:
        states = module.zeros(x)
        for t in range(steps):
            states = module.step(states, x[t])
        return module.scores(states[1])

    return _function(steps, run)


def one_layer_after_the_other(steps: int) -> Timeline:
    def run(module: _Module, x: Any) -> Any:
        values = tf.unstack(x)
        for (w, u, b), h in zip(module.cells, module.zeros(x), strict=True):
            outputs = []
            for value in values:
                h = tf.tanh(tf.matmul(value, w) + tf.matmul(h, u) + b)
                outputs.append(h)
            values = outputs
        return module.scores(values[-1])

    return _function(steps, run)


def while_loop(steps: int | None) -> Timeline:
    def run(module: _Module, x: Any) -> Any:
        start = (0, *module.zeros(x))
        *_, last = tf.while_loop(
            lambda t, *_: t < tf.shape(x)[0],
            lambda t, *states: (t + 1, *module.step(states, x[t])),
            start,
        )
        return module.scores(last)

    return _function(steps, run)


def scan(steps: int | None) -> Timeline:
    def run(module: _Module, x: Any) -> Any:
        _, outputs = tf.scan(module.step, x, module.zeros(x))
        return module.scores(outputs[-1])

    return _function(steps, run)


def fused_operations(steps: int | None) -> Timeline:
    """An operation of cuDNN for each layer: kernels turned around, and a second bias of zeros."""

    def run(module: _Module, x: Any) -> Any:
        for (w, u, b), zeros in zip(module.cells, module.zeros(x), strict=True):
            flat = [tf.reshape(part, [-1]) for part in (tf.transpose(w), tf.transpose(u))]
            x = tf.raw_ops.CudnnRNN(
                input=x,
                input_h=tf.expand_dims(zeros, 0),
                input_c=0.0,
                params=tf.concat([*flat, tf.zeros_like(b), b], 0),
                rnn_mode="rnn_tanh",
            ).output
        return module.scores(x[-1])

    return _function(steps, run)


SPELLINGS = (
    dynamic_rnn,
    dynamic_rnn_in_a_functional_loop,
    keras_3_layers,
    keras_2_layers,
    own_cells_in_keras,
    for_loop,
    while_loop,
    scan,
    fused_operations,
)

WRITTEN_OUT = (
    static_rnn,
    static_rnn_over_a_list,
    static_rnn_over_pieces,
    unrolled_keras_3_layers,
    unrolled_keras_2_layers,
    own_cells_in_unrolled_keras,
    loop_of_python,
    one_layer_after_the_other,
)
"""Spellings without a loop: the number of timesteps is that of the copies."""

CASES = [(spelling, steps) for spelling in SPELLINGS for steps in (4, None)] + [
    (spelling, steps) for spelling in WRITTEN_OUT for steps in (2, 4)
]


@pytest.mark.parametrize(("spelling", "steps"), CASES, ids=lambda x: getattr(x, "__name__", x))
def test_every_spelling_tells_the_same_network(spelling, steps):
    claimed = spelling(steps)
    assert [(axis.length, axis.parent) for axis in claimed.axes] == [(steps, "")]
    axes = {"": "once", claimed.axes[0].id: "time"}
    on_time, once = [("time", "FORWARD")], [("once", "")]

    def runs(layer: Any) -> list[tuple[str, str]]:
        recurrent = layer.kind.name == "RECURRENT"
        return [(axes[a.axis], a.direction.name * recurrent) for a in layer.applications]

    assert [
        (layer.kind.name, layer.cell, layer.units, layer.depth, runs(layer))
        for layer in claimed.layers
        if layer.kind.name == "RECURRENT"
    ] == [("RECURRENT", "SimpleRNN", 5, 0, on_time), ("RECURRENT", "SimpleRNN", 4, 1, on_time)]
    assert [(x.kind.name, x.depth, runs(x)) for x in claimed.layers[2:]] == [("ONCE", None, once)]
    low, high, head = (layer.id for layer in claimed.layers)

    always = ("time", 0, steps, 1, 1)
    assert sorted(
        (v.shape, v.role, u.layer, (axes[u.axis], u.start, u.stop, u.stride, u.reads))
        for v in claimed.variables
        for u in v.uses
    ) == sorted(
        [
            ((3, 5), "kernel", low, always),
            ((5, 5), "recurrent_kernel", low, always),
            ((5,), "bias", low, always),
            ((5, 4), "kernel", high, always),
            ((4, 4), "recurrent_kernel", high, always),
            ((4,), "bias", high, always),
            ((4, 2), "kernel", head, ("once", 0, 1, 1, 1)),
            ((2,), "bias", head, ("once", 0, 1, 1, 1)),
        ]
    )
    assert sorted((s.layer, s.shape[-1], s.initial) for s in claimed.states) == [
        (low, 5, "zeros"),
        (high, 4, "zeros"),
    ]
    assert {(c.from_layer, c.to_layer, c.offset) for c in claimed.connections} == {
        (low, high, 0),
        (high, head, 0),
    }
    assert claimed.findings == ()
