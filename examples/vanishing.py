"""Gradients that vanish over 50 timesteps, and gradients that do not, in one network.

One of the first 5 numbers of a sequence is marked. 50 timesteps later the network has to say
whether that one was positive. A SimpleRNN and an LSTM read the same numbers, each with an answer of
its own. On the way from the answer back to the marked number the SimpleRNN's gradient fades away,
and it hardly learns anything. The LSTM's is handed on from c to c: its forget gate begins near 1.

    python examples/vanishing.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import keras
import numpy as np

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback

marked = 5  # timesteps, one of which is marked
lag = 50  # timesteps that follow
length = marked + lag
units = 16


def some_sequences(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers beside their marks, and whether the marked one is positive."""
    random = np.random.default_rng(1)
    numbers = 2 * random.standard_normal([count, length])
    marks = np.zeros([count, length])
    rows, places = np.arange(count), random.integers(marked, size=count)
    marks[rows, places] = 1
    x = np.stack([numbers, marks], axis=-1).astype(np.float32)
    return x, (numbers[rows, places] > 0).astype(np.float32)[:, None]


def slow_to_forget(shape, dtype=None):
    """An LSTM's biases: its forget gate, sigmoid(log(lag)) = lag / (lag + 1), begins near 1."""
    gates = np.zeros([4, shape[0] // 4])  # i, f, c, o
    gates[1] = np.log(lag)
    return keras.ops.convert_to_tensor(gates.ravel(), dtype)


def build() -> keras.Model:
    """Builds a SimpleRNN and an LSTM side by side; both are read at their last timestep."""
    keras.utils.set_random_seed(1)
    x = keras.Input([length, 2], name="numbers")
    simple = keras.layers.SimpleRNN(units, recurrent_initializer="glorot_uniform", name="simple")
    lstm = keras.layers.LSTM(
        units, bias_initializer=slow_to_forget, unit_forget_bias=False, name="lstm"
    )
    answers = [keras.layers.Dense(1, name=f"says_{rnn.name}")(rnn(x)) for rnn in (simple, lstm)]
    model = keras.Model(x, answers, name="vanishing")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), [loss, loss])
    return model


def run(logdir: str, epochs: int) -> None:
    """Trains it, and prints how much of the gradient reaches the first timestep."""
    model = build()
    x, y = some_sequences(1024)
    # The same sequences at every step that is logged, so that the curves compare.
    callback = RNNViewCallback(logdir, update_freq=16, batch=(x[:64], [y[:64], y[:64]]))
    model.fit(x, [y, y], batch_size=64, epochs=epochs, verbose=2, callbacks=[callback])

    statistics = tb_rnnview.read(logdir)["rnnview"].statistics
    for rnn, answer in zip(("simple", "lstm"), model.predict(x, verbose=0), strict=True):
        table = statistics[f"vanishing/{rnn}"]
        for step, gradient in zip(table.steps, table.values("state_gradient", "h"), strict=True):
            if step in table.steps[[0, -1]]:
                part = gradient[0] / gradient[-1]
                print(
                    f"{rnn}, step {step}: the gradient of h is {part:.1e} at t = 0, of 1 at the end"
                )
        print(f"{rnn}: {np.mean((answer > 0) == (y > 0)):.0%} of the answers are right")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/vanishing", help="where to write")
    parser.add_argument("--epochs", type=int, default=10, help="times to go through the data")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.epochs)
