"""Frozen graphs: constants took the place of the variables; the truth stays the same."""

from __future__ import annotations

from tests.programs import (
    around,
    bidirectional,
    by_hand_cells,
    cells,
    keras_legacy,
    kernels_on_the_way,
    lstms,
    stacked,
)
from tests.programs.freezing import freeze, quantize
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf


def frozen_tutorial() -> Program:
    """GRUs, a bound and a head, frozen."""
    return freeze(stacked.tutorial)


def frozen_peepholes() -> Program:
    """Constants that are used element by element."""
    return freeze(lstms.lstm_everything)


def frozen_bidirectional() -> Program:
    """Two stacked bidirectional layers, frozen."""
    return freeze(bidirectional.stacked_bidirectional)


def frozen_embedding() -> Program:
    """Gather params, LSTM, dense over all timesteps, frozen."""
    return freeze(around.embedding_to_dense)


def frozen_keras_lstm() -> Program:
    """Resource variables read inside the loop become constants outside it."""
    return freeze(keras_legacy.keras_lstm)


def frozen_elman() -> Program:
    """The bias is added to what was added before: a constant, and a variable all the same."""
    return freeze(kernels_on_the_way.elman)


def frozen_block_cell() -> Program:
    """The zeros that stand for peepholes, which the cell is told to do without, are no weights."""
    return freeze(lstms.lstm_block)


def frozen_bytes() -> Program:
    """Matrices kept as bytes, to make a file small: a Dequantize stands behind each."""
    return quantize(freeze(stacked.tutorial))


def frozen_normalised_kernel() -> Program:
    """The kernel is made of two constants, before the loop."""
    return freeze(by_hand_cells.weight_normalised)


def frozen_kernel_of_two_parts() -> Program:
    """Two constants side by side: each is a part of the kernel. The bias is half of another."""
    return freeze(_kernel_of_two_parts)


def _kernel_of_two_parts() -> Program:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        of_input, of_state = tf.get_variable("wx", [3, 5]), tf.get_variable("wh", [5, 5])
        bias = tf.get_variable("b", [5])
        kernel = tf.concat([of_input, of_state], 0)

        def step(h, v):
            return tf.tanh(tf.matmul(tf.concat([v, h], 1), kernel) + bias * 0.5)

        states = tf.scan(step, x, tf.zeros([2, 5]))
    before = (Uses("rnn"),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "FORWARD"),))},
        weights={
            "wx": Weight("kernel", before),
            "wh": Weight("kernel|recurrent_kernel", before),
            "b": Weight("bias", (Uses("rnn", "time"),)),
        },
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [states], {x: fill(4, 2, 3)}, truth)


def frozen_left_of_columns() -> Program:
    """W x + U h with states as columns, from a first state that is not zero: that is no weight."""
    return freeze(_left_of_columns)


def _left_of_columns() -> Program:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 3, 2])
        w, u = tf.get_variable("w", [5, 3]), tf.get_variable("u", [5, 5])
        out = tf.get_variable("o", [5, 2])
        first = tf.constant(fill(5, 2), name="first")
        ones = tf.constant([[1.0, 1.0]])

        def step(h, v):
            return tf.tanh(tf.matmul(w, v) + tf.matmul(u, h))

        states = tf.scan(step, x, first)
        sums = tf.matmul(ones, tf.matmul(states[-1], out, transpose_a=True))
    step_uses = (Uses("rnn", "time"),)
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "FORWARD"),)),
            "out": Layer("ONCE", runs=(("", "*"),)),
        },
        weights={
            "w": Weight("kernel", step_uses),
            "u": Weight("recurrent_kernel", step_uses),
            "o": Weight("kernel|projection", (Uses("out"),)),
        },
        starts=(Start("rnn", "first"),),
        connections=(("rnn", "out", ANY),),
    )
    return Program(graph, [sums], {x: fill(4, 3, 2)}, truth)


def frozen_without_inputs() -> Program:
    """Nothing is fed: the sequence is made of constants, and they are no weights."""
    return freeze(_without_inputs)


def _without_inputs() -> Program:
    with tf.Graph().as_default() as graph:
        sequence = tf.stack([tf.constant(fill(2, 3)), tf.constant(fill(2, 3) + 1.0)])
        kernel = tf.get_variable("k", [8, 5])

        def step(t, h):
            value = tf.concat([tf.gather(sequence, t), h], 1)
            return t + 1, tf.tanh(tf.matmul(value, kernel))

        _, last = tf.while_loop(lambda t, _: t < 2, step, (0, tf.zeros([2, 5])))
    truth = Truth(
        axes={"time": Axis(2)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "FORWARD|UNKNOWN"),))},
        weights={"k": Weight("kernel", (Uses("rnn", "time"),), cells.rows(3, 5))},
        starts=cells.zeros("rnn"),
    )
    return Program(graph, [last], {}, truth)
