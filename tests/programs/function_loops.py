"""Recurrences as loops in a ``tf.function``: AutoGraph's, ``tf.while_loop``'s, ``tf.scan``'s.

All but the last few are one small layer, tanh([x, h] w + b), over a sequence [time, batch, 3].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.programs import cells
from tests.programs.program import UNKNOWN, Axis, Layer, Program, Truth, Uses, Weight, fill
from tests.programs.tf2 import of_function

FORWARD = (("time", "FORWARD"),)
STEP = (Uses("rnn", "time"),)
ANY_LENGTH = [tf.TensorSpec([None, 2, 3])]


def _variable(name: str, *shape: int) -> tf.Variable:
    """A weight."""
    return tf.Variable(fill(*shape) - 0.5, name=name)


def _cell() -> Any:
    w, b = _variable("w", 8, 5), _variable("b", 5)
    return lambda v, h: tf.tanh(tf.matmul(tf.concat([v, h], 1), w) + b)


def _truth(axis: Axis, way: str = "FORWARD", reads: int = 1) -> Truth:
    use = (Uses("rnn", "time", reads),)
    return Truth(
        axes={"time": axis},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", way),))},
        weights={"w": Weight("kernel", use, cells.rows(3, 5)), "b": Weight("bias", use)},
        starts=cells.zeros("rnn"),
    )


def for_range() -> Program:
    """``for t in tf.range(4)``."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = cell(x[t], h)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def for_range_of_the_shape() -> Program:
    """``for t in tf.range(tf.shape(x)[0])`` of an x whose length is open; outputs collected."""
    cell = _cell()

    def run(x):
        h, steps = tf.zeros([2, 5]), tf.shape(x)[0]
        outputs = tf.TensorArray(tf.float32, steps)
        for t in tf.range(steps):
            h = cell(x[t], h)
            outputs = outputs.write(t, h)
        return outputs.stack()

    return of_function(run, _truth(Axis(UNKNOWN)), fill(6, 2, 3), specs=ANY_LENGTH, steps=6)


def for_each() -> Program:
    """``for v in x``."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for v in x:
            h = cell(v, h)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def for_each_of_many() -> Program:
    """``for v in x`` of an x whose length is open."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for v in x:
            h = cell(v, h)
        return h

    return of_function(run, _truth(Axis(UNKNOWN)), fill(5, 2, 3), specs=ANY_LENGTH, steps=5)


def batch_major() -> Program:
    """``x[:, t]`` of x [batch, time, 3]."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        outputs = tf.TensorArray(tf.float32, 4)
        for t in tf.range(4):
            h = cell(x[:, t], h)
            outputs = outputs.write(t, h)
        return tf.transpose(outputs.stack(), [1, 0, 2])

    return of_function(run, _truth(Axis(4)), fill(2, 4, 3))


def while_statement() -> Program:
    """``while t < 4``."""
    cell = _cell()

    def run(x):
        h, t = tf.zeros([2, 5]), 0
        while tf.less(t, 4):
            h = cell(tf.gather(x, t), h)
            t += 1
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def range_downwards() -> Program:
    """``for t in tf.range(3, -1, -1)``: the last timestep is visited first."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(3, -1, -1):
            h = cell(x[t], h)
        return h

    return of_function(run, _truth(Axis(4), "BACKWARD|UNKNOWN"), fill(4, 2, 3))


def while_loop() -> Program:
    """``tf.while_loop``, with ``maximum_iterations`` and a TensorArray of inputs."""
    cell = _cell()

    def run(x):
        inputs = tf.TensorArray(tf.float32, 4).unstack(x)
        outputs = tf.TensorArray(tf.float32, 4)

        def step(t, h, outputs):
            h = cell(inputs.read(t), h)
            return t + 1, h, outputs.write(t, h)

        start = (0, tf.zeros([2, 5]), outputs)
        *_, outputs = tf.while_loop(lambda t, *_: t < 4, step, start, maximum_iterations=4)
        return outputs.stack()

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def scan_in_a_function() -> Program:
    """``tf.scan``."""
    cell = _cell()

    def run(x):
        return tf.scan(lambda h, v: cell(v, h), x, tf.zeros([2, 5]))

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def scan_in_reverse() -> Program:
    """``tf.scan(reverse=True)``: from the last element to the first."""
    cell = _cell()

    def run(x):
        return tf.scan(lambda h, v: cell(v, h), x, tf.zeros([2, 5]), reverse=True)

    return of_function(run, _truth(Axis(4), "BACKWARD|UNKNOWN"), fill(4, 2, 3))


