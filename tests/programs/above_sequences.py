"""What is put on top of a recurrent network: a conditional random field, CTC, several copies."""

from __future__ import annotations

import numpy as np

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
BACKWARD = (("time", "BACKWARD"),)
ON_TIME = (("time", "*"),)


class _Field(rnn_cell.RNNCell):
    """One step of the forward algorithm of a conditional random field."""

    state_size = 3
    output_size = 3

    def __init__(self, transitions):
        super().__init__()
        self._transitions = transitions

    def __call__(self, inputs, state, scope=None):  # noqa: ARG002
        paths = tf.expand_dims(state, 2) + tf.expand_dims(self._transitions, 0)
        alphas = inputs + tf.reduce_logsumexp(paths, [1])
        return alphas, alphas


def _both_ways(x):
    """A bidirectional GRU and its scores of three tags at each timestep."""
    outputs, _ = tf.nn.bidirectional_dynamic_rnn(
        rnn_cell.GRUCell(5), rnn_cell.GRUCell(5), x, dtype=tf.float32
    )
    return tf.layers.dense(tf.concat(outputs, 2), 3, name="scores")


BOTH_WAYS = {
    "fw": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
    "bw": Layer("RECURRENT", "GRU", 5, 0, BACKWARD),
    "scores": Layer("SEQUENCE", runs=ON_TIME),
}
WEIGHTS = (
    cells.gru("bidirectional_rnn/fw/gru_cell", "fw", 4, 5)
    | cells.gru("bidirectional_rnn/bw/gru_cell", "bw", 4, 5)
    | cells.dense("scores", "scores")
)
CONNECTIONS = (("fw", "scores", 0), ("bw", "scores", 0))


def random_field() -> Program:
    """Tags with a CRF: the probability of all paths is a loop over the transitions.

    That loop takes the second timestep first, so it is 4 long where the sequence is 5. Its state is
    only added to: transitions are no recurrent kernel. The score of the right path takes them once
    more, outside.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 5, 4])
        tags = tf.placeholder(tf.int32, [2, 5])
        scores = _both_ways(x)
        transitions = tf.get_variable("transitions", [3, 3])
        right = tf.reduce_sum(scores * tf.one_hot(tags, 3), [1, 2])
        steps = tf.gather(tf.reshape(transitions, [-1]), tags[:, :-1] * 3 + tags[:, 1:])
        right += tf.reduce_sum(steps, 1)
        _, alphas = tf.nn.dynamic_rnn(
            _Field(transitions), scores[:, 1:], initial_state=scores[:, 0], scope="field"
        )
        likelihood = right - tf.reduce_logsumexp(alphas, [1])
    truth = Truth(
        axes={"time": Axis(5), "rest": Axis(4)},
        layers=BOTH_WAYS
        | {
            "path": Layer("ONCE", runs=(("", ""),)),
            "field": Layer("STEPWISE", runs=(("rest", "*"),)),
        },
        weights=WEIGHTS
        | {"transitions": Weight("other|bias|embedding", (Uses("path"), Uses("field", "rest")))},
        starts=cells.zeros("fw") + cells.zeros("bw"),
        connections=CONNECTIONS,
        more_connections=True,
    )
    feeds = {x: fill(2, 5, 4), tags: np.array([[0, 1, 2, 1, 0], [2, 1, 0, 1, 2]], "i4")}
    return Program(graph, [likelihood], feeds, truth)


def temporal_classification() -> Program:
    """CTC: its loss and its decoder take the scores of all timesteps; they have no weights."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 5, 4])
        length = tf.placeholder(tf.int32, [2])
        labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [0, 1, 1], [2, 2])
        scores = tf.transpose(_both_ways(x), [1, 0, 2])
        loss = tf.nn.ctc_loss(labels, scores, length)
        (said,), _ = tf.nn.ctc_greedy_decoder(scores, length)
    truth = Truth(
        axes={"time": Axis(5)},
        layers=BOTH_WAYS,
        weights=WEIGHTS,
        starts=cells.zeros("fw") + cells.zeros("bw"),
        connections=CONNECTIONS,
    )
    feeds = {x: fill(2, 5, 4), length: np.array([5, 5], "i4")}
    return Program(graph, [loss, said.values], feeds, truth)


