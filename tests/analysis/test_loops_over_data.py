"""Loops over a data set: one operation that holds the whole training loop, or a time of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tb_rnnview import analyze
from tb_rnnview.timeline import Direction, Encoding, Evidence, Kind, LengthSource, Timeline
from tests.programs.program import fill
from tests.programs.tf2 import keras

Step = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def _network() -> tuple[Any, Step]:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4, 3)), layers.LSTM(5, name="rnn"), layers.Dense(2, name="head")]
    )

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        variables = model.trainable_variables
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.value.assign_sub(0.1 * gradient)
        return loss

    return model, step


def _data(*shapes: tuple[int, ...]) -> tf.data.Dataset:
    arrays = tuple(fill(*shape) for shape in shapes)
    return tf.data.Dataset.from_tensor_slices(arrays if len(arrays) > 1 else arrays[0])


def _batches() -> tf.data.Dataset:
    return _data((4, 4, 3), (4, 2)).batch(2, drop_remainder=True)


def _of(function: Callable[..., Any], *arguments: Any) -> Timeline:
    traced = tf.function(function)
    traced.get_concrete_function(*arguments)
    return analyze(traced)


def plain(model: Any, step: Step) -> Timeline:
    def run(data):
        total = 0.0
        for x, y in data:
            total += step(x, y)
        return total

    return _of(run, _batches())


def nothing_given_back(model: Any, step: Step) -> Timeline:
    def run(data):
        for x, y in data:
            step(x, y)

    return _of(run, _batches())


def ended_early(model: Any, step: Step) -> Timeline:
    def run(data):
        total = 0.0
        for x, y in data:
            total += step(x, y)
            if total > 10.0:
                break
        return total

    return _of(run, _batches())


def reduced(model: Any, step: Step) -> Timeline:
    def run(data):
        return data.reduce(0.0, lambda total, batch: total + tf.reduce_sum(model(batch[0])))

    return _of(run, _batches())


def in_epochs(model: Any, step: Step) -> Timeline:
    def run(data):
        total = 0.0
        for _ in tf.range(3):
            for x, y in data:
                total += step(x, y)
        return total

    return _of(run, _batches())


def metric_given_back(model: Any, step: Step) -> Timeline:
    mean = keras.metrics.Mean()

    def run(data):
        for x, y in data:
            mean.update_state(step(x, y))
        return mean.result()

    return _of(run, _batches())


def function_within(model: Any, step: Step) -> Timeline:
    step = tf.function(step)

    def run(data):
        total = 0.0
        for x, y in data.enumerate().map(lambda _, batch: batch):
            total += step(x, y)
        return total

    return _of(run, _batches())


@pytest.mark.parametrize(
    "spelling",
    [
        plain,
        nothing_given_back,
        metric_given_back,
        ended_early,
        reduced,
        in_epochs,
        function_within,
    ],
)
def test_a_loop_over_batches_is_told_as_one_batch(spelling):
    model, step = _network()
    claimed = spelling(model, step)
    (axis,) = claimed.axes
    assert (axis.length, axis.length_source, axis.parent) == (4, LengthSource.STATIC, "")
    rnn, head = claimed.layers
    assert (rnn.kind, rnn.cell, rnn.units) == (Kind.RECURRENT, "LSTM", 5)
    assert (head.kind, head.units) == (Kind.ONCE, 2)
    assert [a.axis for a in rnn.applications] == [axis.id]
    for variable in claimed.variables:
        (use,) = variable.uses
        on_axis = variable.name.startswith(model.layers[0].variables[0].path.rpartition("/")[0])
        assert (use.axis, use.reads) == ((axis.id if on_axis else ""), 1)
    assert len(claimed.variables) == 5
    (finding,) = claimed.findings
    assert finding.code == "LOOP_OVER_BATCHES"
    assert "ReduceDataset" in finding.message


def test_what_a_data_set_holds_may_be_timesteps():
    """Each element takes the state that the last one left: the loop over the data is the time."""
    cell = keras.layers.LSTMCell(5)
    cell.build((2, 3))

    def run(data):
        h, c = tf.zeros([2, 5]), tf.zeros([2, 5])
        for x in data:
            _, (h, c) = cell(x, [h, c])
        return h

    claimed = _of(run, _data((7, 2, 3)))
    (axis,) = claimed.axes
    assert (axis.length, axis.length_source) == (None, LengthSource.UNKNOWN)
    assert axis.reason == "it goes on for as long as there are data"
    assert axis.encoding is Encoding.WHILE_OP
    (layer,) = claimed.layers
    assert (layer.kind, layer.cell, layer.units) == (Kind.RECURRENT, "LSTM", 5)
    assert [(a.axis, a.direction) for a in layer.applications] == [(axis.id, Direction.FORWARD)]
    assert [[(u.axis, u.stop, u.reads) for u in v.uses] for v in claimed.variables] == [
        [(axis.id, None, 1)]
    ] * 3
    assert claimed.findings == ()


def test_a_state_that_a_weight_only_scales_goes_through_weights():
    w, u = tf.Variable(fill(3, 5), name="w"), tf.Variable(fill(5), name="u")

    def run(data):
        h = tf.zeros([2, 5])
        for x in data:
            h = tf.tanh(tf.matmul(x, w) + u * h)
        return h

    claimed = _of(run, _data((7, 2, 3)))
    (layer,) = claimed.layers
    assert (layer.kind, layer.units) == (Kind.RECURRENT, 5)
    assert [(v.name, v.role) for v in claimed.variables] == [
        ("w", "kernel"),
        ("u", "recurrent_kernel"),
    ]


def test_weights_in_the_preparation_of_data_are_not_known():
    """A network in ``Dataset.map``: that function is not looked into, and nothing is claimed."""
    w = tf.Variable(fill(3, 5), name="w")

    def run(x):
        data = tf.data.Dataset.from_tensor_slices(x).map(lambda row: tf.linalg.matvec(w, row, True))
        return data.reduce(0.0, lambda total, y: total + tf.reduce_sum(y))

    claimed = analyze(tf.function(run), inputs=tf.TensorSpec([4, 3]))
    (layer,) = claimed.layers
    assert (layer.kind, layer.evidence) == (Kind.UNKNOWN, Evidence.UNKNOWN)
    assert "a function that prepares data (MapDataset)" in layer.reason
    assert [[u.reads for u in v.uses] for v in claimed.variables] == [[0]]
    assert [f.code for f in claimed.findings] == ["LOOP_OVER_BATCHES", "NOT_RECOGNISED"]


def test_data_that_a_function_prepares_are_data():
    """The same function without weights is no part of the network, and nothing is missing."""
    _, step = _network()

    def run(data):
        total = 0.0
        for x, y in data.map(lambda x, y: (2.0 * x, y)):
            total += step(x, y)
        return total

    claimed = _of(run, _batches())
    assert [layer.kind for layer in claimed.layers] == [Kind.RECURRENT, Kind.ONCE]
    assert [f.code for f in claimed.findings] == ["LOOP_OVER_BATCHES"]


def test_an_operation_that_calls_a_function_is_named():
    """Whatever the operation is, a function that is not looked into may hold timesteps."""
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [4, 3], name="x")
        w = tf.compat.v1.get_variable("w", [3, 5], use_resource=True)

        @tf.function
        def row(value, kernel):
            return tf.linalg.matvec(kernel, value, transpose_a=True)

        rows = tf.raw_ops.MapDefun(
            arguments=[x],
            captured_inputs=[w.read_value()],
            output_types=[tf.float32],
            output_shapes=[tf.TensorShape([5])],
            f=row.get_concrete_function(tf.TensorSpec([3]), tf.TensorSpec([3, 5])),
        )
        tf.identity(rows[0], name="end")
    claimed = analyze(graph)
    (layer,) = claimed.layers
    assert layer.kind is Kind.UNKNOWN
    assert "a call of a function (MapDefun)" in layer.reason
    assert [f.code for f in claimed.findings] == ["NOT_RECOGNISED", "NOT_RECOGNISED"]
    assert [[u.reads for u in v.uses] for v in claimed.variables] == [[0]]
