"""A program of TensorFlow 1 that trains in a session, with what each timestep does to its kernel.

The network has to say at the end of a sequence which sign its first number had, and sequences are
of several lengths: the answer has to survive every timestep in between. The hook tells how long
they were, which timesteps the gradient comes from, and how much of it is left at each.

    python examples/session_hook.py
    tensorboard --logdir logs
"""

import argparse
import os
import warnings

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # tf.nn.rnn_cell needs it, before TensorFlow
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import numpy as np
import tensorflow.compat.v1 as tf

import tb_rnnview
from tb_rnnview.hooks import RNNViewHook

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
warnings.filterwarnings("ignore", message=".*rnn_cell.* is deprecated")

longest = 20  # timesteps
units = 16


def some_sequences(count: int, seed: int) -> dict[str, np.ndarray]:
    """A first number of some size, smaller ones after it; and whether the first is positive."""
    random = np.random.default_rng(seed)
    x = random.standard_normal([count, longest, 1]).astype(np.float32)
    x[:, 1:] *= 0.1
    lengths = random.integers(longest // 2, longest + 1, count)
    return {"x:0": x, "lengths:0": lengths, "y:0": (x[:, 0] > 0).astype(np.float32)}


def build() -> tf.Operation:
    """Builds one LSTM that is read where each sequence ends; gives what trains it."""
    tf.set_random_seed(1)
    x = tf.placeholder(tf.float32, [None, None, 1], name="x")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    y = tf.placeholder(tf.float32, [None, 1], name="y")

    cell = tf.nn.rnn_cell.LSTMCell(units)
    _, (_, last) = tf.nn.dynamic_rnn(cell, x, sequence_length=lengths, dtype=tf.float32)
    scores = tf.matmul(last, tf.get_variable("scores", [units, 1]))
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=scores)
    loss = tf.reduce_mean(losses, name="loss")
    step = tf.train.get_or_create_global_step()
    return tf.train.AdamOptimizer(0.02).minimize(loss, global_step=step, name="train")


def run(logdir: str, steps: int) -> None:
    """Trains it for some steps, and logs every 20th."""
    with tf.Graph().as_default():
        train = build()
        hook = RNNViewHook(save_steps=20, output_dir=logdir, loss="loss", name="first")
        with tf.train.MonitoredTrainingSession(hooks=[hook]) as session:
            for step in range(steps):
                loss, _ = session.run(["loss:0", train], some_sequences(32, step))
                if step % 50 == 0:
                    print(f"step {step}: loss {loss:.3f}")

    found = tb_rnnview.read(logdir)["rnnview"]
    for timelines in found.timelines.values():
        print(timelines[0][1])
    for table in found.statistics.values():
        print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/session_hook", help="where to write")
    parser.add_argument("--steps", type=int, default=201, help="batches to train on")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.steps)