def foldl() -> Program:
    """``tf.foldl``: the last state only."""
    cell = _cell()

    def run(x):
        return tf.foldl(lambda h, v: cell(v, h), x, tf.zeros([2, 5]))

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def break_early() -> Program:
    """``break``: at most 6 timesteps. In this run all of them."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(6):
            h = cell(x[t], h)
            if tf.reduce_sum(h) > 1e6:
                break
        return h

    return of_function(run, _truth(Axis(6, bound=True)), fill(6, 2, 3))


def continue_at_padding() -> Program:
    """``if``: where the input is padding, the step leaves the state as it is."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for v in x:
            if tf.reduce_any(v != 0.0):
                h = cell(v, h)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def nested_functions() -> Program:
    """The step is a ``tf.function``, and so is what runs the loop."""
    cell = tf.function(_cell())

    @tf.function
    def loop(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = cell(x[t], h)
        return h

    @tf.function
    def run(x):
        return loop(x) * 2.0

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def recomputed() -> Program:
    """``tf.recompute_grad``: the step forgets what its gradient needs, and is run again for it."""
    cell = tf.recompute_grad(_cell())

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = cell(x[t], h)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def own_gradient() -> Program:
    """``tf.custom_gradient``: the gradient of every state is clipped on its way back."""
    cell = _cell()

    @tf.custom_gradient
    def clipped(h):
        return tf.identity(h), lambda g: tf.clip_by_norm(g, 1.0)

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = clipped(cell(x[t], h))
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def printed_in_a_function() -> Program:
    """``tf.print`` and an assertion at every step."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = cell(x[t], h)
            tf.print(t, output_stream="file:///dev/null")
            tf.debugging.assert_less(tf.reduce_max(h), 100.0)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def cast_inside() -> Program:
    """The weights are stored as float32 and cast to float16 at every step."""
    w, b = _variable("w", 8, 5), _variable("b", 5)

    def run(x):
        h = tf.zeros([2, 5], tf.float16)
        for t in tf.range(4):
            both = tf.concat([tf.cast(x[t], tf.float16), h], 1)
            h = tf.tanh(tf.matmul(both, tf.cast(w, tf.float16)) + tf.cast(b, tf.float16))
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def read_before_the_loop() -> Program:
    """The values of the weights are arguments of the loop, not their handles."""
    w, b = _variable("w", 8, 5), _variable("b", 5)

    def run(x):
        kernel, bias = tf.convert_to_tensor(w), tf.identity(b)
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), kernel) + bias)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3))


def handed_over_traced() -> Program:
    """What its user hands over is the ConcreteFunction."""
    cell = _cell()

    def run(x):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = cell(x[t], h)
        return h

    return of_function(run, _truth(Axis(4)), fill(4, 2, 3), concrete=True)


def two_layers_in_a_loop() -> Program:
    """The second layer reads the first one's state of the same timestep."""
    w, u = _variable("w", 8, 5), _variable("u", 9, 4)

    def run(x):
        low, high = tf.zeros([2, 5]), tf.zeros([2, 4])
        for t in tf.range(4):
            low = tf.tanh(tf.matmul(tf.concat([x[t], low], 1), w))
            high = tf.tanh(tf.matmul(tf.concat([low, high], 1), u))
        return high

    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "SimpleRNN", 4, 1, FORWARD),
        },
        weights={
            "w": Weight("kernel", (Uses("low", "time"),), cells.rows(3, 5)),
            "u": Weight("kernel", (Uses("high", "time"),), cells.rows(5, 4)),
        },
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0),),
    )
    return of_function(run, truth, fill(4, 2, 3))


def two_loops() -> Program:
    """A loop over what a loop gave out: one axis, depths 0 and 1. Then a head on the last state."""
    w, u, v = _variable("w", 8, 5), _variable("u", 9, 4), _variable("v", 4, 2)

    def run(x):
        outputs = tf.TensorArray(tf.float32, 4)
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))
            outputs = outputs.write(t, h)
        g = tf.zeros([2, 4])
        for t in tf.range(4):
            g = tf.tanh(tf.matmul(tf.concat([outputs.read(t), g], 1), u))
        return tf.matmul(g, v)

    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "low": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "high": Layer("RECURRENT", "SimpleRNN", 4, 1, FORWARD),
            "head": Layer("ONCE", runs=(("", ""),)),
        },
        weights={
            "w": Weight("kernel", (Uses("low", "time"),), cells.rows(3, 5)),
            "u": Weight("kernel", (Uses("high", "time"),), cells.rows(5, 4)),
            "v": Weight("kernel", (Uses("head"),)),
        },
        starts=cells.zeros("low") + cells.zeros("high"),
        connections=(("low", "high", 0), ("high", "head", 0)),
    )
    return of_function(run, truth, fill(4, 2, 3))


