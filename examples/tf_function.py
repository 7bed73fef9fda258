"""A network without Keras: variables in a ``tf.Module``, and a loop in a ``tf.function``.

It is the network of ``what_was_meant.py`` written by hand: one layer of 100 units that reads three
letters, one letter per timestep. TensorFlow turns the ``for`` loop into one While operation, and
the one kernel goes into all of its steps.

    python examples/tf_function.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import numpy as np
import tensorflow as tf

import tb_rnnview

TEXT = """
a quiet boat went down the river by night with one small lamp and a grey cat asleep on a box
the cat woke up when the moon came over the hill and looked for fish just below the waves
every child in the village knew the boat and the lamp but nobody had ever seen who steered it
"""

seq_length = 3  # letters that the network sees
n_h = 100  # units
n_x = n_y = 26  # letters of the alphabet


class Letters(tf.Module):
    """Predicts the letter after each letter."""

    def __init__(self) -> None:
        super().__init__(name="letters")
        start = tf.random.stateless_uniform([n_x + n_h, n_h], (1, 1), -0.2, 0.2)
        self.kernel = tf.Variable(start, name="kernel")
        self.bias = tf.Variable(tf.zeros([n_h]), name="bias")

    @tf.function(input_signature=[tf.TensorSpec([None, seq_length, n_x], name="x")])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        h = tf.zeros([tf.shape(x)[0], n_h])
        outputs = tf.TensorArray(tf.float32, seq_length)
        for t in tf.range(seq_length):
            h = tf.tanh(tf.concat([x[:, t], h], axis=1) @ self.kernel + self.bias)
            outputs = outputs.write(t, h)
        # There is no output layer: the first 26 units are the scores of the 26 letters. Units
        # lie between -1 and 1, too narrow for a softmax that wants to be sure.
        return 5.0 * tf.transpose(outputs.stack(), [1, 0, 2])[:, :, :n_y]


def letters() -> tuple[np.ndarray, np.ndarray]:
    """Every three letters of the text, and the three that come one letter later."""
    codes = [ord(c) - ord("a") for c in TEXT if c.isalpha()]
    one_hot = np.eye(n_x, dtype=np.float32)[codes]
    windows = np.stack([one_hot[i : i + seq_length + 1] for i in range(len(codes) - seq_length)])
    return windows[:, :-1], windows[:, 1:]


def build() -> Letters:
    """Builds the network."""
    return Letters()


def run(logdir: str, steps: int) -> None:
    """Trains the network, prints what TensorFlow shows of it, then what tb_rnnview shows."""
    network = build()
    inputs, targets = letters()
    batches = np.random.default_rng(1)
    optimizer = tf.keras.optimizers.Adam(0.001)

    @tf.function
    def train(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = tf.nn.softmax_cross_entropy_with_logits(y, network(x))
            loss = tf.reduce_mean(losses)
        variables = network.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    for variable in network.trainable_variables:
        print(variable.name, variable.shape)
    for step in range(steps):
        rows = batches.integers(len(inputs), size=32)
        loss = train(inputs[rows], targets[rows])
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step}: loss {loss:.3f}")

    # The one line to add to a program: TensorBoard's RNN VIEW tab shows what it writes.
    print(tb_rnnview.export(network, logdir, name="tf_function"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/tf_function", help="where to write")
    parser.add_argument("--steps", type=int, default=200, help="training steps")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.steps)
