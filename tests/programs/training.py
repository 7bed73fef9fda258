"""Graphs that hold everything a training program makes: losses, gradients, optimizers, savers."""

from __future__ import annotations

from dataclasses import replace

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
HEAD = Layer("ONCE", runs=(("", ""),))


def trained_with_adam() -> Program:
    """Adam, clipped gradients, summaries of the weights, moving averages and a saver.

    None of that uses a variable: the kernel is used at its 4 timesteps and nowhere else.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        y = tf.placeholder(tf.float32, [None, 2])
        cell = rnn_cell.MultiRNNCell([rnn_cell.GRUCell(5), rnn_cell.LSTMCell(6)])
        outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        scores = tf.layers.dense(outputs[:, -1], 2, name="head")
        loss = tf.losses.mean_squared_error(y, scores)
        trained = tf.trainable_variables()
        gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, trained), 1.0)
        step = tf.train.get_or_create_global_step()
        optimizer = tf.train.AdamOptimizer(0.01)
        update = optimizer.apply_gradients(zip(gradients, trained, strict=True), step)
        with tf.control_dependencies([update]):
            tf.train.ExponentialMovingAverage(0.9).apply(trained)
        for variable in trained:
            tf.summary.histogram(variable.op.name, variable)
        tf.summary.scalar("loss", loss)
        tf.summary.merge_all()
        tf.train.Saver()
    scope = "rnn/multi_rnn_cell/cell"
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 6, 1, FORWARD),
            "head": HEAD,
        },
        weights=cells.gru(f"{scope}_0/gru_cell", "low", 3, 5)
        | cells.lstm(f"{scope}_1/lstm_cell", "high", 5, 6)
        | cells.dense("head", "head"),
        starts=cells.zeros("low") + cells.zeros("high", 2),
        connections=(("low", "high", 0), ("high", "head", 0)),
    )
    return Program(graph, [scores, loss], {x: fill(2, 4, 3), y: fill(2, 2)}, truth)


def resource_variables() -> Program:
    """Resource handles, read inside the loop, with momentum training."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        with tf.variable_scope("net", use_resource=True):
            outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32)
            scores = tf.layers.dense(outputs[:, -1], 2, name="head")
        loss = tf.reduce_sum(tf.square(scores))
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=cells.lstm("net/rnn/basic_lstm_cell", "rnn", 3, 5)
        | cells.dense("net/head", "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores, loss], {x: fill(2, 4, 3)}, truth)


def plain_descent() -> Program:
    """Gradient descent on a network whose loss nothing reads; bounded, bidirectional."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        length = tf.reduce_sum(tf.ones_like(x[:, :, 0], tf.int32), 1)
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(
            rnn_cell.GRUCell(5), rnn_cell.GRUCell(5), x, length, dtype=tf.float32
        )
        loss = tf.reduce_mean(tf.square(tf.concat(outputs, 2)))
        tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    scope = "bidirectional_rnn/{}/gru_cell"
    truth = Truth(
        axes={"time": Axis(4, bound=True)},
        layers={
            "fw": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "GRU", 5, 0, (("time", "BACKWARD"),)),
        },
        weights=cells.gru(scope.format("fw"), "fw", 3, 5)
        | cells.gru(scope.format("bw"), "bw", 3, 5),
        starts=cells.zeros("fw") + cells.zeros("bw"),
    )
    return Program(graph, [loss], {x: fill(2, 4, 3)}, truth)


def stateful() -> Program:
    """The last state of a run is kept for the next: a state's storage, which is no weight."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        kept = tf.get_variable("kept", [2, 5], trainable=False)
        outputs, last = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, initial_state=kept)
        with tf.control_dependencies([tf.assign(kept, last)]):
            outputs = tf.identity(outputs)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"kept": Weight("initial_state", (Uses("rnn"),))}
        | cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 3, 5),
        starts=(Start("rnn", "kept"),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 3)}, truth)


def regularised() -> Program:
    """A weight decay reads the kernels once more, outside time."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4, 3])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(5), x, dtype=tf.float32)
        scores = tf.layers.dense(outputs[:, -1], 2, name="head")
        kernels = [v for v in tf.trainable_variables() if v.op.name.endswith("kernel")]
        decay = tf.add_n([tf.nn.l2_loss(v) for v in kernels])
        loss = tf.reduce_mean(tf.square(scores)) + 0.01 * decay
        tf.train.AdamOptimizer(0.1).minimize(loss)
    weights = cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 3, 5) | cells.dense("head", "head")
    for name in ("rnn/basic_rnn_cell/kernel", "head/kernel"):
        weights[name] = replace(weights[name], uses=(*weights[name].uses, Uses("")))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD), "head": HEAD},
        weights=weights,
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores, loss], {x: fill(2, 4, 3)}, truth)


def linear_descent() -> Program:
    """No bias and no activation: the gradients are made of products like any other."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        one, other = tf.get_variable("one", [3, 4]), tf.get_variable("other", [4, 2])
        loss = tf.reduce_sum(tf.matmul(tf.matmul(x, one), other))
        tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    truth = Truth(
        layers={"one": HEAD, "other": HEAD},
        weights={v: Weight("kernel", (Uses(v),)) for v in ("one", "other")},
        connections=(("one", "other", 0),),
    )
    return Program(graph, [loss], {x: fill(2, 3)}, truth)


def linear_recurrence_descent() -> Program:
    """The same of a recurrence: its gradients are products and sums in a loop of their own."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w, u = tf.get_variable("w", [3, 5]), tf.get_variable("u", [5, 5])
        states = tf.scan(lambda h, v: tf.matmul(v, w) + tf.matmul(h, u), x, tf.zeros([2, 5]))
        loss = tf.reduce_sum(states)
        tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN|", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", (Uses("rnn", "time"),)),
            "u": Weight("recurrent_kernel", (Uses("rnn", "time"),)),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [loss], {x: fill(4, 2, 3)}, truth)
