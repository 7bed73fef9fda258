"""What stands around cells within a timestep: wrappers of TensorFlow 1, alone and together."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.over_time import FORWARD
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

ON_TIME = (("time", "*"),)
SCOPE = "rnn/multi_rnn_cell/cell"


def device_and_residual_and_dropout() -> Program:
    """Two layers, each on a device of its own, with a residual around and dropout everywhere."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 5])
        keep = tf.placeholder_with_default(0.8, [])
        stack = [
            rnn_cell.DeviceWrapper(
                rnn_cell.ResidualWrapper(
                    rnn_cell.DropoutWrapper(rnn_cell.BasicLSTMCell(5), keep, keep, keep)
                ),
                "/cpu:0",
            )
            for _ in range(2)
        ]
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell(stack), x, dtype=tf.float32)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
        },
        weights=cells.lstm(f"{SCOPE}_0/basic_lstm_cell", "low", 5, 5)
        | cells.lstm(f"{SCOPE}_1/basic_lstm_cell", "high", 5, 5),
        starts=cells.zeros("low", 2) + cells.zeros("high", 2),
        connections=(("low", "high", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 5)}, truth)


class _Highway(rnn_cell.RNNCell):
    """A highway around a cell: a gate that sees the input lets part of it past the cell."""

    def __init__(self, cell):
        super().__init__()
        self._cell = cell

    state_size = property(lambda self: self._cell.state_size)
    output_size = property(lambda self: self._cell.output_size)

    def __call__(self, inputs, state, scope=None):
        output, state = self._cell(inputs, state)
        with tf.variable_scope(scope or "past"):
            weight = tf.get_variable("weight", [5, 5])
            bias = tf.get_variable("bias", [5])
        gate = tf.sigmoid(tf.matmul(inputs, weight) + bias)
        return inputs * gate + output * (1.0 - gate), state


def highway_around_cells() -> Program:
    """Each gate is a layer without a state; what passes it goes on to the layer above."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 5])
        stack = [_Highway(rnn_cell.GRUCell(5)) for _ in range(2)]
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell(stack), x, dtype=tf.float32)
    weights, layers, starts = {}, {}, ()
    for k in range(2):
        layers[f"rnn{k}"] = Layer("RECURRENT", "GRU", 5, k, FORWARD)
        layers[f"gate{k}"] = Layer("STEPWISE", runs=ON_TIME)
        weights |= cells.gru(f"{SCOPE}_{k}/gru_cell", f"rnn{k}", 5, 5)
        weights[f"{SCOPE}_{k}/past/weight"] = Weight("kernel", (Uses(f"gate{k}", "time"),))
        weights[f"{SCOPE}_{k}/past/bias"] = Weight("bias", (Uses(f"gate{k}", "time"),))
        starts += cells.zeros(f"rnn{k}")
    truth = Truth(
        axes={"time": Axis(4)},
        layers=layers,
        weights=weights,
        starts=starts,
        connections=(
            ("rnn0", "rnn1", 0),
            ("gate0", "rnn1", 0),
            ("rnn0", "gate1", 0),
            ("gate0", "gate1", 0),
        ),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 5)}, truth)


class _Attending(rnn_cell.RNNCell):
    """A cell that attends over its own last three outputs (AttentionCellWrapper)."""

    def __init__(self, cell):
        super().__init__()
        self._cell = cell

    state_size = property(lambda self: (self._cell.state_size, 5, tf.TensorShape([3, 5])))
    output_size = 5

    def __call__(self, inputs, state, scope=None):
        inner, seen, before = state
        with tf.variable_scope(scope or "attending"):
            joined = tf.matmul(tf.concat([inputs, seen], 1), tf.get_variable("in", [9, 4]))
            value, inner = self._cell(joined, inner)
            query = tf.matmul(value, tf.get_variable("query", [5, 6]))
            keys = tf.get_variable("keys", [5, 6])
            vector = tf.get_variable("vector", [6, 1])
            features = tf.reshape(tf.matmul(tf.reshape(before, [-1, 5]), keys), [-1, 3, 6])
            mixed = tf.reshape(tf.tanh(features + tf.expand_dims(query, 1)), [-1, 6])
            scores = tf.nn.softmax(tf.reshape(tf.matmul(mixed, vector), [-1, 3, 1]), 1)
            seen = tf.reduce_sum(scores * before, 1)
            output = tf.matmul(tf.concat([value, seen], 1), tf.get_variable("out", [10, 5]))
        return output, (inner, seen, tf.concat([before[:, 1:], tf.expand_dims(output, 1)], 1))


def attention_over_own_outputs() -> Program:
    """The last outputs are kept, attended to and made of what was seen: a recurrence of its own.

    The question comes from the cell's output, so its weights are input weights of that recurrence.
    What was seen goes into the next input as well: a connection to the next timestep.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 4])
        cell = _Attending(rnn_cell.BasicLSTMCell(5, name="cell"))
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    scope = "rnn/attending"
    kept = (Uses("kept", "time"),)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "in": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "kept": Layer("RECURRENT", "", 5, 1, FORWARD),
        },
        weights={
            f"{scope}/in": Weight("kernel|projection", (Uses("in", "time"),)),
            f"{scope}/query": Weight("kernel|attention", kept),
            f"{scope}/keys": Weight("recurrent_kernel|attention|kernel", kept),
            f"{scope}/vector": Weight("recurrent_kernel|attention|kernel", kept),
            f"{scope}/out": Weight("recurrent_kernel|kernel", kept),
        }
        | cells.lstm(f"{scope}/cell", "rnn", 4, 5),
        starts=cells.zeros("rnn", 2) + cells.zeros("kept"),
        connections=(
            ("in", "rnn", 0),
            ("rnn", "kept", 0),
            ("kept", "in", 1),
        ),
    )
    return Program(graph, [outputs], {x: fill(2, 6, 4)}, truth)
