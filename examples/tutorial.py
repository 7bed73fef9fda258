"""The kind of network that the author of ``starting_program.py`` was learning from.

It tells which of three made-up languages a word comes from. Words differ in length, so they are
padded with zeros, and the network finds each word's length by looking for the padding:

* two layers of GRU cells with dropout, which stop at the end of each word;
* the output at the last letter of each word, not at the last column of the padding;
* a softmax on that output alone: a layer outside time, used once.

    python examples/tutorial.py
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

# The syllables that the words of each language are made of.
LANGUAGES = (
    ("ka", "lo", "mi", "tu", "ne"),
    ("brak", "grom", "stud", "vorn", "helg"),
    ("ia", "eo", "ula", "asi", "ore"),
)

max_length = 16  # letters; shorter words are padded
n_letters = 26
n_classes = len(LANGUAGES)
num_hidden = 64
num_layers = 2


def lengths_of(words: tf.Tensor) -> tf.Tensor:
    """The number of letters of each word: the timesteps at which anything is not zero."""
    used = tf.sign(tf.reduce_max(tf.abs(words), axis=2))
    return tf.cast(tf.reduce_sum(used, axis=1), tf.int32)


def last_relevant(outputs: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """The output at the last letter of each word."""
    word = tf.range(tf.shape(outputs)[0])
    return tf.gather_nd(outputs, tf.stack([word, length - 1], axis=1))


def build() -> tf.Graph:
    """Builds the network that tells the languages apart."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        words = tf.placeholder(tf.float32, [None, max_length, n_letters], name="words")
        target = tf.placeholder(tf.float32, [None, n_classes], name="target")
        keep = tf.placeholder_with_default(1.0, [], name="keep")

        cells = [
            tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(num_hidden), output_keep_prob=keep)
            for _ in range(num_layers)
        ]
        length = lengths_of(words)
        outputs, _ = tf.nn.dynamic_rnn(
            tf.nn.rnn_cell.MultiRNNCell(cells), words, sequence_length=length, dtype=tf.float32
        )

        with tf.name_scope("softmax"):
            weight = tf.Variable(
                tf.truncated_normal([num_hidden, n_classes], stddev=0.1), name="weight"
            )
            bias = tf.Variable(tf.constant(0.1, shape=[n_classes]), name="bias")
            scores = tf.matmul(last_relevant(outputs, length), weight) + bias
            prediction = tf.nn.softmax(scores, name="prediction")

        losses = tf.nn.softmax_cross_entropy_with_logits_v2(target, scores)
        loss = tf.reduce_mean(losses, name="loss")
        tf.train.RMSPropOptimizer(0.003).minimize(loss, name="train")
        right = tf.equal(tf.argmax(prediction, 1), tf.argmax(target, 1))
        tf.reduce_mean(tf.cast(right, tf.float32), name="accuracy")
    return graph


def batch(random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Words of one to four syllables, padded with zeros, and the languages they come from."""
    words = np.zeros([size, max_length, n_letters], np.float32)
    languages = random.integers(n_classes, size=size)
    for row, language in enumerate(languages):
        word = "".join(random.choice(LANGUAGES[language], random.integers(1, 5)))
        for position, letter in enumerate(word):
            words[row, position, ord(letter) - ord("a")] = 1.0
    return words, np.eye(n_classes, dtype=np.float32)[languages]


def run(logdir: str, steps: int) -> None:
    """Trains the network, prints what TensorFlow shows of it, then what tb_rnnview shows."""
    graph = build()
    random = np.random.default_rng(1)

    with tf.Session(graph=graph) as session:
        for variable in tf.trainable_variables():
            print(variable)
        session.run(tf.global_variables_initializer())
        for step in range(steps):
            words, target = batch(random, 32)
            feed = {"words:0": words, "target:0": target}
            loss, _ = session.run(["loss:0", "train"], {**feed, "keep:0": 0.8})
            if step % 50 == 0 or step == steps - 1:
                accuracy = session.run("accuracy:0", feed)
                print(f"step {step}: loss {loss:.3f}, {accuracy:.0%} of the words right")
        os.makedirs(logdir, exist_ok=True)
        tf.train.Saver().save(session, os.path.join(logdir, "tutorial"))

    # The one line to add to a program: TensorBoard's RNN VIEW tab shows what it writes.
    print(tb_rnnview.export(graph, logdir, name="tutorial"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/tutorial", help="where to write")
    parser.add_argument("--steps", type=int, default=200, help="training steps")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.steps)
