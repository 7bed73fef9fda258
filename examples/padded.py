"""A batch of sequences of several lengths, padded with zeros: with a mask and without.

Words of 3 to 9 letters stand in rows of 12, filled up with zeros. Two LSTMs count their vowels. One
is told by a mask where each word ends: its timesteps run for the words that still go on, and no
timestep after the longest word has a vote. The other one reads the padding like letters, and a good
part of its votes is about what it does with them.

    python examples/padded.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import keras
import numpy as np

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback

length = 12  # letters of a row; 0 is none
n_letters = 27  # 26 and the padding
units = 16


def some_words(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Words of random letters, how many vowels are in them, and how long they are."""
    random = np.random.default_rng(1)
    lengths = random.integers(3, 10, size=count)
    words = random.integers(1, n_letters, size=[count, length])
    words[np.arange(length) >= lengths[:, None]] = 0
    vowels = np.isin(words, [ord(letter) - ord("a") + 1 for letter in "aeiou"])
    return words, vowels.sum(1, keepdims=True).astype(np.float32), lengths


def build() -> keras.Model:
    """Builds both LSTMs side by side; they are read at their last timestep."""
    keras.utils.set_random_seed(1)
    words = keras.Input([length], dtype="int32", name="words")
    letters = keras.layers.Embedding(n_letters, 8, name="letters")(words)
    # What Embedding(mask_zero=True) would give to all that reads it; here only one should know.
    answers = []
    for name, mask in (("masked", keras.ops.not_equal(words, 0)), ("unmasked", None)):
        lstm = keras.layers.LSTM(units, name=name)(letters, mask=mask)
        answers.append(keras.layers.Dense(1, name=f"{name}_vowels")(lstm))
    model = keras.Model(words, answers, name="padded")
    model.compile(keras.optimizers.Adam(0.01), ["mse", "mse"])
    return model


def run(logdir: str, epochs: int) -> None:
    """Trains it, and prints what the timesteps after the end of all words do."""
    model = build()
    words, vowels, lengths = some_words(512)
    first = slice(64)
    batch = (words[first], [vowels[first], vowels[first]])
    callback = RNNViewCallback(logdir, update_freq=16, batch=batch)
    model.fit(
        words, [vowels, vowels], batch_size=64, epochs=epochs, verbose=2, callbacks=[callback]
    )

    longest = lengths[first].max()
    statistics = tb_rnnview.read(logdir)["rnnview"].statistics
    for name in ("masked", "unmasked"):
        table = statistics[f"padded/{name}"]
        live = " ".join(f"{part:.2f}" for part in table.values("live")[-1])
        votes = np.abs(table.values("vote")[-1])
        print(f"{name}: part of the words that goes on: {live}")
        print(
            f"{name}: {votes[longest:].sum() / votes.sum():.1%} of the votes come after all words"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/padded", help="where to write")
    parser.add_argument("--epochs", type=int, default=10, help="times to go through the words")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.epochs)
