"""Shapes that a ``.keras`` file's configuration leaves open are those of the arrays beside it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.sources.configuration import StoredArray
from tb_rnnview.sources.h5_content import Content
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.sources.keras_v3_weights import arrays_by_layer

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])


def _own_class(k: Any) -> type:
    class Scaled(k.layers.Layer):  # type: ignore[name-defined, misc]
        """Weights of its own, and a layer within it."""

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), name="scale")
            self.inner = k.layers.Dense(3)
            self.inner.build(shape)
            self.built = True

        def call(self, x: Any) -> Any:
            return self.inner(x * self.scale)

    return Scaled


def _rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def _without_built_shapes(config: bytes) -> bytes:
    found = json.loads(config)
    for layer in found["config"]["layers"]:
        layer.pop("build_config", None)
    return json.dumps(found).encode()


def _shapes(path: Path) -> dict[str, Any]:
    return {v.name: v.shape for v in analyze(str(path)).variables}


@either
def test_the_weights_of_a_class_of_the_users(k: Any, tmp_path: Path) -> None:
    scaled = _own_class(k)
    inputs = k.Input((5, 2))
    found = scaled(name="second")(scaled(name="first")(inputs))
    path = tmp_path / "own.keras"
    k.Model(inputs, k.layers.LSTM(4, name="lstm")(found)).save(path)
    told = analyze(str(path))
    assert {v.name: (v.shape, v.role, v.layers) for v in told.variables if v.role == "other"} == {
        "first/vars/0": ((2,), "other", (told.layer("first").id,)),
        "first/inner/vars/0": ((2, 3), "other", (told.layer("first").id,)),
        "first/inner/vars/1": ((3,), "other", (told.layer("first").id,)),
        "second/vars/0": ((3,), "other", (told.layer("second").id,)),
        "second/inner/vars/0": ((3, 3), "other", (told.layer("second").id,)),
        "second/inner/vars/1": ((3,), "other", (told.layer("second").id,)),
    }


@either
def test_what_no_shape_was_declared_for(k: Any, tmp_path: Path) -> None:
    """Nobody knows what a lambda gives; so the kernels behind it are of any height."""
    layers = k.layers
    inputs = k.Input((5, 2))
    found = layers.Lambda(lambda x: x[..., :1], output_shape=(5, 1), name="code")(inputs)
    found = layers.LSTM(4, return_sequences=True, name="low")(found)
    found = layers.LSTM(3, return_sequences=True, name="high")(found)
    path = tmp_path / "open.keras"
    k.Model(inputs, layers.Dense(2, name="head")(found)).save(path)
    _rewritten(path, "config.json", _without_built_shapes)
    assert _shapes(path) == {
        "low/lstm_cell/kernel": (1, 16),
        "low/lstm_cell/recurrent_kernel": (4, 16),
        "low/lstm_cell/bias": (16,),
        "high/lstm_cell/kernel": (4, 12),
        "high/lstm_cell/recurrent_kernel": (3, 12),
        "high/lstm_cell/bias": (12,),
        "head/kernel": (3, 2),
        "head/bias": (2,),
    }


def test_damaged_weights_cost_only_shapes(tmp_path: Path) -> None:
    scaled = _own_class(keras)
    inputs = keras.Input((5, 2))
    path = tmp_path / "own.keras"
    keras.Model(inputs, keras.layers.GRU(4)(scaled()(inputs))).save(path)
    _rewritten(path, "model.weights.h5", lambda data: data[: len(data) // 2])
    assert set(_shapes(path).values()) == {(3, 12), (4, 12), (2, 12)}


def _layer(class_name: str, name: str) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name}}


def _model(*layers: dict[str, Any]) -> bytes:
    return json.dumps({"class_name": "Sequential", "config": {"layers": layers}}).encode()


def _arrays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: bytes, *places: str) -> Any:
    """What is told of one array in each place, of as many elements as places come before it."""
    stored = {p.partition("/")[0]: [] for p in places}
    for size, place in enumerate(places):
        name, _, below = place.partition("/")
        stored[name].append(StoredArray(below, (size,), "float32"))

    unnamed = {name: tuple(arrays) for name, arrays in stored.items()}
    read = Content("", "", {}, True, unnamed)
    monkeypatch.setattr("tb_rnnview.sources.keras_v3_weights.read_apart", lambda _: read)
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", b"")
    found = arrays_by_layer(path.read_bytes(), config, read_keras_config(config, "3.0"))
    return {name: [a.shape for a in arrays] for name, arrays in found.items()}


def test_places_are_called_after_classes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = _model(_layer("My>HTTPScale2", "a"), _layer("My>HTTPScale2", "b"), _layer("Own", "c"))
    found = _arrays(monkeypatch, tmp_path, config, "http_scale2_1/vars/0", "own/vars/0")
    assert found == {"b": [(0,)], "c": [(1,)]}


def test_a_place_that_may_be_of_two_layers_is_nobodys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The second of the class Own, or the first of the class own_1."""
    config = _model(_layer("Own", "a"), _layer("Own", "b"), _layer("own_1", "c"))
    assert _arrays(monkeypatch, tmp_path, config, "own/vars/0", "own_1/vars/0") == {"a": [(0,)]}


def test_arrays_in_several_places_have_no_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = _model(_layer("Own", "a"), _layer("Dense", "d"))
    places = "dense/vars/0", "dense/quantizer/vars/0", "own/x/vars/0", "own/y/vars/0"
    assert _arrays(monkeypatch, tmp_path, config, *places) == {"a": [(2,), (3,)]}
