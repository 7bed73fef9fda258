"""Gates that are saturated because nobody scaled the input, beside gates that are not.

Two LSTMs read the air pressure of 24 hours, and have to say whether it rises. One gets it as it is
measured, some 1,000 hPa. Times the weights that Keras starts with, up to 0.3, that is far beyond
what a sigmoid tells apart: its gates are fully open or fully closed, and stay so, because there the
sigmoid is flat and no gradient comes through. The other one gets the difference from the mean.

    python examples/saturated.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import keras
import numpy as np

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback

length = 24  # hours
units = 16
mean, spread = 1013.0, 10.0  # hPa


def some_days(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The pressure of each hour in hPa, and whether it rises over the day."""
    random = np.random.default_rng(1)
    slope = random.uniform(-0.5, 0.5, [count, 1])
    start = random.normal(mean, spread / 2, [count, 1])
    pressure = start + slope * np.arange(length) + random.normal(0, 0.5, [count, length])
    return pressure[..., None].astype(np.float32), (slope > 0).astype(np.float32)


def build() -> keras.Model:
    """Builds both LSTMs side by side; they are read at their last timestep."""
    keras.utils.set_random_seed(1)
    pressure = keras.Input([length, 1], name="pressure")
    scaled = keras.layers.Rescaling(1 / spread, offset=-mean / spread)(pressure)
    answers = []
    for name, x in (("raw", pressure), ("scaled", scaled)):
        answers.append(
            keras.layers.Dense(1, name=f"{name}_rises")(keras.layers.LSTM(units, name=name)(x))
        )
    model = keras.Model(pressure, answers, name="saturated")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), [loss, loss])
    return model


def run(logdir: str, epochs: int) -> None:
    """Trains it, and prints how many units of the gates are saturated."""
    model = build()
    x, y = some_days(512)
    # The same days at every step that is logged, so that the curves compare.
    callback = RNNViewCallback(logdir, update_freq=16, batch=(x[:64], [y[:64], y[:64]]))
    model.fit(x, [y, y], batch_size=64, epochs=epochs, verbose=2, callbacks=[callback])

    statistics = tb_rnnview.read(logdir)["rnnview"].statistics
    for name, answer in zip(("raw", "scaled"), model.predict(x, verbose=0), strict=True):
        table = statistics[f"saturated/{name}"]
        for step, share in zip(table.steps, table.whole("saturation"), strict=True):
            if step in table.steps[[0, -1]]:
                print(f"{name}, step {step}: {share:.0%} of the gates' units are saturated")
        print(f"{name}: {np.mean((answer > 0) == (y > 0)):.0%} of the answers are right")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/saturated", help="where to write")
    parser.add_argument("--epochs", type=int, default=20, help="times to go through the data")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.epochs)
