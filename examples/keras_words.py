"""A Keras model straight from ``fit``: one line more, and TensorBoard shows what it is.

It reads a word letter by letter and tells which of three made-up languages the word comes from.
Four layers of three kinds: the embedding looks up all letters at once, the two LSTM layers go
through the word letter by letter, and the dense layer looks at the last output only.

    python examples/keras_words.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import keras
import numpy as np

import tb_rnnview

# The syllables that the words of each language are made of.
LANGUAGES = (
    ("ka", "lo", "mi", "tu", "ne"),
    ("brak", "grom", "stud", "vorn", "helg"),
    ("ia", "eo", "ula", "asi", "ore"),
)

max_length = 12  # letters; shorter words are padded with 0
n_letters = 27  # 26 and the padding


def build() -> keras.Model:
    """Builds the network that tells the languages apart."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input([max_length], dtype="int32"),
            keras.layers.Embedding(n_letters, 16),
            keras.layers.LSTM(64, return_sequences=True),
            keras.layers.LSTM(64),
            keras.layers.Dense(len(LANGUAGES), activation="softmax"),
        ],
        name="words",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def some_words(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Words of one to three syllables, and the languages they come from."""
    random = np.random.default_rng(1)
    words = np.zeros([count, max_length], np.int32)
    languages = random.integers(len(LANGUAGES), size=count)
    for row, language in enumerate(languages):
        word = "".join(random.choice(LANGUAGES[language], random.integers(1, 4)))
        words[row, : len(word)] = [ord(letter) - ord("a") + 1 for letter in word]
    return words, languages


def run(logdir: str, epochs: int) -> None:
    """Trains the network, prints what Keras shows of it, then what tb_rnnview shows."""
    model = build()
    words, languages = some_words(1024)
    model.fit(words, languages, epochs=epochs, verbose=2)
    model.summary()
    os.makedirs(logdir, exist_ok=True)
    model.save(os.path.join(logdir, "keras_words.keras"))

    # The one line to add to a program: TensorBoard's RNN VIEW tab shows what it writes.
    print(tb_rnnview.export(model, logdir, name="keras_words"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/keras_words", help="where to write")
    parser.add_argument("--epochs", type=int, default=5, help="times to go through the words")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.epochs)
