"""Written-out networks of the kinds that are published, each reduced to what is recurrent in it."""

from __future__ import annotations

from typing import Any

from tests.programs import cells
from tests.programs.program import (
    ANY,
    Axis,
    Layer,
    Program,
    Start,
    Truth,
    Uses,
    Weight,
    fill,
)
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
ON_TIME = (("time", "*"),)
TIME = {"time": Axis(4, unrolled=True)}


def four_gates_by_hand() -> Program:
    """An LSTM with three variables for each gate; the first states are fed, the last ones fetched.

    All outputs, one behind the other in the batch, go through one product.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        gates = {
            gate: (
                tf.get_variable(f"{gate}x", [3, 5]),
                tf.get_variable(f"{gate}m", [5, 5]),
                tf.get_variable(f"{gate}b", [1, 5]),
            )
            for gate in "ifco"
        }
        h, c = first = [tf.placeholder(tf.float32, [2, 5], name=n) for n in ("output", "state")]
        w, b = tf.get_variable("w", [5, 7]), tf.get_variable("b", [7])

        def gate(name: str, value: Any, h: Any) -> Any:
            fed, back, bias = gates[name]
            return tf.matmul(value, fed) + tf.matmul(h, back) + bias

        outputs = []
        for t in range(4):
            i, f, o = (tf.sigmoid(gate(name, x[t], h)) for name in "ifo")
            c = f * c + i * tf.tanh(gate("c", x[t], h))
            h = o * tf.tanh(c)
            outputs.append(h)
        scores = tf.nn.xw_plus_b(tf.concat(outputs, 0), w, b)
    use = (Uses("rnn", "time"),)
    weights = {}
    for name in "ifco":
        weights |= {
            f"{name}x": Weight("kernel", use),
            f"{name}m": Weight("recurrent_kernel", use),
            f"{name}b": Weight("bias", use),
        }
    truth = Truth(
        axes=TIME,
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "scores": Layer("SEQUENCE", runs=ON_TIME),
        },
        weights=weights
        | {
            "w": Weight("kernel", (Uses("scores"),)),
            "b": Weight("bias", (Uses("scores"),)),
        },
        starts=(Start("rnn", "output"), Start("rnn", "state")),
        connections=(("rnn", "scores", 0),),
    )
    feeds = {x: fill(4, 2, 3)} | {start: fill(2, 5) for start in first}
    return Program(graph, [scores, h, c], feeds, truth)


def three_copies_trained() -> Program:
    """A language model of two layers, 4 timesteps to train and twice one to sample from.

    Each copy has its loss and its optimizer. With one timestep nothing is carried: the copies to
    sample from are places of the same layers, outside time.
    """
    with tf.Graph().as_default() as graph:
        results, feeds = [], {}
        for copy, steps in enumerate((4, 1, 1)):
            with tf.variable_scope("model", reuse=tf.AUTO_REUSE):
                words = tf.placeholder(tf.int32, [2, steps])
                right = tf.placeholder(tf.int32, [2, steps])
                stack = rnn_cell.MultiRNNCell([rnn_cell.LSTMCell(5) for _ in range(2)])
                table = tf.get_variable("table", [9, 5])
                values = tf.split(tf.nn.embedding_lookup(table, words), steps, 1)
                values = [tf.squeeze(value, [1]) for value in values]
                state = stack.zero_state(2, tf.float32)
                outputs = []
                with tf.variable_scope("decoder", reuse=tf.AUTO_REUSE):
                    for value in values:
                        output, state = stack(value, state)
                        outputs.append(output)
                flat = tf.reshape(tf.concat(outputs, 1), [-1, 5])
                weight, bias = tf.get_variable("weight", [5, 9]), tf.get_variable("bias", [9])
                scores = tf.matmul(flat, weight) + bias
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(
                        labels=tf.reshape(right, [-1]), logits=scores
                    )
                )
            with tf.variable_scope(f"train_{copy}"):
                optimizer = tf.train.AdamOptimizer()
                pairs = optimizer.compute_gradients(loss)
                clipped, _ = tf.clip_by_global_norm([g for g, _ in pairs], 5.0)
                optimizer.apply_gradients(zip(clipped, [v for _, v in pairs], strict=True))
            results += [tf.nn.softmax(scores), loss]
            feeds |= {value: (fill(2, steps) * 8).astype("i4") for value in (words, right)}
    axes = ("train", "", "")
    runs = (("train", "FORWARD"), *[("", "UNKNOWN")] * 2)
    scope = "model/decoder/multi_rnn_cell/cell"
    truth = Truth(
        axes={"train": Axis(4, unrolled=True)},
        layers={
            "words": Layer("SEQUENCE", runs=None),
            "low": Layer("RECURRENT", "LSTM", 5, 0, runs),
            "high": Layer("RECURRENT", "LSTM", 5, 1, runs),
            "scores": Layer("SEQUENCE", runs=None),
        },
        weights={
            "model/table": Weight("embedding", (Uses("words"),) * 3),
            "model/weight": Weight("kernel", (Uses("scores"),) * 3),
            "model/bias": Weight("bias", (Uses("scores"),) * 3),
        }
        | cells.lstm(f"{scope}_0/lstm_cell", "low", 5, 5, axes)
        | cells.lstm(f"{scope}_1/lstm_cell", "high", 5, 5, axes),
        starts=cells.zeros("low", 2) + cells.zeros("high", 2),
        connections=(("words", "low", 0), ("low", "high", 0), ("high", "scores", 0)),
    )
    return Program(graph, results, feeds, truth)


def buckets_of_sentences() -> Program:
    """One encoder and decoder, written out for sentences of two lengths: two applications each."""
    with tf.Graph().as_default() as graph:
        results, feeds = [], {}
        for source_steps, target_steps in ((3, 2), (5, 4)):
            sources = [tf.placeholder(tf.float32, [2, 3]) for _ in range(source_steps)]
            targets = [tf.placeholder(tf.float32, [2, 6]) for _ in range(target_steps)]
            with tf.variable_scope("model", reuse=tf.AUTO_REUSE):
                with tf.variable_scope("encoder", reuse=tf.AUTO_REUSE):
                    _, state = tf.nn.static_rnn(rnn_cell.GRUCell(5), sources, dtype=tf.float32)
                with tf.variable_scope("decoder", reuse=tf.AUTO_REUSE):
                    outputs, _ = tf.nn.static_rnn(rnn_cell.GRUCell(5), targets, state)
            results.append(tf.stack(outputs))
            feeds |= {value: fill(2, 3) for value in sources}
            feeds |= {value: fill(2, 6) for value in targets}
    sources_of, targets_of = ("source3", "source5"), ("target2", "target4")
    runs = {
        key: tuple((axis, "FORWARD|UNKNOWN") for axis in axes)
        for key, axes in (("encoder", sources_of), ("decoder", targets_of))
    }
    truth = Truth(
        axes={axis: Axis(int(axis[-1]), unrolled=True) for axis in (*sources_of, *targets_of)},
        layers={key: Layer("RECURRENT", "GRU", 5, 0, runs[key]) for key in runs},
        weights=cells.gru("model/encoder/rnn/gru_cell", "encoder", 3, 5, sources_of)
        | cells.gru("model/decoder/rnn/gru_cell", "decoder", 6, 5, targets_of),
        starts=(*cells.zeros("encoder"), Start("decoder", "*"), Start("decoder", "*")),
        connections=(("encoder", "decoder", ANY),),
    )
    return Program(graph, results, feeds, truth)


def drawn_in_glimpses() -> Program:
    """DRAW: at each step an encoder looks at the same picture and at what is drawn so far.

    The losses of all steps are collected, so its steps are told apart: it is time. The canvas
    starts from zeros and is only added to; it goes round through both recurrences.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6])
        read, write = tf.get_variable("read", [17, 5]), tf.get_variable("write", [5, 6])
        draw, mean = tf.get_variable("draw", [8, 5]), tf.get_variable("mean", [5, 3])
        canvas, seen, drawn, means = tf.zeros([2, 6]), tf.zeros([2, 5]), tf.zeros([2, 5]), []
        for _ in range(4):
            error = x - tf.sigmoid(canvas)
            seen = tf.tanh(tf.matmul(tf.concat([x, error, seen], 1), read))
            means.append(tf.matmul(seen, mean))
            drawn = tf.tanh(tf.matmul(tf.concat([means[-1], drawn], 1), draw))
            canvas += tf.matmul(drawn, write)
        loss = tf.add_n([tf.reduce_sum(tf.square(m)) for m in means]) + tf.reduce_sum(canvas)
    truth = Truth(
        axes=TIME,
        layers={
            "seen": Layer("RECURRENT", "SimpleRNN|", 5, 0, (("time", "FORWARD|UNKNOWN"),)),
            "mean": Layer("STEPWISE", runs=ON_TIME),
            "drawn": Layer("RECURRENT", "SimpleRNN|", 5, 1, (("time", "FORWARD|UNKNOWN"),)),
            "write": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "read": Weight("kernel", (Uses("seen", "time"),)),
            "mean": Weight("kernel|projection", (Uses("mean", "time"),)),
            "draw": Weight("kernel", (Uses("drawn", "time"),)),
            "write": Weight("kernel|projection", (Uses("write", "time"),)),
        },
        starts=cells.zeros("seen") + cells.zeros("drawn"),
        connections=(
            ("seen", "mean", 0),
            ("mean", "drawn", 0),
            ("drawn", "write", 0),
            ("write", "seen", 1),
        ),
    )
    return Program(graph, [loss], {x: fill(2, 6)}, truth)
