"""Loops that go round without time: fixed points, equilibria, rounds of one layer, sampling."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

HEAD = Layer("ONCE", runs=(("", ""),))
ROUNDS = Layer("ONCE|UNKNOWN", runs=(("", "*"),))
FORWARD = (("time", "FORWARD"),)


def fixed_point() -> Program:
    """Six times z = tanh(z w + x u + b), and a head: z is the state of no sequence."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4])
        w, u = tf.get_variable("w", [5, 5]), tf.get_variable("u", [4, 5])
        b = tf.get_variable("b", [5])

        def step(k, z):
            return k + 1, tf.tanh(tf.matmul(z, w) + tf.matmul(x, u) + b)

        _, z = tf.while_loop(lambda k, _: k < 6, step, (0, tf.zeros([2, 5])))
        scores = tf.layers.dense(z, 2, name="head")
    around = (Uses("rounds", reads=6),)
    truth = Truth(
        layers={"rounds": ROUNDS, "head": HEAD},
        weights={
            "w": Weight("kernel|recurrent_kernel|other", around),
            "u": Weight("kernel|other", around),
            "b": Weight("bias|other", around),
        }
        | cells.dense("head", "head"),
        connections=(("rounds", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4)}, truth)


def tied_transformer() -> Program:
    """One attention block, applied four times to all of a sequence: depth with tied weights."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 4])
        query, key = tf.get_variable("query", [4, 4]), tf.get_variable("key", [4, 4])

        def product(value, kernel):
            return tf.reshape(tf.matmul(tf.reshape(value, [-1, 4]), kernel), [2, 6, 4])

        def step(k, z):
            scores = tf.matmul(product(z, query), product(z, key), transpose_b=True)
            return k + 1, z + tf.matmul(tf.nn.softmax(scores), z)

        _, z = tf.while_loop(lambda k, _: k < 4, step, (0, x))
    around = (Uses("rounds", reads=4),)
    truth = Truth(
        layers={"rounds": ROUNDS},
        weights={name: Weight("kernel|attention|other", around) for name in ("query", "key")},
    )
    return Program(graph, [z], {x: fill(2, 6, 4)}, truth)


def equilibrium() -> Program:
    """A DEQ: Anderson's mixing keeps the last three iterates, at places that go round.

    What comes of the input is computed before the loop: the rounds' own input weights.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4])
        w, u = tf.get_variable("w", [5, 5]), tf.get_variable("u", [4, 5])
        fed = tf.matmul(x, u)

        def step(k, z, kept):
            new = tf.tanh(tf.matmul(z, w) + fed)
            place = tf.reshape(tf.one_hot(tf.mod(k, 3), 3), [3, 1, 1])
            kept = kept * (1.0 - place) + place * tf.expand_dims(new, 0)
            weights = tf.nn.softmax(-tf.reduce_sum(tf.square(kept - z), [1, 2]))
            return k + 1, tf.reduce_sum(tf.reshape(weights, [3, 1, 1]) * kept, 0), kept

        start = (0, tf.zeros([2, 5]), tf.zeros([3, 2, 5]))
        _, z, _ = tf.while_loop(lambda k, *_: k < 7, step, start)
    truth = Truth(
        layers={"rounds": ROUNDS},
        weights={
            "w": Weight("kernel|recurrent_kernel|other", (Uses("rounds", reads=7),)),
            "u": Weight("kernel|other", (Uses("rounds"),)),
        },
    )
    return Program(graph, [z], {x: fill(2, 4)}, truth)


def power_iteration() -> Program:
    """Spectral normalisation: the kernel is divided by its largest singular value, found in a loop.

    The loop has no data at all: the kernel is read twice a round. For the norm it is turned around.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4])
        kernel = tf.get_variable("kernel", [4, 5])

        def step(k, v):
            v = tf.nn.l2_normalize(tf.matmul(tf.matmul(v, kernel, transpose_b=True), kernel))
            return k + 1, v

        _, v = tf.while_loop(lambda k, _: k < 3, step, (0, tf.ones([1, 5])))
        scores = tf.matmul(x, kernel) / tf.norm(tf.matmul(v, kernel, transpose_b=True))
    truth = Truth(
        layers={"rounds": ROUNDS, "head": HEAD, "norm": HEAD},
        weights={
            "kernel": Weight("kernel|other", (Uses("rounds", reads=6), Uses("head"), Uses("norm")))
        },
        connections=(("rounds", "norm", 0),),
    )
    return Program(graph, [scores], {x: fill(2, 4)}, truth)


def rounds_within_a_timestep() -> Program:
    """At each timestep the state is refined twice by a loop within: time outside, rounds inside."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w, u = tf.get_variable("w", [4, 5]), tf.get_variable("u", [5, 5])

        def step(h, v):
            fed = tf.matmul(v, w)

            def refine(k, h):
                return k + 1, tf.tanh(fed + tf.matmul(h, u))

            return tf.while_loop(lambda k, _: k < 2, refine, (0, h))[1]

        states = tf.scan(step, x, tf.zeros([2, 5]))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN|", 5, 0, FORWARD)},
        weights={
            "w": Weight("kernel", (Uses("rnn", "time"),)),
            "u": Weight("recurrent_kernel", (Uses("rnn", "time", reads=2),)),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(6, 2, 4)}, truth)


