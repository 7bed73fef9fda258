"""What ``tf.saved_model.load`` gives, and functions whose variables are gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.errors import SourceError

LOST = "has lost its variables: keep what holds them"


def network(k: Any) -> Any:
    layers = k.layers
    return k.Sequential([k.Input((5, 3)), layers.Bidirectional(layers.GRU(4)), layers.Dense(1)])


def saved(folder: Path, **functions: Any) -> str:
    module = tf.Module()
    module.later, module.first = functions.pop("u"), functions.pop("w")
    for name, function in functions.items():
        setattr(module, name, function)
    tf.saved_model.save(module, str(folder))
    return str(folder)


def step_functions() -> dict[str, Any]:
    w, u = (tf.Variable(tf.ones((3, 3)), name=name) for name in "wu")

    def run(x: Any) -> Any:
        h = tf.zeros((2, 3))
        for t in tf.range(4):
            h = tf.tanh(tf.matmul(x[:, t], w) + tf.matmul(h, u))
        return h

    signature = [tf.TensorSpec((2, None, 3))]
    return {
        "w": w,
        "u": u,
        "run": tf.function(run, input_signature=signature),
        "again": tf.function(run, input_signature=signature),
    }


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_an_exported_keras_model_that_was_loaded(k: Any, tmp_path: Path) -> None:
    network(k).export(str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for source in (loaded, loaded.serve, loaded.signatures["serving_default"]):
        found = analyze(source)
        assert [layer.cell for layer in found.recurrent_layers] == ["GRU", "GRU"]
        assert len(found.variables) == 8
    assert analyze(loaded.serve).variables == analyze(loaded).variables


def test_a_loaded_function_has_its_variables_in_the_order_of_use(tmp_path: Path) -> None:
    functions = step_functions()
    del functions["again"]
    loaded = tf.saved_model.load(saved(tmp_path, **functions))
    assert [v.name for v in analyze(loaded).variables] == ["w", "u"]
    assert analyze(loaded).axes == analyze(loaded, inputs=np.zeros((2, 4, 3), "f4")).axes
    assert analyze(loaded.run).name == "run"


def test_several_loaded_functions_are_named(tmp_path: Path) -> None:
    loaded = tf.saved_model.load(saved(tmp_path, **step_functions()))
    with pytest.raises(SourceError, match=r"it has: again, run\); give .* example loaded.again$"):
        analyze(loaded)
    assert analyze(loaded.again).variables == analyze(loaded.run).variables


def test_nothing_that_computes_was_saved(tmp_path: Path) -> None:
    functions = step_functions()
    loaded = tf.saved_model.load(saved(tmp_path, w=functions["w"], u=functions["u"]))
    with pytest.raises(SourceError, match=r"^the loaded SavedModel has no __call__ and no tf"):
        analyze(loaded)


def test_functions_whose_variables_are_gone(tmp_path: Path) -> None:
    functions = step_functions()
    concrete = functions["run"].get_concrete_function()
    path = saved(tmp_path, **functions)
    with pytest.raises(SourceError, match=f"^the tf.function 'run' {LOST}"):
        analyze(tf.saved_model.load(path).run)
    network(keras).export(str(tmp_path / "other"))
    signature = tf.saved_model.load(str(tmp_path / "other")).signatures["serving_default"]
    with pytest.raises(SourceError, match=f"^the function 'signature_wrapper.* {LOST}"):
        analyze(signature)
    assert [v.name for v in analyze(concrete).variables] == ["w", "u"]
