"""Timesteps written out one by one by TensorFlow 1's own functions: `static_rnn` and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))
TIME = {"time": Axis(4, unrolled=True)}


def _over(cell: Any, weights: cells.Weights, layer: Layer, states: int) -> Program:
    """`static_rnn` over 4 timesteps of [2, 3], and a head on the last output."""
    x = tf.placeholder(tf.float32, [2, 4, 3])
    outputs, _ = tf.nn.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
    scores = tf.layers.dense(outputs[-1], 2, name="head")
    truth = Truth(
        axes=TIME,
        layers={"rnn": layer, "head": HEAD},
        weights=weights | cells.dense("head", "head"),
        starts=cells.zeros("rnn", states),
        connections=(("rnn", "head", 0),),
    )
    return Program(x.graph, [scores], {x: fill(2, 4, 3)}, truth)


def static_simple() -> Program:
    """A BasicRNNCell."""
    with tf.Graph().as_default():
        weights = cells.basic_rnn("rnn/basic_rnn_cell", "rnn", 3, 5)
        layer = Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)
        return _over(rnn_cell.BasicRNNCell(5), weights, layer, 1)


def static_lstm() -> Program:
    """An LSTMCell with peepholes and a projection."""
    with tf.Graph().as_default():
        scope = "rnn/lstm_cell"
        weights = cells.lstm(scope, "rnn", 3, 5, out=4) | cells.peepholes(scope, "rnn")
        weights[f"{scope}/projection/kernel"] = Weight("projection", (Uses("rnn", "time"),))
        layer = Layer("RECURRENT", "LSTM", 5, 0, FORWARD)
        cell = rnn_cell.LSTMCell(5, use_peepholes=True, num_proj=4)
        return _over(cell, weights, layer, 2)


def static_gru() -> Program:
    """A GRUCell."""
    with tf.Graph().as_default():
        layer = Layer("RECURRENT", "GRU", 5, 0, FORWARD)
        return _over(rnn_cell.GRUCell(5), cells.gru("rnn/gru_cell", "rnn", 3, 5), layer, 1)


def static_with_lengths() -> Program:
    """``sequence_length``: whether a step still runs is asked at each one; 4 is a bound."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        length = tf.placeholder(tf.int32, [2])
        outputs, state = tf.nn.static_rnn(
            rnn_cell.BasicLSTMCell(5), tf.unstack(x, axis=1), dtype=tf.float32,
            sequence_length=length,
        )  # fmt: skip
        together = tf.stack(outputs, 1)
    truth = Truth(
        axes={"time": Axis(4, bound=True, unrolled=True)},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD)},
        weights=cells.lstm("rnn/basic_lstm_cell", "rnn", 3, 5),
        starts=cells.zeros("rnn", 2),
    )
    feeds = {x: fill(2, 4, 3), length: np.array([4, 4], "i4")}
    return Program(graph, [together, *state], feeds, truth)


def static_stack() -> Program:
    """Three layers, written out together; every output goes through one dense layer at once."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        stack = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(5) for _ in range(3)])
        outputs, _ = tf.nn.static_rnn(stack, tf.unstack(x), dtype=tf.float32)
        scores = tf.layers.dense(tf.reshape(tf.concat(outputs, 1), [-1, 5]), 7, name="scores")
    weights: cells.Weights = {}
    starts: tuple[Start, ...] = ()
    for k in range(3):
        scope = f"rnn/multi_rnn_cell/cell_{k}/basic_lstm_cell"
        weights |= cells.lstm(scope, f"l{k}", 5 if k else 3, 5)
        starts += cells.zeros(f"l{k}", 2)
    truth = Truth(
        axes=TIME,
        layers={f"l{k}": Layer("RECURRENT", "LSTM", 5, k, FORWARD) for k in range(3)}
        | {"scores": Layer("SEQUENCE", runs=ON_TIME)},
        weights=weights | cells.dense("scores", "scores"),
        starts=starts,
        connections=(("l0", "l1", 0), ("l1", "l2", 0), ("l2", "scores", 0)),
    )
    return Program(graph, [scores], {x: fill(4, 2, 3)}, truth)


def static_bidirectional() -> Program:
    """`static_bidirectional_rnn`: the backward cell takes the list from its end."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        outputs, _, _ = tf.nn.static_bidirectional_rnn(
            rnn_cell.GRUCell(5), rnn_cell.GRUCell(6), tf.unstack(x, axis=1), dtype=tf.float32
        )
        together = tf.stack(outputs)
    scope = "bidirectional_rnn/{}/gru_cell"
    truth = Truth(
        axes=TIME,
        layers={
            "fw": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "bw": Layer("RECURRENT", "GRU", 6, 0, BACKWARD),
        },
        weights=cells.gru(scope.format("fw"), "fw", 3, 5)
        | cells.gru(scope.format("bw"), "bw", 3, 6),
        starts=cells.zeros("fw") + cells.zeros("bw"),
    )
    return Program(graph, [together], {x: fill(2, 4, 3)}, truth)


