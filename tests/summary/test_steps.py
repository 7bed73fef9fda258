"""The training step that an export is written for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tb_rnnview
from tb_rnnview.errors import SourceError
from tests.timelines import stacked


@pytest.mark.parametrize(
    "step",
    [
        3,
        np.int64(3),
        np.array(3),
        tf.constant(3, tf.int64),
        tf.Variable(3),
        keras.Variable(3, dtype="int32"),
    ],
    ids=["int", "numpy", "array", "tensor", "variable", "keras"],
)
def test_whole_numbers_of_every_kind(step: Any, tmp_path: Path) -> None:
    tb_rnnview.export(stacked(), str(tmp_path), step=step)
    (timelines,) = tb_rnnview.read(str(tmp_path))["rnnview"].timelines.values()
    assert [at for at, _ in timelines] == [3]


def test_an_optimizers_own_count(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(2)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 5, 3)), np.zeros((4, 2)), batch_size=2, verbose=0)
    tb_rnnview.export(model, str(tmp_path), step=model.optimizer.iterations)
    (timelines,) = tb_rnnview.read(str(tmp_path))["rnnview"].timelines.values()
    assert [at for at, _ in timelines] == [2]


@pytest.mark.parametrize("step", [2.0, "3", None, True, np.array([1, 2]), tf.constant(1.5)])
def test_no_step(step: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^step must be a whole number, such as 7, not "):
        tb_rnnview.export(stacked(), str(tmp_path), step=step)
    assert not any(tmp_path.iterdir())


def test_a_tensor_of_a_graph_has_no_value(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        step = tf.compat.v1.train.get_or_create_global_step()
        with pytest.raises(SourceError, match="step must be a whole number"):
            tb_rnnview.export(stacked(), str(tmp_path), step=step)