def both_ways() -> Program:
    """One loop over x and one over x turned around: a bidirectional layer by hand."""
    w, u = _variable("w", 8, 5), _variable("u", 8, 5)

    def over(sequence, kernel):
        outputs, h = tf.TensorArray(tf.float32, 4), tf.zeros([2, 5])
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(tf.concat([sequence[t], h], 1), kernel))
            outputs = outputs.write(t, h)
        return outputs.stack()

    def run(x):
        there, back = over(x, w), over(tf.reverse(x, [0]), u)
        return tf.concat([there, tf.reverse(back, [0])], 2)

    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "there": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD),
            "back": Layer("RECURRENT", "SimpleRNN", 5, 0, (("time", "BACKWARD"),)),
        },
        weights={
            "w": Weight("kernel", (Uses("there", "time"),), cells.rows(3, 5)),
            "u": Weight("kernel", (Uses("back", "time"),), cells.rows(3, 5)),
        },
        starts=cells.zeros("there") + cells.zeros("back"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def letters_in_words() -> Program:
    """A loop in a loop: an inner axis of 3 letters, for each of 4 words."""
    w, u = _variable("w", 8, 5), _variable("u", 11, 6)

    def run(x):
        h = tf.zeros([2, 6])
        for t in tf.range(4):
            word = tf.zeros([2, 5])
            for k in tf.range(3):
                word = tf.tanh(tf.matmul(tf.concat([x[t, k], word], 1), w))
            h = tf.tanh(tf.matmul(tf.concat([word, h], 1), u))
        return h

    truth = Truth(
        axes={"words": Axis(4), "letters": Axis(3, parent="words")},
        layers={
            "inner": Layer("RECURRENT", "SimpleRNN", 5, 0, (("letters", "FORWARD"),)),
            "outer": Layer("RECURRENT", "SimpleRNN", 6, 0, (("words", "FORWARD"),)),
        },
        weights={
            "w": Weight("kernel", (Uses("inner", "letters"),), cells.rows(3, 5)),
            "u": Weight("kernel", (Uses("outer", "words"),), cells.rows(5, 6)),
        },
        starts=cells.zeros("inner") + cells.zeros("outer"),
        connections=(("inner", "outer", -1),),
    )
    return of_function(run, truth, fill(4, 3, 2, 3))


def map_fn_function() -> Program:
    """``tf.map_fn``: a dense layer on every element; nothing is carried."""
    w, b = _variable("w", 3, 5), _variable("b", 5)

    def run(x):
        return tf.map_fn(lambda v: tf.nn.relu(tf.matmul(v, w) + b), x)

    use = (Uses("dense", "time"),)
    truth = Truth(
        axes={"time": Axis(6)},
        layers={"dense": Layer("STEPWISE", runs=(("time", "*"),))},
        weights={"w": Weight("kernel", use), "b": Weight("bias", use)},
    )
    return of_function(run, truth, fill(6, 2, 3))


def vectorized_map() -> Program:
    """``tf.vectorized_map``: one product of all elements at once; no loop."""
    w = _variable("w", 3, 5)

    def run(x):
        return tf.vectorized_map(lambda v: tf.nn.relu(tf.matmul(v, w)), x)

    truth = Truth(
        layers={"dense": Layer("ONCE", runs=(("", ""),))},
        weights={"w": Weight("kernel", (Uses("dense"),))},
    )
    return of_function(run, truth, fill(6, 2, 3))


def gibbs_function() -> Program:
    """Gibbs steps: a state is carried and multiplied, but there is no sequence, so no time."""
    w = _variable("w", 6, 5)

    def run(visible):
        for _ in tf.range(4):
            hidden = tf.sigmoid(tf.matmul(visible, w))
            visible = tf.sigmoid(tf.matmul(hidden, w, transpose_b=True))
        return visible

    truth = Truth(
        layers={"machine": Layer("ONCE|UNKNOWN", runs=(("", "*"),))},
        weights={"w": Weight("kernel|other", (Uses("machine", reads=8),))},
    )
    return of_function(run, truth, fill(2, 6))


def python_loop() -> Program:
    """A Python loop writes the steps out."""
    w, b = _variable("w", 8, 5), _variable("b", 5)

    def run(x):
        h = tf.zeros([2, 5])
        for t in range(4):
            h = tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w) + b)
        return h

    use = (Uses("rnn", "time"),)
    truth = Truth(
        axes={"time": Axis(4, unrolled=True)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", use, cells.rows(3, 5)), "b": Weight("bias", use)},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3))


def chosen_by_case() -> Program:
    """``tf.switch_case``: one of three activations at every step; the kernel is read once."""
    w, b = _variable("w", 8, 5), _variable("b", 5)

    def run(x, which):
        h = tf.zeros([2, 5])
        for t in tf.range(4):
            value = tf.matmul(tf.concat([x[t], h], 1), w) + b
            h = tf.switch_case(
                which,
                [lambda v=value: tf.tanh(v), lambda v=value: tf.nn.relu(v), lambda v=value: v],
            )
        return h

    truth = Truth(
        axes={"time": Axis(4)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN|", 5, 0, FORWARD)},
        weights={"w": Weight("kernel", STEP, cells.rows(3, 5)), "b": Weight("bias", STEP)},
        starts=cells.zeros("rnn"),
    )
    return of_function(run, truth, fill(4, 2, 3), np.array(1, "i4"))