def trained_towers() -> Program:
    """Two towers on halves of a batch, their gradients averaged: one layer, two applications.

    Both halves have the same timesteps: those of the sequences that are divided.
    """
    with tf.Graph().as_default() as graph:
        optimizer, gradients, losses = tf.train.AdamOptimizer(), [], []
        x, y = tf.placeholder(tf.float32, [4, 5, 3]), tf.placeholder(tf.float32, [4, 2])
        for k, (part, right) in enumerate(zip(tf.split(x, 2), tf.split(y, 2), strict=True)):
            with (
                tf.device("/cpu:0"),
                tf.name_scope(f"gpu_{k}"),
                tf.variable_scope("model", reuse=tf.AUTO_REUSE),
            ):
                outputs, _ = tf.nn.dynamic_rnn(rnn_cell.LSTMCell(6), part, dtype=tf.float32)
                losses.append(tf.reduce_mean(tf.square(tf.layers.dense(outputs[:, -1], 2) - right)))
                gradients.append(optimizer.compute_gradients(losses[-1]))
        averaged = [
            (tf.add_n([g for g, _ in pairs]) / 2.0, pairs[0][1])
            for pairs in zip(*gradients, strict=True)
        ]
        optimizer.apply_gradients(averaged)
        loss = tf.add_n(losses) / 2.0
    axes = ("time", "time")
    truth = Truth(
        axes={"time": Axis(5)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 6, 0, FORWARD * 2),
            "head": Layer("ONCE", runs=(("", ""),) * 2),
        },
        weights=cells.lstm("model/rnn/lstm_cell", "rnn", 3, 6, axes)
        | cells.dense("model/dense", "head", times=2),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [loss], {x: fill(4, 5, 3), y: fill(4, 2)}, truth)


def train_validate_and_sample() -> Program:
    """One network of two layers, three times: 6 timesteps to train, 4 to validate, one to sample.

    The sampled one starts from states that are fed, and has one timestep: a dense layer on
    [2, 1, 5] is one on [2, 5], outside of time.
    """
    with tf.Graph().as_default() as graph:
        results, feeds, table = [], {}, None
        for name, steps in (("train", 6), ("valid", 4), ("sample", 1)):
            with tf.name_scope(name), tf.variable_scope("model", reuse=tf.AUTO_REUSE):
                words = tf.placeholder(tf.int32, [2, steps])
                table = tf.get_variable("table", [9, 5])
                stack = rnn_cell.MultiRNNCell([rnn_cell.BasicLSTMCell(5) for _ in range(2)])
                state = None
                if name == "sample":
                    starts = [[tf.placeholder(tf.float32, [2, 5]) for _ in "ch"] for _ in range(2)]
                    feeds |= {start: fill(2, 5) for pair in starts for start in pair}
                    state = tuple(rnn_cell.LSTMStateTuple(*pair) for pair in starts)
                outputs, _ = tf.nn.dynamic_rnn(
                    stack, tf.nn.embedding_lookup(table, words), initial_state=state,
                    dtype=tf.float32,
                )  # fmt: skip
                results.append(tf.layers.dense(outputs, 9))
            feeds[words] = (fill(2, steps) * 8).astype("i4")
    axes = ("train", "valid", "sample")
    runs = tuple((axis, "FORWARD") for axis in axes)
    scope = "model/rnn/multi_rnn_cell/cell"
    truth = Truth(
        axes={"train": Axis(6), "valid": Axis(4), "sample": Axis(1)},
        layers={
            "words": Layer("SEQUENCE", runs=tuple((axis, "*") for axis in axes)),
            "low": Layer("RECURRENT", "LSTM", 5, 0, runs),
            "high": Layer("RECURRENT", "LSTM", 5, 1, runs),
            "scores": Layer("SEQUENCE", runs=(("train", "*"), ("valid", "*"), ("", "*"))),
        },
        weights={"model/table": Weight("embedding", (Uses("words"),) * 3)}
        | cells.lstm(f"{scope}_0/basic_lstm_cell", "low", 5, 5, axes)
        | cells.lstm(f"{scope}_1/basic_lstm_cell", "high", 5, 5, axes)
        | cells.dense("model/dense", "scores", times=3),
        starts=cells.zeros("low", 2)
        + cells.zeros("high", 2)
        + (Start("low", "*"),) * 2
        + (Start("high", "*"),) * 2,
        connections=(("words", "low", 0), ("low", "high", 0), ("high", "scores", 0)),
    )
    return Program(graph, results, feeds, truth)


