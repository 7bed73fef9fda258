"""A training loop written by hand, with what each timestep does to the shared kernel.

The network has to say at the end of a sequence which sign its first number had: the answer has to
survive every timestep in between. The tab shows which timesteps the gradient comes from.

    python examples/custom_loop.py
    tensorboard --logdir logs
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up messages

import keras
import numpy as np
import tensorflow as tf

import tb_rnnview

length = 20  # timesteps
loss_of = keras.losses.BinaryCrossentropy(from_logits=True)


def some_sequences(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A first number of some size, smaller ones after it; and whether the first is positive."""
    x = np.random.default_rng(seed).standard_normal([count, length, 1]).astype(np.float32)
    x[:, 1:] *= 0.1
    return x, (x[:, 0] > 0).astype(np.float32)


def build() -> keras.Model:
    """Builds one LSTM that is read at its last timestep."""
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [keras.Input([length, 1]), keras.layers.LSTM(16), keras.layers.Dense(1)], name="first"
    )


def run(logdir: str, steps: int) -> None:
    """Trains it for some steps, and logs every 20th."""
    model = build()
    optimizer = keras.optimizers.Adam(0.02)

    @tf.function
    def train(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    with tb_rnnview.RNNViewLogger(logdir) as logger:
        for step in range(steps):
            x, y = some_sequences(32, step)
            if step % 20 == 0:
                logger.log(model, x, y, loss_of, step=step)
            loss = train(tf.constant(x), tf.constant(y))
            if step % 50 == 0:
                print(f"step {step}: loss {float(loss):.3f}")

    (table,) = tb_rnnview.read(logdir)["rnnview"].statistics.values()
    print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logdir", default="logs/custom_loop", help="where to write")
    parser.add_argument("--steps", type=int, default=201, help="batches to train on")
    arguments = parser.parse_args()
    run(arguments.logdir, arguments.steps)
