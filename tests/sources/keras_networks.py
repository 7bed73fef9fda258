"""Keras models to give as sources, in Keras 3 and in tf_keras alike: ``build(keras)``."""

from __future__ import annotations

from typing import Any

import numpy as np

BATCH, STEPS, FEATURES, WORDS = 4, 7, 5, 11


def sequential(keras: Any) -> Any:
    """A Sequential model that says nothing of its inputs."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Masking(name="gaps"),
            layers.LSTM(3, return_sequences=True, name="lower"),
            layers.LSTM(3, name="upper"),
            layers.Dense(1, name="head"),
        ],
        name="stack",
    )


def functional(keras: Any) -> Any:
    """Two nested models whose layers have the same name; the length is open."""
    layers = keras.layers
    encoder = keras.Sequential(
        [keras.Input((None, FEATURES)), layers.GRU(4, return_sequences=True, name="rnn")],
        name="encoder",
    )
    decoder = keras.Sequential([keras.Input((None, 4)), layers.GRU(2, name="rnn")], name="decoder")
    inputs = keras.Input((None, FEATURES), name="features")
    return keras.Model(inputs, decoder(encoder(inputs)), name="nested")


def subclassed(keras: Any) -> Any:
    """A subclassed model of ids: what it is called with is nowhere written down."""
    layers = keras.layers

    class Network(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="network")
            self.words = layers.Embedding(WORDS, FEATURES, mask_zero=True, name="words")
            self.both = layers.Bidirectional(layers.LSTM(3, name="memory"), name="both")
            self.drop = layers.Dropout(0.5)
            self.head = layers.Dense(1, name="head")

        def call(self, ids: Any, training: bool = False) -> Any:
            return self.head(self.drop(self.both(self.words(ids)), training=training))

    return Network()


def ids(steps: int = STEPS, batch: int = BATCH) -> np.ndarray:
    return np.arange(batch * steps).reshape(batch, steps) % WORDS


def features(steps: int = STEPS, batch: int = BATCH) -> np.ndarray:
    return np.cos(np.arange(batch * steps * FEATURES)).reshape(batch, steps, FEATURES).astype("f4")


def fitted(model: Any, inputs: Any, outputs: int = 1, **compile_options: Any) -> Any:
    size = len(inputs)
    model.compile("sgd", "mse", **compile_options)
    # The last batch is smaller.
    model.fit(inputs, np.ones((size, outputs), "f4"), batch_size=size - 1, verbose=0)
    return model
