"""Arguments that cannot be meant: one line, with what to give instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

import tb_rnnview
from tb_rnnview.errors import SourceError
from tests.sources.keras_networks import features, functional


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lengths": 7}, r"lengths must be a dictionary .*, such as \{'time': 7\}, not int"),
        ({"lengths": [7]}, "lengths must be a dictionary"),
        ({"name": 7}, "name must be a text, such as 'my network', not int"),
        ({"outputs": "nothing"}, "no node 'nothing'"),
        (
            {"inputs": tf.data.Dataset.from_tensor_slices(features()).batch(2)},
            r"a dataset is no example; give a batch: next\(iter\(dataset\)\)",
        ),
    ],
)
def test_of_analyze(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        tb_rnnview.analyze(functional(keras), **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("logdir", [None, 7])
def test_a_folder_that_is_none(logdir: Any) -> None:
    with pytest.raises(SourceError, match="logdir must be the path of a folder, not"):
        tb_rnnview.export(functional(keras), logdir)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="name must be a text"):
        tb_rnnview.export(functional(keras), tmp_path, name=7)  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())


def test_a_model_without_weights() -> None:
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.Flatten()], name="flat")
    with pytest.raises(SourceError, match=r"^flat: no variables .* give a network that has some$"):
        tb_rnnview.analyze(model)


def test_examples_for_a_model_in_a_graph_that_are_no_tensors() -> None:
    with tf.Graph().as_default():
        model = functional(tf_keras)
        with pytest.raises(SourceError, match="takes 1 tensors, and inputs= holds 0"):
            tb_rnnview.analyze(model, inputs=5)


def test_an_example_of_any_rank_tells_nothing() -> None:
    with tf.Graph().as_default() as graph:
        model = functional(tf_keras)
        told = tb_rnnview.analyze(model, inputs=tf.TensorSpec(None))
        assert told.axes == tb_rnnview.analyze(model).axes
        placeholder = model.inputs[0].op.name
    told = tb_rnnview.analyze(graph, inputs={placeholder: tf.TensorSpec(None)})
    assert told.axes == tb_rnnview.analyze(graph).axes


def test_a_dimension_of_minus_one_is_open() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 2, 3], name="x")
        kernel = tf.compat.v1.get_variable("kernel", [3, 3])
        _, state = tf.while_loop(
            lambda i, _: i < tf.shape(x)[0],
            lambda i, h: (i + 1, tf.tanh(h @ kernel + x[i])),
            (0, tf.zeros([2, 3])),
        )
        tf.identity(state)
    assert [a.length for a in tb_rnnview.analyze(graph, inputs={"x": (-1, 2, 3)}).axes] == [None]
