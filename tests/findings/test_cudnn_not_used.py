"""CUDNN_NOT_USED: an argument keeps an LSTM or a GRU from running as one operation on a GPU."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import keras
import pytest
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.analysis.declared import analyze_configuration
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.timeline import Finding, Severity, Source
from tests.configurations import layer, sequential

CODE = "CUDNN_NOT_USED"
PLAIN = {
    "units": 3,
    "batch_input_shape": [None, 7, 4],
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "recurrent_dropout": 0.0,
    "unroll": False,
    "use_bias": True,
    "reset_after": True,
}


def declared(kind: str, version: str = "2.9.0", **config: Any) -> list[Finding]:
    """What the rule tells of a configuration of one layer."""
    text = sequential(layer(kind, "r", **{**PLAIN, **config}), version=version)
    model = Configuration(read_keras_config(text), Source("keras_file", "", "keras"))
    return [f for f in analyze_configuration(model).findings if f.code == CODE]


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ({"activation": "relu"}, "activation='relu'"),
        ({"recurrent_activation": "hard_sigmoid"}, "recurrent_activation='hard_sigmoid'"),
        ({"recurrent_dropout": 0.2}, "recurrent_dropout=0.2"),
        ({"unroll": True}, "unroll=True"),
        ({"use_bias": False}, "use_bias=False"),
        ({"reset_after": False}, "reset_after=False"),
    ],
)
def test_each_argument_that_cudnn_cannot_do(argument: dict[str, Any], told: str) -> None:
    (finding,) = declared("GRU", **argument)
    assert finding.severity is Severity.INFO
    assert f"on a GPU: {told} prevents it." in finding.message
    assert finding.layers == ("layer0",)
    assert next(iter(argument)) in finding.advice


def test_several_arguments_are_told_together() -> None:
    (finding,) = declared("LSTM", activation="relu", use_bias=False)
    assert "activation='relu' and use_bias=False prevent it." in finding.message
    assert "`activation='tanh', use_bias=True`" in finding.advice


@pytest.mark.parametrize("version", ["2.3.0-tf", "2.4.0", "3.5.0", ""])
def test_since_when_keras_hands_layers_to_cudnn(version: str) -> None:
    assert len(declared("LSTM", version, activation="relu")) == 1


@pytest.mark.parametrize("version", ["1.2.2", "2.2.4-tf", "2.2.4", "2.3.1"])
def test_older_layers_never_used_it(version: str) -> None:
    assert declared("LSTM", version, activation="relu") == []


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("LSTM", {}),
        ("GRU", {}),
        ("LSTM", {"dropout": 0.5, "go_backwards": True, "stateful": False}),
        ("LSTM", {"reset_after": False}),  # of a GRU alone
        ("SimpleRNN", {"activation": "relu"}),
        ("GRU", {"activation": "relu", "use_cudnn": False}),
        ("GRU", {"activation": {"module": "keras.ops", "class_name": "function"}}),
    ],
)
def test_what_cudnn_does_or_what_is_not_known(kind: str, config: dict[str, Any]) -> None:
    assert declared(kind, **config) == []


@pytest.mark.parametrize("library", [keras, tf_keras])
def test_live_models(library: ModuleType) -> None:
    layers = library.layers
    x = library.Input((7, 4))
    way = layers.LSTM(3, recurrent_dropout=0.1, return_sequences=True)
    y = layers.LSTM(3, return_sequences=True)(layers.Bidirectional(way)(x))
    timeline = analyze(library.Model(x, layers.GRU(3, recurrent_dropout=0.1)(y)))
    (finding,) = [f for f in timeline.findings if f.code == CODE]
    # Both ways of the first layer, and the third.
    names = [layer.name for layer in timeline.layers if layer.id in finding.layers]
    assert len(names) == 3
    assert "recurrent_dropout=0.1 prevents it." in finding.message


class Own(keras.layers.LSTM):  # type: ignore[misc, unused-ignore]
    """What a class of the program's own does is not known."""


def test_a_class_of_the_programs_own() -> None:
    x = keras.Input((7, 4))
    assert [
        f for f in analyze(keras.Model(x, Own(3, activation="relu")(x))).findings if f.code == CODE
    ] == []
