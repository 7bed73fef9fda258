"""Networks without a recurrence that are run again and again on what they said."""

from __future__ import annotations

from tests.programs.program import Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf

ON_TIME = (("time", "*"),)


def last_word_alone() -> Program:
    """A perceptron says the next word from the last one: six words, and nothing else is carried."""
    with tf.Graph().as_default() as graph:
        first = tf.placeholder(tf.int32, [2])
        table = tf.get_variable("table", [7, 3])
        hidden, out = tf.get_variable("hidden", [3, 5]), tf.get_variable("out", [5, 7])

        def step(t, word, said):
            h = tf.nn.relu(tf.matmul(tf.gather(table, word), hidden))
            word = tf.argmax(tf.matmul(h, out), 1, output_type=tf.int32)
            return t + 1, word, said.write(t, word)

        start = (0, first, tf.TensorArray(tf.int32, 6))
        *_, said = tf.while_loop(lambda t, *_: t < 6, step, start)
        words = said.stack()
    step_of = {key: (Uses(key, "time"),) for key in ("table", "hidden", "out")}
    truth = Truth(
        axes={"time": Axis(6)},
        layers={key: Layer("STEPWISE", runs=ON_TIME) for key in step_of},
        weights={
            "table": Weight("embedding", step_of["table"]),
            "hidden": Weight("kernel", step_of["hidden"]),
            "out": Weight("kernel|projection", step_of["out"]),
        },
        connections=(("table", "hidden", 0), ("hidden", "out", 0), ("out", "table", 1)),
    )
    return Program(graph, [words], {first: (fill(2) * 6).astype("i4")}, truth)


def kept_keys_and_values() -> Program:
    """A decoder of attention alone: it keeps the keys and values of all that it said.

    What is kept grows by one element a step; the weights make each element once.
    """
    with tf.Graph().as_default() as graph:
        first = tf.placeholder(tf.int32, [2])
        table, out = tf.get_variable("table", [7, 4]), tf.get_variable("out", [4, 7])
        query, key, value = (tf.get_variable(n, [4, 4]) for n in ("query", "key", "value"))

        def step(t, word, keys, values, said):
            x = tf.gather(table, word)
            place = tf.reshape(tf.one_hot(t, 5), [1, 5, 1])
            keys += place * tf.expand_dims(tf.matmul(x, key), 1)
            values += place * tf.expand_dims(tf.matmul(x, value), 1)
            asked = tf.expand_dims(tf.matmul(x, query), 1)
            chances = tf.nn.softmax(tf.reduce_sum(asked * keys, 2))
            seen = tf.reduce_sum(tf.expand_dims(chances, 2) * values, 1)
            word = tf.argmax(tf.matmul(seen, out), 1, output_type=tf.int32)
            return t + 1, word, keys, values, said.write(t, word)

        kept = tf.zeros([2, 5, 4])
        start = (0, first, kept, kept, tf.TensorArray(tf.int32, 5))
        *_, said = tf.while_loop(lambda t, *_: t < 5, step, start)
        words = said.stack()
    names = ("table", "query", "key", "value", "out")
    truth = Truth(
        axes={"time": Axis(5)},
        layers={name: Layer("STEPWISE", runs=ON_TIME) for name in names},
        weights={
            name: Weight("embedding|kernel|attention|projection", (Uses(name, "time"),))
            for name in names
        },
        more_connections=True,
    )
    return Program(graph, [words], {first: (fill(2) * 6).astype("i4")}, truth)


def last_value_alone() -> Program:
    """A perceptron that is run on its own result: y' = relu(y w) v. That does carry what is learnt.

    The value itself goes round, through weights, and is put out at each timestep: a recurrence.
    """
    with tf.Graph().as_default() as graph:
        first = tf.placeholder(tf.float32, [2, 3], name="first")
        w, v = tf.get_variable("w", [3, 5]), tf.get_variable("v", [5, 3])

        def step(t, y, said):
            y = tf.matmul(tf.nn.relu(tf.matmul(y, w)), v)
            return t + 1, y, said.write(t, y)

        start = (0, first, tf.TensorArray(tf.float32, 6))
        *_, said = tf.while_loop(lambda t, *_: t < 6, step, start)
        values = said.stack()
    use = (Uses("rnn", "time"),)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", "", 3, 0, (("time", "FORWARD|UNKNOWN"),))},
        weights={name: Weight("kernel|recurrent_kernel|projection", use) for name in ("w", "v")},
        starts=(Start("rnn", "first"),),
    )
    return Program(graph, [values], {first: fill(2, 3)}, truth)
