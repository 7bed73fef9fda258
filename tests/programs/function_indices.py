"""Loops in a ``tf.function``: which element a step reads, where the state lies, when it ends."""

from __future__ import annotations

import tensorflow as tf

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import keras, of_function

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


def scan_of_keras() -> Program:
    """``keras.ops.scan``: the state lies in an array of one element."""
    w = _variable("w", 8, 5)

    def step(h, x):
        h = tf.tanh(tf.matmul(tf.concat([x, h], 1), w))
        return h, h

    def run(x):
        return keras.ops.scan(step, tf.zeros([2, 5]), x)[1]

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def taken_by_keras() -> Program:
    """``keras.ops.fori_loop`` and ``take``: the index may count from the end, and does not."""
    w = _variable("w", 8, 5)

    def run(x):
        def step(t, h):
            return tf.tanh(tf.matmul(tf.concat([keras.ops.take(x, t, axis=1), h], 1), w))

        return keras.ops.fori_loop(0, 4, step, tf.zeros([2, 5]))

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(2, 4, 3))


def in_an_order_of_its_own() -> Program:
    """The elements are read in the order of a table: neither forward nor backward."""
    w = _variable("w", 8, 5)

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            place = tf.constant([2, 0, 1, 3])[t]
            h = tf.tanh(tf.matmul(tf.concat([x[place], h], 1), w))
        return h

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "UNKNOWN"),))},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def every_other_step() -> Program:
    """Element t // 2 at step t: the same element twice, and forward all the same."""
    w = _variable("w", 8, 5)

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(8):
            h = tf.tanh(tf.matmul(tf.concat([x[t // 2], h], 1), w))
        return h

    truth = Truth(
        axes={"time": Axis(8)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def while_and_not() -> Program:
    """``while t < 4 and not all(done)``: at most 4 steps."""
    w = _variable("w", 8, 5)

    def run(x):
        h, t, done = tf.zeros([2, 5]), 0, tf.zeros([2], tf.bool)
        while t < 4 and not tf.reduce_all(done):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))
            done = tf.logical_or(done, h[:, 0] > 2.0)
            t += 1
        return h

    truth = Truth(
        axes={"time": Axis(4, bound=True)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def as_often_as_it_may() -> Program:
    """A loop whose condition always holds, and ``maximum_iterations``: no bound, the length."""
    w = _variable("w", 8, 5)

    def run(x):
        def step(t, h):
            return t + 1, tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))

        start = (0, tf.zeros([2, 5]))
        return tf.while_loop(lambda *_: True, step, start, maximum_iterations=4)[1]

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def all_but_the_first() -> Program:
    """A chain over the scores of a tagger, from the second word on: an axis of its own."""
    tagger = keras.layers.LSTM(4, return_sequences=True, name="tagger")
    scores = keras.layers.Dense(5, name="scores")
    tagger.build((2, 6, 3))
    scores.build((2, 6, 4))
    moves = _variable("moves", 5, 5)

    def run(x):
        score = tf.transpose(scores(tagger(x)), [1, 0, 2])
        best = score[0]
        for t in tf.range(1, 6):
            best = tf.reduce_max(best[:, :, None] + tf.nn.relu(moves), 1) + score[t]
        return best

    truth = Truth(
        axes={"words": Axis(6), "chain": Axis(5)},
        layers={
            "tagger": Layer("RECURRENT", "LSTM", 4, 0, (("words", "FORWARD"),)),
            "scores": Layer("SEQUENCE", runs=(("words", "*"),)),
            "moves": Layer("STEPWISE", runs=(("chain", "*"),)),
        },
        weights=recurrent(tagger, "tagger", ("words",))
        | dense(scores, "scores")
        | {"moves": Weight("other|bias", (Uses("moves", "chain"),))},
        starts=cells.zeros("tagger", 2),
        connections=(("tagger", "scores", 0), ("scores", "moves", ANY)),
    )
    return of_function(run, truth, fill(2, 6, 3))


def written_where_it_was_read() -> Program:
    """Element t of an array becomes tanh(element t, times w): no step needs another one's."""
    w = _variable("w", 5, 5)

    def run(x):
        values = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(x)
        for t in tf.range(4):
            values = values.write(t, tf.tanh(tf.matmul(values.read(t), w)))
        return values.stack()

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"out": Layer("STEPWISE", runs=(("time", "*"),))},
        weights={"w": Weight("kernel|projection", (Uses("out", "time"),))},
    )
    return of_function(run, truth, fill(4, 2, 5))


def all_that_was_written() -> Program:
    """h_t = tanh([x_t, mean of all h so far] w): the array is read as a whole in each step."""
    w = _variable("w", 8, 5)

    def run(x):
        states = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(tf.zeros([4, 2, 5]))
        for t in tf.range(4):
            so_far = tf.reduce_sum(states.stack(), 0) / tf.cast(t + 1, tf.float32)
            states = states.write(t, tf.tanh(tf.matmul(tf.concat([x[t], so_far], 1), w)))
        return states.stack()

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN|", None, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5))},
        starts=(Start("rnn", "zeros|"),),
    )
    return of_function(run, truth, fill(4, 2, 3))


def from_both_ends() -> Program:
    """Step k reads x[k] for one layer and x[5 - k] for the other, which goes backwards."""
    w, v = _variable("w", 8, 5), _variable("v", 8, 5)

    def run(x):
        h = g = tf.zeros([2, 5])
        for k in tf.range(6):
            h = tf.tanh(tf.matmul(tf.concat([x[k], h], 1), w))
            g = tf.tanh(tf.matmul(tf.concat([x[5 - k], g], 1), v))
        return h, g

    truth = Truth(
        axes={"time": Axis(6)},
        layers={
            "there": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "back": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "BACKWARD"),)),
        },
        weights={
            "w": Weight("kernel", (Uses("there", "time"),), cells.rows(3, 5)),
            "v": Weight("kernel", (Uses("back", "time"),), cells.rows(3, 5)),
        },
        starts=cells.zeros("there") + cells.zeros("back"),
    )
    return of_function(run, truth, fill(6, 2, 3))


def both_ends_at_once() -> Program:
    """One layer takes x[k] and x[5 - k] together: it goes in no direction."""
    w = _variable("w", 11, 5)

    def run(x):
        h = tf.zeros([2, 5])
        for k in tf.range(6):
            h = tf.tanh(tf.matmul(tf.concat([x[k], x[5 - k], h], 1), w))
        return h

    truth = Truth(
        axes={"time": Axis(6)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "UNKNOWN"),))},
        weights={"w": Weight("kernel", STEP, cells.rows(6, 5))},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(6, 2, 3))
