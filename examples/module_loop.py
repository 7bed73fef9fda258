"""A recurrent network that is a plain tf.Module, trained with a GradientTape, and watched.

No layer of Keras is in it: the LSTM is a loop over tf.range with four lines of mathematics. The
network has to say which sign the sum of all its numbers has, so every timestep counts.

    python examples/module_loop.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import numpy as np
import tensorflow as tf

import tb_rnnview

length, units = 20, 16  # timesteps, size of the state


class LSTM(tf.Module):
    """Reads a sequence; gives the last state."""

    def __init__(self, numbers):
        super().__init__(name="lstm")
        kernel = numbers.standard_normal([1 + units, 4 * units]) / np.sqrt(1 + units)
        self.kernel = tf.Variable(kernel.astype(np.float32), name="kernel")
        self.bias = tf.Variable(tf.zeros([4 * units]), name="bias")

    def __call__(self, x):
        h = c = tf.zeros([tf.shape(x)[0], units])
        for t in tf.range(length):
            both = tf.concat([x[:, t], h], 1)
            i, f, g, o = tf.split(both @ self.kernel + self.bias, 4, axis=1)
            c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
        return h


class SignOfSum(tf.Module):
    """One LSTM that is read at its last timestep."""

    def __init__(self):
        super().__init__(name="sign_of_sum")
        numbers = np.random.default_rng(1)
        self.lstm = LSTM(numbers)
        head = 0.3 * numbers.standard_normal([units, 1])
        self.head = tf.Variable(head.astype(np.float32), name="head")

    def __call__(self, x):
        return (self.lstm(x) @ self.head)[:, 0]


def loss_of(y, predicted):
    """The mean cross-entropy of the sign."""
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, predicted))


def some_sequences(count, seed):
    """Numbers, and whether their sum is positive."""
    x = np.random.default_rng(seed).standard_normal([count, length, 1]).astype(np.float32)
    return tf.constant(x), tf.constant((x.sum((1, 2)) > 0).astype(np.float32))


def run(logdir, steps):
    """Trains it for some steps, and logs every 20th."""
    model = SignOfSum()

    @tf.function
    def train(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x))
        gradients = tape.gradient(loss, model.trainable_variables)
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
            variable.assign_sub(0.5 * gradient)
        return loss

    with tb_rnnview.RNNViewLogger(logdir) as logger:
        for step in range(steps):
            x, y = some_sequences(32, step)
            if step % 20 == 0:
                logger.log(model, x, y, loss_of, step=step)
            loss = train(x, y)
            if step % 50 == 0:
                print(f"step {step}: loss {float(loss):.3f}")

    (table,) = tb_rnnview.read(logdir)["rnnview"].statistics.values()
    print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/module_loop", help="where to write")
    parser.add_argument("--steps", type=int, default=201, help="batches to train on")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.steps)