def one_lstm_twice() -> Program:
    """``[cell] * 2`` of an LSTM, of which only the last state is used: still two layers."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3, 5])
        cell = rnn_cell.BasicLSTMCell(5, name="only")
        _, state = tf.nn.dynamic_rnn(rnn_cell.MultiRNNCell([cell] * 2), x, dtype=tf.float32)
        scores = tf.layers.dense(state[-1].h, 2, name="head")
    use = (Uses("low", "time"), Uses("high", "time"))
    scope = "rnn/multi_rnn_cell/cell_0/only"
    alone = cells.lstm(scope, "low", 5, 5)
    truth = Truth(
        axes={"time": Axis(3)},
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights={n: Weight(w.role, use, w.blocks) for n, w in alone.items()}
        | cells.dense("head", "head"),
        starts=cells.zeros("low", 2) + cells.zeros("high", 2),
        connections=(("low", "high", 0), ("high", "head", 0)),
    )
    return Program(graph, [scores], {x: fill(2, 3, 5)}, truth)


def sampled_beside_the_loop() -> Program:
    """Trained in a loop, sampled by one call of the same cells on one word: no second loop.

    That call is one more place of each layer, outside time.
    """
    with tf.Graph().as_default() as graph:
        words = tf.placeholder(tf.int32, [2, 6])
        word = tf.placeholder(tf.int32, [2])
        states = [tf.placeholder(tf.float32, [2, 5], name=f"fed{k}") for k in range(3)]
        table = tf.get_variable("table", [9, 3])
        low = rnn_cell.GRUCell(5, name="low")
        high = rnn_cell.LSTMCell(5, use_peepholes=True, name="high")
        stack = rnn_cell.MultiRNNCell([low, high])
        with tf.variable_scope("model", reuse=tf.AUTO_REUSE) as scope:
            outputs, _ = tf.nn.dynamic_rnn(
                stack, tf.nn.embedding_lookup(table, words), dtype=tf.float32, scope=scope
            )
            trained = tf.layers.dense(outputs, 9, name="scores")
            state = (states[0], rnn_cell.LSTMStateTuple(*states[1:]))
            output, new = stack(tf.nn.embedding_lookup(table, word), state)
            sampled = tf.layers.dense(output, 9, name="scores")
    runs = (("time", "FORWARD"), ("", "FORWARD|UNKNOWN"))
    on_axes = ("time", "")
    place = "model/multi_rnn_cell/cell_"
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "words": Layer("SEQUENCE", runs=(("time", "*"), ("", "*"))),
            "low": Layer("RECURRENT", "GRU", 5, 0, runs),
            "high": Layer("RECURRENT", "LSTM", 5, 1, runs),
            "scores": Layer("SEQUENCE", runs=(("time", "*"), ("", "*"))),
        },
        weights={"table": Weight("embedding", (Uses("words"),) * 2)}
        | cells.gru(f"{place}0/low", "low", 3, 5, on_axes)
        | cells.lstm(f"{place}1/high", "high", 5, 5, on_axes)
        | cells.peepholes(f"{place}1/high", "high", on_axes)
        | cells.dense("model/scores", "scores", times=2),
        starts=cells.zeros("low") + cells.zeros("high", 2),
        connections=(("words", "low", 0), ("low", "high", 0), ("high", "scores", 0)),
    )
    feeds = {words: (fill(2, 6) * 8).astype("i4"), word: np.array([1, 2], "i4")}
    feeds |= {state: fill(2, 5) for state in states}
    return Program(graph, [trained, sampled, *tf.nest.flatten(new)], feeds, truth)
