"""Arguments that cannot be meant: one line, with what to give instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

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
