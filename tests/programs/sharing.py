"""Variables that are used in more than one place."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)


def train_and_validate() -> Program:
    """One network, built twice with other lengths: one layer with two applications."""
    with tf.Graph().as_default() as graph:
        scores, feeds = [], {}
        for name, steps in (("train", 5), ("valid", 7)):
            with tf.name_scope(name), tf.variable_scope("model", reuse=tf.AUTO_REUSE):
                x = tf.placeholder(tf.float32, [None, steps, 4])
                outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32)
                scores.append(tf.layers.dense(outputs[:, -1], 2))
            feeds[x] = fill(2, steps, 4)
    truth = Truth(
        axes={"train": Axis(5), "valid": Axis(7)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, (("train", "FORWARD"), ("valid", "FORWARD"))),
            "head": Layer("ONCE", runs=(("", ""), ("", ""))),
        },
        weights=cells.lstm("model/rnn/basic_lstm_cell", "rnn", 4, 5, ("train", "valid"))
        | cells.dense("model/dense", "head", times=2),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, scores, feeds, truth)


def towers() -> Program:
    """Two halves of a batch through one stack: same length, two applications of both layers."""
    with tf.Graph().as_default() as graph:
        results, feeds = [], {}
        for tower in range(2):
            with tf.name_scope(f"tower_{tower}"), tf.variable_scope("", reuse=tf.AUTO_REUSE):
                x = tf.placeholder(tf.float32, [None, 4, 3])
                cell = rnn_cell.MultiRNNCell([rnn_cell.GRUCell(5), rnn_cell.GRUCell(5)])
                outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
                results.append(outputs)
            feeds[x] = fill(2, 4, 3)
    axes = ("one", "two")
    runs = tuple((axis, "FORWARD") for axis in axes)
    scope = "rnn/multi_rnn_cell/cell"
    truth = Truth(
        axes={axis: Axis(4) for axis in axes},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, runs),
            "high": Layer("RECURRENT", "GRU", 5, 1, runs),
        },
        weights=cells.gru(f"{scope}_0/gru_cell", "low", 3, 5, axes)
        | cells.gru(f"{scope}_1/gru_cell", "high", 5, 5, axes),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return Program(graph, results, feeds, truth)


def one_cell_twice() -> Program:
    """``[cell] * 2``: two layers that share one kernel, which is read twice a timestep."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 5])
        cell = rnn_cell.BasicRNNCell(5, name="only")
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell([cell] * 2), x, dtype=tf.float32)
    use = (Uses("low", "time"), Uses("high", "time"))
    scope = "rnn/multi_rnn_cell/cell_0/only"
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "low": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "SimpleRNN", 5, 1, FORWARD),
        },
        weights={
            f"{scope}/kernel": Weight("kernel", use, cells.rows(5, 5)),
            f"{scope}/bias": Weight("bias", use),
        },
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 3, 5)}, truth)


def one_cell_two_loops() -> Program:
    """One cell over x, and again over its own outputs in a second loop: two layers, one kernel."""
    with tf.Graph().as_default() as graph:
        value = x = tf.placeholder(tf.float32, [None, 3, 5])
        for _ in range(2):
            with tf.variable_scope("same", reuse=tf.AUTO_REUSE):
                value, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), value, dtype=tf.float32)
    both = (Uses("low", "time"), Uses("high", "time"))
    alone = cells.gru("same/rnn/gru_cell", "low", 5, 5)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 5, 1, FORWARD),
        },
        weights={n: Weight(w.role, both, w.blocks) for n, w in alone.items()},
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return Program(graph, [value], {x: fill(2, 3, 5)}, truth)


def siamese() -> Program:
    """One encoder over two sentences of different lengths; their distance is put out."""
    with tf.Graph().as_default() as graph:
        ends, feeds = [], {}
        for steps in (4, 6):
            x = tf.placeholder(tf.float32, [None, steps, 3])
            with tf.variable_scope("encoder", reuse=tf.AUTO_REUSE):
                _, state = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32)
            ends.append(state.h)
            feeds[x] = fill(2, steps, 3)
        distance = tf.reduce_sum(tf.abs(ends[0] - ends[1]), 1)
    axes = ("first", "second")
    truth = Truth(
        axes={"first": Axis(4), "second": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, tuple((a, "FORWARD") for a in axes)),
        },
        weights=cells.lstm("encoder/rnn/basic_lstm_cell", "rnn", 3, 5, axes),
        starts=cells.zeros("rnn", 2),
    )
    return Program(graph, [distance], feeds, truth)


def tied_embedding() -> Program:
    """The embedding's table, transposed, is the kernel of the scores as well."""
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.int32, [2, 4])
        table = tf.get_variable("table", [11, 5])
        outputs, _ = tf.nn.dynamic_rnn(
            rnn_cell.BasicRNNCell(5), tf.nn.embedding_lookup(table, words), dtype=tf.float32
        )
        scores = tf.matmul(outputs[:, -1], table, transpose_b=True)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "embedding": Layer("SEQUENCE", runs=(("time", "*"),)),
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights={"table": Weight("embedding|kernel", (Uses("embedding"), Uses("head")))}
        | cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 5, 5),
        starts=cells.zeros("rnn"),
        connections=(("embedding", "rnn", 0), ("rnn", "head", 0)),
    )
    feeds = {words: fill(2, 4).astype("i4") + 3}
    return Program(graph, [scores], feeds, truth)
