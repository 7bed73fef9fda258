"""A gradient that explodes, beside one that does not, in one network.

Two linear recurrences read the same 50 numbers and have to give their mean. At each timestep the
state is multiplied by a matrix. One of them is orthogonal, as Keras makes it: it changes no length.
The other is 1.2 times such a matrix, and the gradient at the first timestep is 1.2 ** 49 times that
at the last, some 7,600. So the first update of the weights is far too large, and from the second
training step on all of their numbers are NaN.

    python examples/exploding.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import keras
import numpy as np

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback

length = 50  # timesteps
units = 16
growth = {"steady": 1.0, "exploding": 1.2}  # the size of every eigenvalue of a layer's matrix


def some_sequences(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, and the mean of each sequence."""
    x = np.random.default_rng(1).standard_normal([count, length, 1]).astype(np.float32)
    return x, x.mean(axis=1)


def build() -> keras.Model:
    """Builds both side by side; they are read at their last timestep."""
    keras.utils.set_random_seed(1)
    x = keras.Input([length, 1], name="numbers")
    answers = []
    for name, factor in growth.items():
        rnn = keras.layers.SimpleRNN(
            units,
            activation="linear",
            recurrent_initializer=keras.initializers.Orthogonal(factor),
            name=name,
        )
        answers.append(keras.layers.Dense(1, name=f"{name}_mean")(rnn(x)))
    model = keras.Model(x, answers, name="exploding")
    model.compile(keras.optimizers.SGD(0.001), ["mse", "mse"])
    return model


def run(logdir: str, epochs: int) -> None:
    """Trains it, and prints by which factor the gradient grows from timestep to timestep."""
    model = build()
    x, y = some_sequences(32)
    # All the data are one batch: an epoch is one training step.
    model.fit(
        x, [y, y], batch_size=32, epochs=epochs, verbose=2, callbacks=[RNNViewCallback(logdir, 1)]
    )

    statistics = tb_rnnview.read(logdir)["rnnview"].statistics
    for name in growth:
        gradient = statistics[f"exploding/{name}"].values("state_gradient", "h")
        factor = (gradient[0, 0] / gradient[0, -1]) ** (1 / (length - 1))
        bad = (~np.isfinite(gradient)).any(axis=1)
        print(f"{name}: at step 1 the gradient grows by {factor:.3f} per timestep")
        print(f"{name}: not finite at {bad.sum()} of {len(bad)} steps")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/exploding", help="where to write")
    parser.add_argument("--epochs", type=int, default=6, help="training steps")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.epochs)
