"""Recurrent networks that are plain modules of TensorFlow: loops in several spellings."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

BATCH, STEPS, INPUTS, UNITS = 3, 5, 2, 4


class Recurrent(tf.Module):
    """Holds the weights; `wx` may stand for several gates."""

    def __init__(self, gates: int = 1, inputs: int = INPUTS, seed: int = 0, name: str = "net"):
        super().__init__(name=name)
        numbers = np.random.default_rng(seed)

        def made(name: str, *shape: int) -> tf.Variable:
            return tf.Variable(0.6 * numbers.standard_normal(shape).astype(np.float32), name=name)

        self.wx = made("wx", inputs, gates * UNITS)
        self.wh = made("wh", UNITS, gates * UNITS)
        self.b = made("b", gates * UNITS)
        self.head = made("head", UNITS, 1)

    @property
    def weights(self) -> list[Any]:
        return [self.wx, self.wh, self.b]


class LSTMInWhileLoop(Recurrent):
    """Gates i, f, c, o; kernel and bias are read in the loop."""

    def __init__(self) -> None:
        super().__init__(4)

    def __call__(self, x: Any) -> Any:
        array = tf.TensorArray(tf.float32, STEPS).unstack(tf.transpose(x, [1, 0, 2]))

        def body(t: Any, h: Any, c: Any) -> Any:
            z = array.read(t) @ self.wx + h @ self.wh + self.b
            i, f, g, o = tf.split(z, 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return t + 1, tf.sigmoid(o) * tf.tanh(c), c

        zeros = tf.zeros([tf.shape(x)[0], UNITS])
        _, h, _ = tf.while_loop(lambda t, *_: t < STEPS, body, (0, zeros, zeros))
        return h @ self.head


class GRUInRange(Recurrent):
    """Written for AutoGraph; all hidden states are read, and the reset gate comes after."""

    def __init__(self) -> None:
        super().__init__(3)

    @tf.function
    def __call__(self, x: Any) -> Any:
        h = tf.zeros([tf.shape(x)[0], UNITS])
        outputs = tf.TensorArray(tf.float32, STEPS)
        for t in tf.range(tf.shape(x)[1]):
            xz, xr, xh = tf.split(x[:, t] @ self.wx + self.b, 3, 1)
            hz, hr, hh = tf.split(h @ self.wh, 3, 1)
            z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
            h = z * h + (1 - z) * tf.tanh(xh + r * hh)
            outputs = outputs.write(t, h)
        return tf.reduce_sum(outputs.stack(), 0) @ self.head


class WrittenOut(Recurrent):
    """A loop of Python's: each timestep has operations of its own."""

    def __call__(self, x: Any) -> Any:
        h = tf.zeros([x.shape[0], UNITS])
        for t in range(x.shape[1]):
            h = tf.tanh(x[:, t] @ self.wx + h @ self.wh + self.b)
        return h @ self.head


class AddedOutside(Recurrent):
    """Input kernel and bias are applied to all timesteps at once, before the loop."""

    def __call__(self, x: Any) -> Any:
        z = tf.nn.bias_add(tf.einsum("btn,nu->btu", x, self.wx), self.b)

        def body(t: Any, h: Any) -> Any:
            return t + 1, tf.tanh(z[:, t] + h @ self.wh)

        zeros = tf.zeros([tf.shape(x)[0], UNITS])
        return tf.while_loop(lambda t, _: t < STEPS, body, (0, zeros))[1] @ self.head


class AddedOutsideWrittenOut(Recurrent):
    """The same with timesteps that are written out."""

    def __call__(self, x: Any) -> Any:
        z = tf.reshape(tf.reshape(x, [-1, INPUTS]) @ self.wx, [-1, STEPS, UNITS]) + self.b
        h = tf.zeros([x.shape[0], UNITS])
        for z_t in tf.unstack(z, axis=1):
            h = tf.tanh(z_t + h @ self.wh)
        return h @ self.head


class FirstStepBefore(Recurrent):
    """Runs the first timestep by itself, to learn what it gives, as Sonnet 2 unrolls."""

    def step(self, x: Any, h: Any) -> Any:
        return tf.tanh(x @ self.wx + h @ self.wh + self.b)

    def __call__(self, x: Any) -> Any:
        array = tf.TensorArray(tf.float32, STEPS).unstack(tf.transpose(x, [1, 0, 2]))
        h = self.step(array.read(0), tf.zeros([tf.shape(x)[0], UNITS]))
        outputs = tf.TensorArray(tf.float32, STEPS).write(0, h)

        def body(t: Any, h: Any, outputs: Any) -> Any:
            h = self.step(array.read(t), h)
            return t + 1, h, outputs.write(t, h)

        _, _, outputs = tf.while_loop(lambda t, *_: t < STEPS, body, (1, h, outputs))
        return tf.reduce_sum(outputs.stack(), 0) @ self.head


