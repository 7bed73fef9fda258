"""Timesteps that a program writes out itself: Python loops, scopes of each step, functions."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf

FORWARD = (("time", "FORWARD"),)
SAID = (("time", "FORWARD|UNKNOWN"),)
ON_TIME = (("time", "*"),)
HEAD = Layer("ONCE", runs=(("", ""),))
TIME = {"time": Axis(4, unrolled=True)}
STEP = (Uses("rnn", "time"),)
SIMPLE = Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)


def _two_kernels():
    return (
        tf.get_variable("w", [3, 5]),
        tf.get_variable("u", [5, 5]),
        tf.get_variable("b", [5]),
    )


WUB = {
    "w": Weight("kernel", STEP),
    "u": Weight("recurrent_kernel", STEP),
    "b": Weight("bias", STEP),
}


def by_hand_with_two_kernels() -> Program:
    """H = tanh(x w + h u + b), the last h alone is used."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w, u, b = _two_kernels()
        h = tf.zeros([2, 5])
        for t in range(4):
            h = tf.tanh(tf.matmul(x[t], w) + tf.matmul(h, u) + b)
        scores = tf.layers.dense(h, 2, name="head")
    truth = Truth(
        axes=TIME,
        layers={"rnn": SIMPLE, "head": HEAD},
        weights=WUB | cells.dense("head", "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [scores], {x: fill(4, 2, 3)}, truth)


def scope_for_each_step() -> Program:
    """Each step in a scope of its own, and an output and a loss at each."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        w, u, b = _two_kernels()
        v = tf.get_variable("v", [5, 2])
        h, outputs = tf.zeros([2, 5]), []
        for t in range(4):
            with tf.name_scope(f"step_{t}"):
                h = tf.tanh(tf.matmul(x[:, t], w) + tf.matmul(h, u) + b)
                outputs.append(tf.matmul(h, v))
        loss = tf.add_n([tf.reduce_sum(tf.square(y)) for y in outputs])
    truth = Truth(
        axes=TIME,
        layers={"rnn": SIMPLE, "out": Layer("STEPWISE", runs=ON_TIME)},
        weights=WUB | {"v": Weight("kernel|projection", (Uses("out", "time"),))},
        starts=cells.zeros("rnn"),
        connections=(("rnn", "out", 0),),
    )
    return Program(graph, [loss], {x: fill(2, 4, 3)}, truth)


def a_placeholder_for_each_step() -> Program:
    """The sequence is a list of placeholders: equal shapes, one after the other."""
    with tf.Graph().as_default() as graph:
        values = [tf.placeholder(tf.float32, [2, 3], name=f"x{t}") for t in range(4)]
        w, u, b = _two_kernels()
        h = tf.zeros([2, 5])
        for value in values:
            h = tf.tanh(tf.matmul(value, w) + tf.matmul(h, u) + b)
    truth = Truth(
        axes=TIME,
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, SAID)},
        weights=WUB,
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [h], {value: fill(2, 3) for value in values}, truth)


def products_before_the_steps() -> Program:
    """The products of all inputs are made at once; the steps take a part of them each."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        w, u, b = _two_kernels()
        fed = tf.unstack(tf.reshape(tf.matmul(tf.reshape(x, [-1, 3]), w), [4, 2, 5]))
        h, outputs = tf.zeros([2, 5]), []
        for value in fed:
            h = tf.tanh(value + tf.matmul(h, u) + b)
            outputs.append(h)
        together = tf.stack(outputs)
    truth = Truth(
        axes=TIME,
        layers={"rnn": SIMPLE},
        weights=WUB | {"w": Weight("kernel", (Uses("rnn"),))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [together], {x: fill(4, 2, 3)}, truth)


def said_word_by_word() -> Program:
    """A decoder written out: the best word of each step is looked up for the next."""
    with tf.Graph().as_default() as graph:
        h = first = tf.placeholder(tf.float32, [2, 5])
        table, kernel = tf.get_variable("table", [7, 3]), tf.get_variable("kernel", [8, 5])
        weight = tf.get_variable("weight", [5, 7])
        word, said = tf.constant([1, 1]), []
        for _ in range(4):
            value = tf.gather(table, word)
            h = tf.tanh(tf.matmul(tf.concat([value, h], 1), kernel))
            word = tf.argmax(tf.matmul(h, weight), 1, output_type=tf.int32)
            said.append(word)
        together = tf.stack(said)
    truth = Truth(
        axes=TIME,
        layers={
            "words": Layer("STEPWISE", runs=ON_TIME),
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, SAID),
            "scores": Layer("STEPWISE", runs=ON_TIME),
        },
        weights={
            "table": Weight("embedding", (Uses("words", "time"),)),
            "kernel": Weight("kernel", STEP, cells.rows(3, 5)),
            "weight": Weight("kernel|projection", (Uses("scores", "time"),)),
        },
        starts=(Start("rnn", "*"),),
        connections=(("words", "rnn", 0), ("rnn", "scores", 0), ("scores", "words", 1)),
    )
    return Program(graph, [together], {first: fill(2, 5)}, truth)


def written_out_attention() -> Program:
    """A decoder that attends to an encoder at each step; both are written out."""
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [2, 4, 3])
        target = tf.placeholder(tf.float32, [2, 3, 6])
        w, u, b = _two_kernels()
        h, memory = tf.zeros([2, 5]), []
        for value in tf.unstack(source, axis=1):
            h = tf.tanh(tf.matmul(value, w) + tf.matmul(h, u) + b)
            memory.append(h)
        seen = tf.stack(memory, 1)
        kernel, query = tf.get_variable("kernel", [16, 5]), tf.get_variable("query", [5, 5])
        context, s, outputs = tf.zeros([2, 5]), tf.zeros([2, 5]), []
        for value in tf.unstack(target, axis=1):
            s = tf.tanh(tf.matmul(tf.concat([value, context, s], 1), kernel))
            asked = tf.expand_dims(tf.matmul(s, query), 1)
            chances = tf.nn.softmax(tf.reduce_sum(asked * seen, 2))
            context = tf.reduce_sum(tf.expand_dims(chances, 2) * seen, 1)
            outputs.append(context)
        together = tf.stack(outputs, 1)
    source_step, target_step = (Uses("encoder", "source"),), (Uses("decoder", "target"),)
    truth = Truth(
        axes={"source": Axis(4, unrolled=True), "target": Axis(3, unrolled=True)},
        layers={
            "encoder": Layer("RECURRENT", "SimpleRNN", 5, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "SimpleRNN", 5, 0, (("target", "FORWARD"),)),
            "query": Layer("STEPWISE", runs=(("target", "*"),)),
        },
        weights={
            "w": Weight("kernel", source_step),
            "u": Weight("recurrent_kernel", source_step),
            "b": Weight("bias", source_step),
            "kernel": Weight("kernel", target_step),
            "query": Weight("kernel|attention", (Uses("query", "target"),)),
        },
        starts=cells.zeros("encoder") + cells.zeros("decoder"),
        connections=(("decoder", "query", 0), ("query", "decoder", 1)),
        more_connections=True,
    )
    feeds = {source: fill(2, 4, 3), target: fill(2, 3, 6)}
    return Program(graph, [together], feeds, truth)


def input_at_every_depth() -> Program:
    """H = tanh(x w + h u + b) with the same x each time: a fixed point, and no time."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        w, u, b = _two_kernels()
        h = tf.zeros([2, 5])
        for _ in range(4):
            h = tf.tanh(tf.matmul(x, w) + tf.matmul(h, u) + b)
    use = (Uses("rounds", reads=4),)
    truth = Truth(
        layers={"rounds": Layer("UNKNOWN", runs=None)},
        weights={
            "w": Weight("kernel|other", use),
            "u": Weight("kernel|recurrent_kernel|other", use),
            "b": Weight("bias|other", use),
        },
    )
    return Program(graph, [h], {x: fill(2, 3)}, truth)


def trained_through_time() -> Program:
    """With an optimizer: its derivatives take every step's values, and are no timesteps."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        w, u, b = _two_kernels()
        h = tf.zeros([2, 5])
        for value in tf.unstack(x, axis=1):
            h = tf.tanh(tf.matmul(value, w) + tf.matmul(h, u) + b)
        scores = tf.layers.dense(h, 2, name="head")
        loss = tf.reduce_mean(tf.square(scores))
        tf.train.AdamOptimizer().minimize(loss)
    truth = Truth(
        axes=TIME,
        layers={"rnn": SIMPLE, "head": HEAD},
        weights=WUB | cells.dense("head", "head"),
        starts=cells.zeros("rnn"),
        connections=(("rnn", "head", 0),),
    )
    return Program(graph, [loss], {x: fill(2, 4, 3)}, truth)
