"""What a model's configuration declares is what its graph proves, as far as both tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tf_keras

from tb_rnnview.analysis.declared import analyze_configuration
from tb_rnnview.facade import analyze
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.timeline import Source, Timeline

MODELS: dict[str, Callable[[Any], Any]] = {}

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    MODELS[build.__name__] = build
    return build


@model
def stack(k: Any) -> Any:
    layers = k.layers
    return k.Sequential(
        [
            k.Input((5,)),
            layers.Embedding(11, 6, name="words"),
            layers.Dropout(0.2),
            layers.LSTM(4, return_sequences=True, name="low"),
            layers.Dense(7, name="mid"),
            layers.GRU(3, name="high", reset_after=False),
            layers.Dense(2, name="head", use_bias=False),
            layers.BatchNormalization(name="norm"),
        ]
    )


@model
def both_ways(k: Any) -> Any:
    layers = k.layers
    low = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="low")
    high = layers.Bidirectional(layers.SimpleRNN(2), name="high", merge_mode="sum")
    return k.Sequential([k.Input((5, 3)), low, high, layers.Dense(1)])


@model
def backward(k: Any) -> Any:
    layers = k.layers
    low = layers.LSTM(4, go_backwards=True, return_sequences=True, name="low")
    return k.Sequential([k.Input((5, 3)), low, layers.LSTM(4, name="high")])


@model
def cells(k: Any) -> Any:
    layers = k.layers
    rnn = layers.RNN([layers.LSTMCell(4), layers.GRUCell(5)], name="rnn")
    return k.Sequential([k.Input((None, 3)), rnn, layers.Dense(2)])


@model
def encoder_decoder(k: Any) -> Any:
    layers = k.layers
    x, y = k.Input((5, 3)), k.Input((None, 2))
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(x)
    decoder = layers.LSTM(4, return_sequences=True, name="decoder")
    return k.Model([x, y], layers.Dense(3, name="out")(decoder(y, initial_state=[h, c])))


@model
def bidirectional_encoder(k: Any) -> Any:
    layers = k.layers
    x, y = k.Input((6, 3)), k.Input((None, 2))
    encoder = layers.Bidirectional(layers.LSTM(4, return_state=True), name="encoder")
    _, fh, fc, bh, bc = encoder(x)
    states = [layers.Concatenate()([fh, bh]), layers.Concatenate()([fc, bc])]
    return k.Model([x, y], layers.LSTM(8, name="decoder")(y, initial_state=states))


@model
def convolved(k: Any) -> Any:
    layers = k.layers
    conv = layers.ConvLSTM2D(4, 3, return_sequences=True, name="conv")
    last = layers.ConvLSTM2D(2, 3, padding="same", strides=2, name="last")
    norm = layers.BatchNormalization(name="norm")
    return k.Sequential([k.Input((5, 8, 8, 3)), conv, norm, last])


@model
def channels_first(k: Any) -> Any:
    conv = k.layers.ConvLSTM2D(
        4, 3, data_format="channels_first", return_sequences=True, name="conv"
    )
    return k.Sequential([k.Input((5, 3, 8, 9)), conv])


@model
def windows(k: Any) -> Any:
    layers = k.layers
    return k.Sequential(
        [
            k.Input((20, 3)),
            layers.SeparableConv1D(4, 3, padding="same", name="same"),
            layers.Conv1D(4, 3, name="valid"),
            layers.MaxPooling1D(2),
            layers.GRU(4, name="rnn", return_sequences=True),
            layers.Flatten(),
            layers.Dense(2, name="head"),
        ]
    )


@model
def repeated(k: Any) -> Any:
    layers = k.layers
    return k.Sequential(
        [
            k.Input((5, 3)),
            layers.LSTM(4, name="encoder"),
            layers.RepeatVector(6),
            layers.LSTM(4, return_sequences=True, name="decoder"),
            layers.TimeDistributed(layers.Dense(3), name="each"),
        ]
    )


@model
def words_of_letters(k: Any) -> Any:
    layers = k.layers
    letters = layers.Bidirectional(layers.LSTM(4))
    return k.Sequential(
        [
            k.Input((4, 5, 3)),
            layers.TimeDistributed(letters, name="letters"),
            layers.GRU(6, return_sequences=True, name="words"),
        ]
    )


@model
def pictures(k: Any) -> Any:
    layers = k.layers
    conv = layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu"), name="conv")
    flat = layers.TimeDistributed(layers.Flatten())
    return k.Sequential([k.Input((5, 6, 6, 3)), conv, flat, layers.LSTM(4, name="rnn")])


@model
def kept_states(k: Any) -> Any:
    layers = k.layers
    low = layers.LSTM(4, stateful=True, return_sequences=True, name="low")
    high = layers.GRU(3, stateful=True, name="high")
    return k.Sequential([k.Input(batch_shape=(2, 5, 3)), low, high])


@model
def shared(k: Any) -> Any:
    layers = k.layers
    x, y = k.Input((5, 3)), k.Input((7, 3))
    rnn = layers.LSTM(4, name="rnn")
    return k.Model([x, y], layers.Dense(1)(layers.Concatenate()([rnn(x), rnn(y)])))


@model
def nested(k: Any) -> Any:
    layers = k.layers
    x, y = k.Input((5, 3)), k.Input((5, 3))
    inner = k.Sequential(
        [k.Input((5, 3)), layers.LSTM(4, name="rnn"), layers.Dense(2, name="dense")], name="inner"
    )
    return k.Model([x, y], layers.Dense(1, name="head")(layers.Add()([inner(x), inner(y)])))


@model
def one_call_a_timestep(k: Any) -> Any:
    layers = k.layers
    x, h, c = k.Input((3, 5)), k.Input((6,)), k.Input((6,))
    rnn, head = layers.LSTM(6, return_state=True, name="rnn"), layers.Dense(5, name="head")
    reshape = layers.Reshape((1, 5))
    states, found = [h, c], []
    for t in range(3):
        y, *states = rnn(reshape(x[:, t, :]), initial_state=states)
        found.append(head(y))
    return k.Model([x, h, c], found)


def told(timeline: Timeline) -> list[tuple[Any, ...]]:
    """What both tell. The graph has names for states' starts and variables that no file has."""
    layer = {x.id: x.name for x in timeline.layers} | {"": ""}
    axis = {a.id: a.label for a in timeline.axes} | {"": ""}
    return [
        *(("axis", a.label, a.length, a.length_source, axis[a.parent]) for a in timeline.axes),
        *(
            (
                "layer",
                x.name,
                x.cell,
                x.units,
                x.kind,
                x.depth,
                x.reason,
                *((axis[a.axis], a.direction) for a in x.applications),
            )
            for x in timeline.layers
        ),
        *(
            (
                v.name.rpartition("/")[2],
                v.shape,
                v.dtype,
                v.trainable,
                v.role,
                v.blocks,
                *((layer[u.layer], axis[u.axis], u.start, u.stop, u.reads) for u in v.uses),
            )
            for v in sorted(timeline.variables, key=lambda v: v.role == "initial_state")
        ),
        *(
            ("state", s.name, layer[s.layer], s.shape, s.initial == "zeros", s.initial_layer)
            for s in timeline.states
        ),
        *(
            ("from", layer[c.from_layer], layer[c.to_layer], c.offset, c.starts_state)
            for c in timeline.connections
        ),
    ]


@either
@pytest.mark.parametrize("name", list(MODELS))
def test_a_configuration_declares_what_the_graph_proves(k: Any, name: str) -> None:
    try:
        built = MODELS[name](k)
    except TypeError as error:  # the first versions of Keras 3 make no Bidirectional with states
        pytest.skip(f"{k.__name__} {k.__version__} cannot build it: {error}")
    configuration = Configuration(read_keras_config(built.to_json()), Source())
    declared, proved = told(analyze_configuration(configuration)), told(analyze(built))
    if name == "one_call_a_timestep":  # which the graph knows only from the elements taken
        declared = [tuple(str(x).replace("UNKNOWN", "FORWARD") for x in row) for row in declared]
        proved = [tuple(str(x) for x in row) for row in proved]
    assert declared == proved