class Backwards(Recurrent):
    """Begins at the end of the sequence."""

    def __call__(self, x: Any) -> Any:
        turned = tf.TensorArray(tf.float32, STEPS).unstack(
            tf.transpose(tf.reverse(x, [1]), [1, 0, 2])
        )

        def body(t: Any, h: Any) -> Any:
            return t + 1, tf.tanh(turned.read(t) @ self.wx + h @ self.wh + self.b)

        zeros = tf.zeros([tf.shape(x)[0], UNITS])
        return tf.while_loop(lambda t, _: t < STEPS, body, (0, zeros))[1] @ self.head


class Masked(Recurrent):
    """Sequences of several lengths: what is 0 in all features is no timestep."""

    def __call__(self, x: Any) -> Any:
        lives = tf.reduce_any(x != 0, 2)

        def body(t: Any, h: Any) -> Any:
            new = tf.tanh(x[:, t] @ self.wx + h @ self.wh + self.b)
            return t + 1, tf.where(lives[:, t, None], new, h)

        zeros = tf.zeros([tf.shape(x)[0], UNITS])
        return tf.while_loop(lambda t, _: t < STEPS, body, (0, zeros))[1] @ self.head


class TwoLayers(tf.Module):
    """One loop that runs two layers at each timestep."""

    def __init__(self) -> None:
        super().__init__(name="two")
        self.lower, self.upper = Recurrent(name="lower"), Recurrent(1, UNITS, 1, name="upper")

    def __call__(self, x: Any) -> Any:
        lower, upper = self.lower, self.upper

        def body(t: Any, h: Any, k: Any) -> Any:
            h = tf.tanh(x[:, t] @ lower.wx + h @ lower.wh + lower.b)
            return t + 1, h, tf.tanh(h @ upper.wx + k @ upper.wh + upper.b)

        zeros = tf.zeros([tf.shape(x)[0], UNITS])
        _, _, k = tf.while_loop(lambda t, *_: t < STEPS, body, (0, zeros, zeros))
        return k @ upper.head


class WritesAndDraws(Recurrent):
    """Counts its calls, keeps what it saw last, and draws numbers while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = tf.Variable(20, trainable=False, name="calls")
        self.last = tf.Variable(tf.zeros([UNITS]), trainable=False, name="last")
        self.generator = tf.random.Generator.from_seed(3)

    def __call__(self, x: Any) -> Any:
        self.calls.assign_add(1)
        h = tf.zeros([x.shape[0], UNITS])
        for t in tf.range(tf.shape(x)[1]):
            keep = tf.cast(self.generator.uniform([BATCH, UNITS]) < 0.8, tf.float32)
            h = keep * tf.tanh(x[:, t] @ self.wx + h @ self.wh + self.b)
            self.last.assign(h[0])
        return h @ self.head + tf.reduce_sum(self.last) * tf.cast(self.calls, tf.float32)


class RunsAsLongAsItLikes(Recurrent):
    """What is computed tells when the loop ends."""

    @tf.function
    def __call__(self, x: Any) -> Any:
        h, t = tf.zeros([tf.shape(x)[0], UNITS]), 0
        while tf.reduce_sum(x[:, t]) < 1e9 and t < tf.cast(x[0, 0, 0], tf.int32):
            h = tf.tanh(x[:, t] @ self.wx + h @ self.wh + self.b)
            t += 1
        return h @ self.head


class UnderACondition(Recurrent):
    """Only some timesteps read their input."""

    def __call__(self, x: Any) -> Any:
        h = tf.zeros([tf.shape(x)[0], UNITS])
        for t in tf.range(STEPS):
            if t % 2 == 0:
                h = tf.tanh(x[:, t] @ self.wx + h @ self.wh + self.b)
            else:
                h = tf.tanh(h @ self.wh + self.b)
        return h @ self.head


class OwnGradient(Recurrent):
    """The activation says itself what its derivative is."""

    def __call__(self, x: Any) -> Any:
        @tf.custom_gradient
        def activation(z: Any) -> Any:
            y = tf.tanh(z)
            return y, lambda upstream: upstream * (1 - y * y)

        h = tf.zeros([tf.shape(x)[0], UNITS])
        for t in tf.range(STEPS):
            h = activation(x[:, t] @ self.wx + h @ self.wh + self.b)
        return h @ self.head


class Dropping(Recurrent):
    """Drops states at random, with TensorFlow's own numbers."""

    def __call__(self, x: Any) -> Any:
        h = tf.zeros([tf.shape(x)[0], UNITS])
        for t in range(STEPS):
            h = tf.nn.dropout(tf.tanh(x[:, t] @ self.wx + h @ self.wh + self.b), 0.3)
        return h @ self.head


class Twice(WrittenOut):
    """One layer, applied to two sequences."""

    def __call__(self, x: Any) -> Any:
        return super().__call__(x) - super().__call__(x[:, ::-1])
