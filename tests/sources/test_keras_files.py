"""``.keras`` files: zip archives of Keras 3, and those that Keras 2 wrote."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import pytest
import tf_keras

from tb_rnnview.errors import SourceError
from tb_rnnview.facade import analyze
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Source
from tests.sources import keras_networks as networks
from tests.sources.keras_networks import FEATURES

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])


def saved(model: Any, path: Path) -> str:
    model.save(path)
    return str(path)


def refusal(path: str) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@either
def test_a_file_is_the_model_that_was_saved(k: Any, tmp_path: Path) -> None:
    path = saved(networks.functional(k), tmp_path / "reader.keras")
    found = open_source(path)
    assert isinstance(found, GraphSource)
    assert found.source == Source("keras_file", path, k.__name__, k.__version__)
    assert found.name == "reader"
    assert [d.layers[0] for d in found.declared] == ["encoder/rnn"] * 3 + ["decoder/rnn"] * 3


def test_a_cut_or_damaged_file_is_refused(tmp_path: Path) -> None:
    path = saved(networks.functional(keras), tmp_path / "cut.keras")
    data = Path(path).read_bytes()
    for length in (4, 30, len(data) // 2, len(data) - 1):
        Path(path).write_bytes(data[:length])
        assert "is cut off or damaged" in refusal(path)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 255
    Path(path).write_bytes(bytes(flipped))
    assert "is cut off or damaged" in refusal(path)


def test_other_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    for content, said in (
        ({"notes.txt": "x"}, "is a zip archive, but no .keras file: it holds no config.json"),
        ({"config.json": "{}"}, "is no .keras file of a model"),
        ({"config.json": "{"}, "is cut off or damaged"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in content.items():
                archive.writestr(name, text)
        assert said in refusal(str(path))


def why_declared(path: str) -> str:
    """Why a file is read as a configuration."""
    opened = open_source(path)
    assert isinstance(opened, Configuration)
    (finding,) = opened.findings
    assert finding.code == "READ_AS_CONFIGURATION"
    assert "\n" not in finding.message
    assert path not in finding.message
    return finding.message


@either
def test_code_that_the_file_needs_is_asked_for(k: Any, tmp_path: Path) -> None:
    class Doubled(k.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            return x + x

    Doubled.__module__ = "a_module_of_the_user"
    for layer, said in (
        (Doubled(), "Doubled"),
        (k.layers.Lambda(lambda x: x + x), "holds Python code (a lambda)"),
    ):
        model = k.Sequential([k.Input((3, FEATURES)), layer, k.layers.GRU(2)])
        path = saved(model, tmp_path / "own.keras")
        message = why_declared(path)
        assert said in message
        assert "give program.py:model" in message
        timeline = analyze(path)
        assert [(x.cell, x.units) for x in timeline.recurrent_layers] == [("GRU", 2)]
        with pytest.raises(SourceError, match=r"give program\.py:model"):
            open_source(path, inputs=[[1.0]])


def test_a_model_that_declares_no_layers_is_refused(tmp_path: Path) -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x + x

    Own.__module__ = "a_module_of_the_user"
    model = Own()
    model(keras.ops.ones((1, 2)))
    message = refusal(saved(model, tmp_path / "own.keras"))
    assert "Own" in message
    assert "give program.py:model" in message


def test_a_missing_tensorflow_or_another_backend_leaves_the_declaration(tmp_path: Path) -> None:
    path = saved(networks.functional(keras), tmp_path / "m.keras")
    for before, backend, said in (
        ("sys.modules['tensorflow'] = None", "tensorflow", "reading it needs tensorflow"),
        ("", "jax", "runs on the jax backend of Keras"),
    ):
        code = f"import sys; {before}\nfrom tb_rnnview.cli import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code, "show", path],
            capture_output=True,
            text=True,
            env={**os.environ, "KERAS_BACKEND": backend},
        )
        assert done.returncode == 0
        shown = " ".join(done.stdout.split())
        assert "READ_AS_CONFIGURATION: This is what the file declares, and not its graph" in shown
        assert said in shown
        assert not done.stderr
