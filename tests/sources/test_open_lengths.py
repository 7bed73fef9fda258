"""Which lengths are a network's own, and which only those of the example that it was given."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import Axis, LengthSource
from tests.sources import keras_networks as networks
from tests.sources.keras_networks import FEATURES, features, fitted, ids

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])
OWN, SEEN = LengthSource.STATIC, LengthSource.OBSERVED


def axis_of(source: Any, **more: Any) -> Axis:
    (axis,) = analyze(source, **more).axes
    return axis


def said(source: Any, **more: Any) -> tuple[int | None, LengthSource]:
    axis = axis_of(source, **more)
    return axis.length, axis.length_source


def spec(*shape: int | None, dtype: Any = tf.float32) -> Any:
    return tf.TensorSpec(shape, dtype)


@either
def test_a_subclassed_model_takes_any_length(k: Any) -> None:
    model = networks.subclassed(k)
    for is_built in (False, True):
        assert (len(model.weights) > 0) is is_built
        assert said(model, inputs=ids(9)) == (9, SEEN)
    assert said(model, inputs=spec(None, 6, dtype=tf.int32)) == (6, SEEN)
    assert said(model, inputs=spec(None, None, dtype=tf.int32)) == (None, LengthSource.UNKNOWN)
    assert axis_of(model, inputs=ids(9)).reason == "as traced for the example inputs"


@either
def test_a_model_that_was_called_or_fitted_takes_any_length(k: Any) -> None:
    called = networks.subclassed(k)
    called(ids(9))
    assert said(called) == (9, SEEN)
    assert axis_of(called).reason == "as traced for what it was called with last"
    assert said(fitted(networks.subclassed(k), ids(8))) == (8, SEEN)


@either
def test_a_single_layer_takes_any_length(k: Any) -> None:
    assert said(k.layers.GRU(2), inputs=features(4)) == (4, SEEN)


@either
def test_a_sequential_model_that_declares_nothing_takes_any_length(k: Any) -> None:
    model = networks.sequential(k)
    assert said(model, inputs=features(9)) == (9, SEEN)
    shape = model.input_shape
    assert said(model) == (9, SEEN)
    assert model.input_shape == shape, "it does not remember that it was looked at"
    assert said(model, inputs=features(5)) == (5, SEEN)


@either
def test_a_declared_length_is_the_networks_own(k: Any) -> None:
    model = k.Sequential([k.Input((4, FEATURES)), k.layers.GRU(2)])
    assert said(model) == (4, OWN)
    assert said(model, inputs=features(4)) == (4, OWN)


@either
def test_a_specification_tells_an_open_length_as_an_example_does(k: Any) -> None:
    model = networks.functional(k)
    assert said(model, inputs=spec(None, 11, FEATURES)) == (11, SEEN)
    assert said(model, inputs=features(11)) == (11, SEEN)
    assert said(model) == (None, LengthSource.UNKNOWN)


@either
def test_a_loop_of_its_own_is_the_networks_own_where_all_else_is_open(k: Any) -> None:
    class Seven(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.memory = k.layers.GRU(3)
            self.cell = k.layers.GRUCell(3)

        def call(self, x: Any) -> Any:
            def step(t: Any, h: Any, found: Any) -> Any:
                h = self.cell(h, [h])[0]
                return t + 1, h, found.write(t, h)

            start = (0, self.memory(x), tf.TensorArray(tf.float32, 7))
            return tf.while_loop(lambda t, *_: t < 7, step, start)[2].stack()

    model = Seven()
    axes = analyze(model, inputs=features(5)).axes
    assert {(a.length, a.length_source) for a in axes} == {(5, SEEN), (7, SEEN)}
    axes = analyze(model, inputs=spec(None, None, FEATURES)).axes
    assert {(a.length, a.length_source) for a in axes} == {
        (None, LengthSource.UNKNOWN),
        (7, OWN),
    }


@either
def test_what_runs_on_the_example_is_what_is_told(k: Any) -> None:
    """Keras' ``TimeDistributed`` does something else where it does not know the length."""

    class Nested(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.letters = k.layers.TimeDistributed(k.layers.LSTM(3))
            self.words = k.layers.LSTM(4)

        def call(self, x: Any) -> Any:
            return self.words(self.letters(x))

    timeline = analyze(Nested(), inputs=np.zeros((2, 6, 5, FEATURES), "f4"))
    assert [(layer.cell, layer.units) for layer in timeline.recurrent_layers] == [
        ("LSTM", 3),
        ("LSTM", 4),
    ]
    assert {a.length for a in timeline.axes} == {5, 6}
    assert {a.length_source for a in timeline.axes} == {SEEN}


@either
def test_looking_makes_the_weights_that_the_first_call_would_make(k: Any) -> None:
    made = []
    for is_looked_at in (False, True):
        k.utils.set_random_seed(3)
        model = networks.subclassed(k)
        if is_looked_at:
            analyze(model, inputs=ids())
        else:
            model(ids())
        made.append([np.asarray(weight) for weight in model.weights])
    assert all(map(np.array_equal, *made))


def test_a_signature_that_the_user_traced_is_the_functions_own() -> None:
    cell = keras.layers.GRUCell(2)
    cell.build((None, FEATURES))

    @tf.function(input_signature=[tf.TensorSpec((2, 4, FEATURES))])
    def run(x: Any) -> Any:
        h = tf.zeros((2, 2))
        for t in tf.range(tf.shape(x)[1]):
            h = cell(x[:, t], [h])[0]
        return h

    assert said(run) == (4, OWN)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"lengths": {"time": 2.5}}, "'time' must be a whole number, such as 7, not 2.5"),
        ({"lengths": {"time": True}}, "must be a whole number"),
        ({"lengths": {"time": 0}}, "must be at least 1"),
        ({"lengths": {"time": 2**40}}, "must be at least 1 and below"),
        ({"lengths": {"other": 2}}, "no axis 'other'"),
        (
            {"lengths": {"time": 8}, "inputs": features(9)},
            "given as 8, but it is 9 from the example inputs; give one length",
        ),
    ],
)
def test_lengths_that_cannot_be(more: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        analyze(networks.functional(keras), **more)


def test_lengths_of_other_kinds_of_whole_numbers() -> None:
    model = networks.functional(keras)
    for eight in (8, np.int64(8), np.array(8, "i4"), tf.constant(8), tf.Variable(8)):
        assert said(model, lengths={"time": eight}) == (8, SEEN)
    assert said(model, lengths={"time": 9}, inputs=features(9)) == (9, SEEN)
