"""The program that started tb_rnnview: what its author built is not what they meant.

They wanted ONE layer of 100 units that reads three letters, one letter per timestep. There are
three timesteps, so they made three cells. But a ``MultiRNNCell`` stacks LAYERS, and it is
``dynamic_rnn`` that unrolls over TIME: the result is three layers, each used at three timesteps.
All that TensorFlow prints is six variables. ``what_was_meant.py`` is the program they wanted.

    python examples/starting_program.py
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

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
warnings.filterwarnings("ignore", message=".*rnn_cell.* is deprecated")

TEXT = """
a quiet boat went down the river by night with one small lamp and a grey cat asleep on a box
the cat woke up when the moon came over the hill and looked for fish just below the waves
every child in the village knew the boat and the lamp but nobody had ever seen who steered it
"""

seq_length = 3  # letters that the network sees
n_h = 100  # units
n_x = n_y = 26  # letters of the alphabet


def build() -> tf.Graph:
    """Builds the network: each letter predicts the letter after it."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        x = tf.placeholder(tf.float32, [None, seq_length, n_x], name="x")
        y = tf.placeholder(tf.float32, [None, seq_length, n_y], name="y")
        # Nothing below uses it: the layers start from zeros whatever is fed here.
        initial_state = tf.placeholder(tf.float32, [None, n_h], name="initial_state")  # noqa: F841

        cells = [tf.nn.rnn_cell.BasicRNNCell(n_h) for _ in range(seq_length)]
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), x, dtype=tf.float32)

        # There is no output layer: the first 26 units are the scores of the 26 letters. Units
        # lie between -1 and 1, too narrow for a softmax that wants to be sure.
        scores = 5.0 * outputs[:, :, :n_y]
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(y, scores), name="loss")
        tf.train.AdamOptimizer(0.001).minimize(loss, name="train")
    return graph


def letters() -> tuple[np.ndarray, np.ndarray]:
    """Every three letters of the text, and the three that come one letter later."""
    codes = [ord(c) - ord("a") for c in TEXT if c.isalpha()]
    one_hot = np.eye(n_x, dtype=np.float32)[codes]
    windows = np.stack([one_hot[i : i + seq_length + 1] for i in range(len(codes) - seq_length)])
    return windows[:, :-1], windows[:, 1:]


def run(logdir: str, steps: int) -> None:
    """Trains the network, prints what TensorFlow shows of it, then what tb_rnnview shows."""
    graph = build()
    inputs, targets = letters()
    batches = np.random.default_rng(1)

    with tf.Session(graph=graph) as session:
        for variable in tf.trainable_variables():
            print(variable)
        session.run(tf.global_variables_initializer())
        for step in range(steps):
            rows = batches.integers(len(inputs), size=32)
            feed = {"x:0": inputs[rows], "y:0": targets[rows]}
            loss, _ = session.run(["loss:0", "train"], feed)
            if step % 50 == 0 or step == steps - 1:
                print(f"step {step}: loss {loss:.3f}")
        os.makedirs(logdir, exist_ok=True)
        tf.train.Saver().save(session, os.path.join(logdir, "starting_program"))

    # The one line to add to a program: TensorBoard's RNN VIEW tab shows what it writes.
    print(tb_rnnview.export(graph, logdir, name="starting_program"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/starting_program", help="where to write")
    parser.add_argument("--steps", type=int, default=200, help="training steps")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.steps)
