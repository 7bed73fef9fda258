"""MASK_LOST: what is padding is told, and does not come to a recurrent layer."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from tb_rnnview.analysis.declared import analyze_configuration
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.timeline import Finding, Severity, Source

CODE = "MASK_LOST"
layers = keras.layers


def of_text(text: str, version: str = "3.0.0") -> list[Finding]:
    """What the rule tells of a configuration."""
    model = read_keras_config(text, version)
    timeline = analyze_configuration(Configuration(model, Source("keras_file", "", "keras")))
    return [f for f in timeline.findings if f.code == CODE]


def built(*between: Any, first: Any = None) -> tuple[list[Finding], bool]:
    """What the rule tells of layers before an LSTM, and whether Keras itself has lost the mask."""
    x = keras.Input((12,))
    words = first or layers.Embedding(9, 4, mask_zero=True, name="words")
    y = words(x)
    for layer in between:
        y = layer(y)
    lost = getattr(y, "_keras_mask", None) is None
    return of_text(keras.Model(x, layers.LSTM(3, name="lstm")(y)).to_json()), lost


def conv() -> Any:
    return layers.Conv1D(4, 3, padding="same", name="conv")


def twice(x: Any) -> Any:
    return x * 2.0


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
@pytest.mark.parametrize(
    "between",
    [
        [conv()],
        [layers.Dropout(0.1), conv(), layers.MaxPooling1D(2)],
        [layers.GRU(3, return_sequences=True), conv(), layers.BatchNormalization()],
        [layers.Bidirectional(layers.GRU(3, return_sequences=True)), conv()],
        [layers.ZeroPadding1D(1)],
        [layers.Cropping1D(1)],
        [layers.UpSampling1D(2)],
        [layers.AveragePooling1D(2)],
        [layers.SeparableConv1D(4, 3)],
        [layers.DepthwiseConv1D(3)],
        [layers.Conv1DTranspose(4, 3)],
        [twice],
    ],
)
def test_a_layer_that_drops_it(between: list[Any]) -> None:
    (finding,), lost = built(*between)
    assert lost
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("words tells which timesteps are padding, and ")
    assert finding.message.endswith("So lstm runs through the padding as through data.")


@pytest.mark.parametrize(
    "between",
    [
        [],
        [layers.Dense(3), layers.Dropout(0.1), layers.LayerNormalization()],
        [layers.SpatialDropout1D(0.1), layers.GaussianNoise(0.1), layers.Activation("relu")],
        [layers.AlphaDropout(0.1), layers.GaussianDropout(0.1), layers.BatchNormalization()],
        [layers.ReLU(), layers.LeakyReLU(), layers.ELU(), layers.PReLU(), layers.Softmax()],
        [layers.ActivityRegularization(), layers.Identity()],
        [layers.GRU(3, return_sequences=True)],
        [layers.Bidirectional(layers.GRU(3, return_sequences=True))],
    ],
)
def test_what_hands_it_on(between: list[Any]) -> None:
    assert built(*between) == ([], False)


@pytest.mark.parametrize(
    "between",
    [
        [layers.GRU(3), layers.RepeatVector(4)],  # another time, of which there is no mask
        [layers.Bidirectional(layers.GRU(3)), layers.RepeatVector(4), conv()],
        [layers.TimeDistributed(layers.Dense(3))],
    ],
)
def test_what_is_not_known(between: list[Any]) -> None:
    assert built(*between)[0] == []


def test_no_mask_is_made() -> None:
    assert built(conv(), first=layers.Embedding(9, 4)) == ([], True)


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_a_mask_that_is_handed_over() -> None:
    x = keras.Input((12,))
    words = layers.Embedding(9, 4, mask_zero=True)
    y = layers.LSTM(3)(conv()(words(x)), mask=words.compute_mask(x))
    assert of_text(keras.Model(x, y).to_json()) == []


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")
def test_all_layers_after_it_are_told_together() -> None:
    model = keras.Sequential(
        [
            keras.Input((12, 4)),
            layers.Masking(name="padding"),
            conv(),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(3),
        ]
    )
    (finding,) = of_text(model.to_json())
    assert len(finding.layers) == 3
    assert finding.message.startswith("padding tells which timesteps are padding, and conv does")