def sampled_for_contrast() -> Program:
    """Contrastive divergence above an LSTM: the machine's bias comes from its state (an RNN-RBM).

    The LSTM has time; the Gibbs steps at each timestep have none. The bias is computed before them,
    of the LSTM's outputs: part of what the machine is made of.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 6, 4])
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32)
        flat = tf.reshape(outputs, [-1, 5])
        bias = tf.layers.dense(flat, 4, name="bias")
        w = tf.get_variable("w", [4, 3])

        def step(k, v):
            h = tf.sigmoid(tf.matmul(v, w))
            return k + 1, tf.sigmoid(tf.matmul(h, w, transpose_b=True) + bias)

        _, sample = tf.while_loop(lambda k, _: k < 5, step, (0, tf.reshape(x, [-1, 4])))
        sample = tf.reshape(sample, [2, 6, 4])
    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "machine": ROUNDS,
        },
        weights=cells.lstm("rnn/basic_lstm_cell", "rnn", 4, 5)
        | {
            "w": Weight("kernel|other", (Uses("machine", reads=10),)),
            "bias/kernel": Weight("kernel|other", (Uses("machine"),)),
            "bias/bias": Weight("bias|other", (Uses("machine"),)),
        },
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "machine", ANY),),
    )
    return Program(graph, [sample], {x: fill(2, 6, 4)}, truth)


def best_of_a_chain() -> Program:
    """Beam search over a language model without a state: what is next is looked up in a table.

    It goes along a sequence that it writes, and carries words and chances; nothing is learnt
    through time.
    """
    with tf.Graph().as_default() as graph:
        first = tf.placeholder(tf.int32, [3])
        table = tf.get_variable("table", [7, 7])

        def step(t, word, chances, said):
            scores = tf.nn.log_softmax(tf.gather(table, word))
            chances, best = tf.nn.top_k(tf.reshape(tf.expand_dims(chances, 1) + scores, [-1]), 3)
            word = tf.mod(best, 7)
            return t + 1, word, chances, said.write(t, word)

        start = (0, first, tf.zeros([3]), tf.TensorArray(tf.int32, 4))
        *_, said = tf.while_loop(lambda t, *_: t < 4, step, start)
        outputs = said.stack()
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"table": Layer("STEPWISE", runs=(("time", "*"),))},
        weights={"table": Weight("embedding|kernel|other", (Uses("table", "time"),))},
        more_connections=True,
    )
    return Program(graph, [outputs], {first: (fill(3) * 6).astype("i4")}, truth)


def runge_kutta() -> Program:
    """Four slopes, each at a place that the one before gives, and their weighted sum; five times.

    The results of the slopes are added up, which does not make timesteps of them.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        w, b = tf.get_variable("w", [3, 3]), tf.get_variable("b", [3])

        def slope(y):
            return tf.tanh(tf.matmul(y, w) + b)

        def step(k, y):
            one = slope(y)
            two = slope(y + 0.05 * one)
            three = slope(y + 0.05 * two)
            four = slope(y + 0.1 * three)
            return k + 1, y + 0.1 / 6 * (one + 2.0 * two + 2.0 * three + four)

        _, y = tf.while_loop(lambda k, _: k < 5, step, (0, x))
    around = (Uses("rounds", reads=20),)
    truth = Truth(
        layers={"rounds": ROUNDS},
        weights={
            "w": Weight("kernel|recurrent_kernel|other", around),
            "b": Weight("bias|other", around),
        },
    )
    return Program(graph, [y], {x: fill(2, 3)}, truth)


def summed_stack() -> Program:
    """A residual block, written out five times with the same weights; all blocks have a say."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        w, b = tf.get_variable("w", [3, 3]), tf.get_variable("b", [3])
        value, total = x, tf.zeros([2, 3])
        for _ in range(5):
            value = value + tf.tanh(tf.matmul(value, w) + b)
            total = total + value
    around = (Uses("rounds", reads=5),)
    truth = Truth(
        layers={"rounds": Layer("ONCE|UNKNOWN", runs=None)},
        weights={
            "w": Weight("kernel|recurrent_kernel|other", around),
            "b": Weight("bias|other", around),
        },
    )
    return Program(graph, [total], {x: fill(2, 3)}, truth)