def static_bidirectional_stack() -> Program:
    """Two bidirectional layers, the second over both outputs of the first."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        values = tf.unstack(x, axis=1)
        for k in range(2):
            values, _, _ = tf.nn.static_bidirectional_rnn(
                rnn_cell.BasicLSTMCell(5), rnn_cell.BasicLSTMCell(5), values,
                dtype=tf.float32, scope=f"b{k}",
            )  # fmt: skip
        together = tf.stack(values)
    layers, weights, starts = {}, {}, ()
    for k in range(2):
        for way, runs in (("fw", FORWARD), ("bw", BACKWARD)):
            layers[f"{way}{k}"] = Layer("RECURRENT", "LSTM", 5, k, runs)
            scope = f"b{k}/{way}/basic_lstm_cell"
            weights |= cells.lstm(scope, f"{way}{k}", 10 if k else 3, 5)
            starts += cells.zeros(f"{way}{k}", 2)
    truth = Truth(
        axes=TIME,
        layers=layers,
        weights=weights,
        starts=starts,
        connections=tuple((f"{a}0", f"{b}1", 0) for a in ("fw", "bw") for b in ("fw", "bw")),
    )
    return Program(graph, [together], {x: fill(2, 4, 3)}, truth)


def static_one_cell_twice() -> Program:
    """``[cell] * 2``, written out: 8 uses of one kernel, layer after layer, every output kept."""
    return _one_cell_twice(every_output=True)


def static_one_cell_twice_at_the_end() -> Program:
    """The same with the last output alone: the lower layer takes an element at each step."""
    return _one_cell_twice(every_output=False)


def _one_cell_twice(every_output: bool) -> Program:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 5])
        cell = rnn_cell.BasicRNNCell(5, name="only")
        outputs, _ = tf.nn.static_rnn(
            rnn_cell.MultiRNNCell([cell] * 2), tf.unstack(x, axis=1), dtype=tf.float32
        )
        result = tf.stack(outputs) if every_output else outputs[-1]
    use = (Uses("low", "time"), Uses("high", "time"))
    scope = "rnn/multi_rnn_cell/cell_0/only"
    truth = Truth(
        axes=TIME,
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
    return Program(graph, [result], {x: fill(2, 4, 5)}, truth)


def static_encoder_decoder() -> Program:
    """An encoder of 4 timesteps; a decoder of 3 that starts from its last state."""
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [2, 4, 3])
        target = tf.placeholder(tf.float32, [2, 3, 6])
        with tf.variable_scope("e"):
            _, state = tf.nn.static_rnn(
                rnn_cell.GRUCell(5), tf.unstack(source, axis=1), dtype=tf.float32
            )
        with tf.variable_scope("d"):
            outputs, _ = tf.nn.static_rnn(rnn_cell.GRUCell(5), tf.unstack(target, axis=1), state)
        together = tf.stack(outputs, 1)
    truth = Truth(
        axes={"source": Axis(4, unrolled=True), "target": Axis(3, unrolled=True)},
        layers={
            "encoder": Layer("RECURRENT", "GRU", 5, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "GRU", 5, 0, (("target", "FORWARD"),)),
        },
        weights=cells.gru("e/rnn/gru_cell", "encoder", 3, 5, ("source",))
        | cells.gru("d/rnn/gru_cell", "decoder", 6, 5, ("target",)),
        starts=(*cells.zeros("encoder"), Start("decoder", "*")),
        connections=(("encoder", "decoder", ANY),),
    )
    feeds = {source: fill(2, 4, 3), target: fill(2, 3, 6)}
    return Program(graph, [together], feeds, truth)


def static_train_and_sample() -> Program:
    """A language model, written out 4 timesteps long to train, and one to sample from."""
    with tf.Graph().as_default() as graph:
        results, feeds = [], {}
        for name, steps in (("train", 4), ("sample", 1)):
            with tf.name_scope(name), tf.variable_scope("model", reuse=tf.AUTO_REUSE):
                words = tf.placeholder(tf.int32, [2, steps])
                first = tf.placeholder(tf.float32, [2, 5])
                table = tf.get_variable("table", [9, 3])
                values = tf.split(tf.nn.embedding_lookup(table, words), steps, 1)
                values = [tf.squeeze(value, [1]) for value in values]
                outputs, state = tf.nn.static_rnn(rnn_cell.GRUCell(5), values, first)
                flat = tf.reshape(tf.concat(outputs, 1), [-1, 5])
                results += [tf.layers.dense(flat, 9), state]
            feeds |= {words: (fill(2, steps) * 8).astype("i4"), first: fill(2, 5)}
    # One timestep alone shows no time: the copy for sampling is a place outside time.
    use = (Uses("rnn", "time"), Uses("rnn"))
    alone = cells.gru("model/rnn/gru_cell", "rnn", 3, 5)
    truth = Truth(
        axes=TIME,
        layers={
            "words": Layer("SEQUENCE", runs=(("time", "*"), ("", "*"))),
            "rnn": Layer("RECURRENT", "GRU", 5, 0, (("time", "FORWARD"), ("", "UNKNOWN"))),
            "scores": Layer("SEQUENCE", runs=(("time", "*"), ("", "*"))),
        },
        weights={n: Weight(w.role, use, w.blocks) for n, w in alone.items()}
        | {"model/table": Weight("embedding", (Uses("words"),) * 2)}
        | cells.dense("model/dense", "scores", times=2),
        starts=(Start("rnn", "*"),),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0)),
    )
    return Program(graph, results, feeds, truth)
