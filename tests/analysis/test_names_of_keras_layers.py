"""Layers and axes of Keras models are called, and come, as in the program that made them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.timeline import Direction, Kind, Timeline

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras3", "keras2"])

STEPS, FEATURES = 4, 3


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    """Keras counts the names it gives: ``lstm``, ``lstm_1``."""
    keras.backend.clear_session()
    tf_keras.backend.clear_session()


def names(timeline: Timeline) -> list[str]:
    return [layer.name for layer in timeline.layers]


def labels(timeline: Timeline) -> list[str]:
    return [axis.label for axis in timeline.axes]


def sequence(k: Any) -> Any:
    return k.Input((STEPS, FEATURES))


@either
def test_what_is_inside_a_layer_is_no_part_of_its_name(k: Any) -> None:
    x = sequence(k)
    y = k.layers.LSTM(5, name="low", return_sequences=True)(x)
    y = k.layers.RNN(k.layers.GRUCell(5), name="high")(y)
    found = analyze(k.Model(x, k.layers.Dense(2, name="head")(y)))
    assert names(found) == ["low", "high", "head"]


@either
def test_one_layer_that_is_stacked_on_itself_is_counted(k: Any) -> None:
    x = k.Input((STEPS, 5))
    shared = k.layers.LSTM(5, return_sequences=True, name="shared")
    found = analyze(k.Model(x, shared(shared(shared(x)))))
    assert names(found) == ["shared", "shared (2)", "shared (3)"]


@either
def test_one_cell_in_two_layers_is_called_by_the_layer_that_runs_it(k: Any) -> None:
    x = k.Input((STEPS, 5))
    cell = k.layers.LSTMCell(5)
    y = k.layers.RNN(cell, return_sequences=True, name="first")(x)
    y = k.layers.RNN(cell, name="second")(y)
    assert names(analyze(k.Model(x, y))) == ["first", "second"]


@either
def test_one_embedding_that_is_looked_up_in_and_multiplied_by(k: Any) -> None:
    class Tied(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.words = k.layers.Embedding(11, 5, name="words")
            self.read = k.layers.LSTM(5, return_sequences=True, name="read")

        def call(self, ids: Any) -> Any:
            said = self.read(self.words(ids))
            table = tf.convert_to_tensor(self.words.embeddings)
            return tf.matmul(said, table[None], transpose_b=True)

    found = analyze(Tied(), inputs=np.ones((2, STEPS), "int32"))
    assert names(found) == ["words", "read", "words (2)"]


@either
def test_cells_of_a_stack_are_told_apart_and_what_tells_nothing_is_left_out(k: Any) -> None:
    x = sequence(k)
    cells = [k.layers.LSTMCell(5, name=f"cell_{i}") for i in "ab"]
    found = analyze(k.Model(x, k.layers.RNN(k.layers.StackedRNNCells(cells), name="rnn")(x)))
    assert names(found) == ["rnn/cell_a", "rnn/cell_b"]


@either
def test_directions_are_named_in_their_layer(k: Any) -> None:
    x = sequence(k)
    y = k.layers.Bidirectional(k.layers.GRU(5, name="gru"), name="both")(x)
    assert names(analyze(k.Model(x, y))) == ["both/forward_gru", "both/backward_gru"]


@either
@pytest.mark.parametrize(
    ("wrapper", "wrapped", "name"),
    [(None, "letters", "letters"), ("spell", "letters", "spell"), (None, None, "time_distributed")],
)
def test_a_wrapper_gives_way_to_a_name_that_the_user_gave(
    k: Any, wrapper: str | None, wrapped: str | None, name: str
) -> None:
    x = k.Input((2, STEPS, FEATURES))
    inner = k.layers.LSTM(5, **({"name": wrapped} if wrapped else {}))
    y = k.layers.TimeDistributed(inner, **({"name": wrapper} if wrapper else {}))(x)
    found = analyze(k.Model(x, k.layers.LSTM(4, name="words")(y)))
    assert names(found) == [name, "words"]
    assert sorted(labels(found)) == sorted([name, "words"])  # the time around may come first


@either
def test_layers_of_a_model_inside_a_model(k: Any) -> None:
    inside = sequence(k)
    encoded = k.layers.LSTM(5, name="read")(inside)
    encoder = k.Model(inside, k.layers.Dense(2, name="code")(encoded), name="encoder")
    x, y = sequence(k), sequence(k)
    both = k.layers.Concatenate()([encoder(x), encoder(y)])
    found = analyze(k.Model([x, y], k.layers.Dense(1, name="same")(both)))
    assert names(found) == ["encoder/read", "encoder/code", "same"]
    assert labels(found) == ["encoder", "encoder (2)"]


@either
def test_heads_come_in_the_order_of_the_model(k: Any) -> None:
    x = sequence(k)
    y = k.layers.LSTM(5, return_sequences=True, name="lstm")(x)
    heads = [k.layers.Dense(n, name=name)(y) for n, name in enumerate(["mu", "sigma", "alpha"], 1)]
    assert names(analyze(k.Model(x, heads))) == ["lstm", "mu", "sigma", "alpha"]


@either
def test_towers_and_their_axes_come_in_the_order_of_the_model(k: Any) -> None:
    question, document = k.Input((3,), dtype="int32"), k.Input((6,), dtype="int32")
    words = k.layers.Embedding(11, 4, name="words")
    q = k.layers.LSTM(5, name="question")(words(question))
    d = k.layers.GRU(5, name="document")(words(document))
    found = analyze(k.Model([question, document], k.layers.Dot(axes=1)([q, d])))
    assert names(found) == ["words", "question", "document"]
    assert labels(found) == ["question", "document"]


@either
def test_what_does_not_feed_each_other_comes_as_keras_lists_it(k: Any) -> None:
    source, target = sequence(k), k.Input((6, FEATURES))
    encoded = k.layers.LSTM(5, return_sequences=True, name="encoder")(source)
    decoded = k.layers.LSTM(5, return_sequences=True, name="decoder")(target)
    model = k.Model([source, target], k.layers.AdditiveAttention()([decoded, encoded]))
    listed = [layer.name for layer in model.layers if layer.weights]
    found = analyze(model)
    assert names(found) == listed
    assert labels(found) == listed[:2]


@either
def test_layers_of_a_model_that_is_a_class_come_in_the_order_of_its_attributes(k: Any) -> None:
    class Net(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.forward = k.layers.LSTM(5, name="forward")
            self.backward = k.layers.LSTM(5, go_backwards=True, name="backward")
            self.out = k.layers.Dense(2, name="out")

        def call(self, x: Any) -> Any:
            later = self.backward(x)  # called first
            return self.out(tf.concat([self.forward(x), later], 1))

    found = analyze(Net(), inputs=np.ones((2, STEPS, FEATURES), "float32"))
    assert names(found) == ["forward", "backward", "out"]


@either
def test_only_what_is_in_time_has_a_direction(k: Any) -> None:
    x = sequence(k)
    y = k.layers.LSTM(5)(k.layers.Dense(4)(x))
    found = analyze(k.Model(x, k.layers.Dense(2)(y)))
    told = {layer.kind: layer.applications[0].direction for layer in found.layers}
    assert told == {
        Kind.SEQUENCE: Direction.FORWARD,
        Kind.RECURRENT: Direction.FORWARD,
        Kind.ONCE: Direction.UNKNOWN,
    }


@either
def test_a_model_in_a_saved_model_keeps_the_name_of_its_layer(k: Any, tmp_path: Any) -> None:
    model = k.Sequential([sequence(k), k.layers.LSTM(5, name="reader"), k.layers.Dense(2)])
    model.export(str(tmp_path / "net"))
    kept = tf.saved_model.load(str(tmp_path / "net"))
    found = analyze(kept.signatures["serving_default"])
    assert names(found) == ["reader", "dense"]
