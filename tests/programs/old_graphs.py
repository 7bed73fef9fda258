"""What old versions of TensorFlow wrote, and conditions and loops one inside the other."""

from __future__ import annotations

from tests.programs import cells
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf1 import rnn_cell, tf

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)
SIMPLE = Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)


def _old_variable(name, *shape):
    """The first kind of variable, and what it starts from."""
    variable = tf.raw_ops.Variable(shape=list(shape), dtype=tf.float32, name=name)
    first = tf.raw_ops.Assign(ref=variable, value=tf.constant(fill(*shape)), name=f"{name}/Assign")
    tf.get_default_graph().add_to_collection(tf.GraphKeys.INIT_OP, first.op)
    return variable


def first_variables() -> Program:
    """Variables of TensorFlow 0.x, which a loop takes in by reference: a RefEnter for each."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w, b = _old_variable("w", 9, 5), _old_variable("b", 5)

        def step(h, v):
            return tf.tanh(tf.matmul(tf.concat([v, h], 1), tf.identity(w)) + tf.identity(b))

        states = tf.scan(step, x, tf.zeros([2, 5]))
    assert "RefEnter" in {op.type for op in graph.get_operations()}
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": SIMPLE},
        weights={"w": Weight("kernel", STEP, cells.rows(4, 5)), "b": Weight("bias", STEP)},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(6, 2, 4)}, truth)


def references_carried() -> Program:
    """A loop of references: RefMerge, RefSwitch, RefNextIteration around each variable."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w = _old_variable("w", 9, 5)
        values = tf.TensorArray(tf.float32, 6).unstack(x)

        def step(t, h, kernel):
            product = tf.matmul(tf.concat([values.read(t), h], 1), tf.identity(kernel))
            return t + 1, tf.tanh(product), kernel

        _, h, _ = tf.while_loop(lambda t, *_: t < 6, step, (0, tf.zeros([2, 5]), w))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": SIMPLE},
        weights={"w": Weight("kernel", STEP, cells.rows(4, 5))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [h], {x: fill(6, 2, 4)}, truth)


def layer_that_may_be_left_out() -> Program:
    """A condition around a loop: the second layer runs or hands its input on."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 5])
        deep = tf.placeholder(tf.bool, [])
        with tf.variable_scope("low"):
            low, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), x, dtype=tf.float32)

        def above():
            with tf.variable_scope("high"):
                return tf.nn.dynamic_rnn(rnn_cell.GRUCell(5), low, dtype=tf.float32)[0]

        outputs = tf.cond(deep, above, lambda: low)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "GRU", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "GRU", 5, 1, FORWARD),
        },
        weights=cells.gru("low/rnn/gru_cell", "low", 5, 5)
        | cells.gru("high/rnn/gru_cell", "high", 5, 5),
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return Program(graph, [outputs], {x: fill(2, 4, 5), deep: True}, truth)


def step_that_may_be_left_out() -> Program:
    """A condition in a loop: where a frame is blank, the whole step is left out."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w, u = tf.get_variable("w", [4, 5]), tf.get_variable("u", [5, 5])

        def step(h, v):
            return tf.cond(
                tf.reduce_any(v > 0.0),
                lambda: tf.tanh(tf.matmul(v, w) + tf.matmul(h, u)),
                lambda: tf.identity(h),
            )

        states = tf.scan(step, x, tf.zeros([2, 5]))
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": SIMPLE},
        weights={"w": Weight("kernel", STEP), "u": Weight("recurrent_kernel", STEP)},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(6, 2, 4)}, truth)


def letters_where_a_word_has_some() -> Program:
    """A loop in a condition in a loop: a word's letters are read where it has any."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3, 4, 2, 6])
        w, u = tf.get_variable("w", [6, 3]), tf.get_variable("u", [3, 3])
        kernel = tf.get_variable("kernel", [8, 5])

        def read(letters):
            return tf.foldl(
                lambda h, v: tf.tanh(tf.matmul(v, w) + tf.matmul(h, u)), letters, tf.zeros([2, 3])
            )

        def step(h, letters):
            word = tf.cond(
                tf.reduce_any(letters > 0.0), lambda: read(letters), lambda: tf.zeros([2, 3])
            )
            return tf.tanh(tf.matmul(tf.concat([word, h], 1), kernel))

        states = tf.scan(step, x, tf.zeros([2, 5]))
    inner = (Uses("letters", "letters"),)
    truth = Truth(
        axes={"words": Axis(3), "letters": Axis(4, parent="words")},
        layers={
            "letters": Layer("RECURRENT", "SimpleRNN", 3, 0, (("letters", "FORWARD"),)),
            "words": Layer("RECURRENT", "SimpleRNN", 5, 0, (("words", "FORWARD"),)),
        },
        weights={
            "w": Weight("kernel", inner),
            "u": Weight("recurrent_kernel", inner),
            "kernel": Weight("kernel", (Uses("words", "words"),), cells.rows(3, 5)),
        },
        starts=cells.zeros("letters") + cells.zeros("words"),
        connections=(("letters", "words", 0),),
    )
    return Program(graph, [states], {x: fill(3, 4, 2, 6)}, truth)
