"""Keras configurations of every age, read without Keras."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tb_rnnview.errors import FormatError
from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.keras_config import read_keras_config


def sequential(*layers: tuple[str, dict[str, Any]], version: str = "2.2.4-tf") -> str:
    entries = [{"class_name": kind, "config": config} for kind, config in layers]
    config = {"name": "model", "layers": entries}
    return json.dumps({"class_name": "Sequential", "config": config, "keras_version": version})


def shapes(model: ConfiguredModel) -> dict[str, Any]:
    return {v.name: v.shape for layer in model.layers for v in layer.variables or ()}


def test_layers_of_keras_2_in_order_with_what_they_make() -> None:
    model = read_keras_config(
        sequential(
            ("Embedding", {"name": "words", "input_dim": 11, "output_dim": 6,
                           "batch_input_shape": [None, 5]}),
            ("LSTM", {"name": "lstm", "units": 4, "return_sequences": True}),
            ("Dropout", {"name": "dropout", "rate": 0.5}),
            ("GRU", {"name": "gru", "units": 3, "reset_after": True, "use_bias": True}),
            ("Dense", {"name": "head", "units": 1, "use_bias": False, "trainable": False}),
        )
    )  # fmt: skip
    assert (model.name, model.version) == ("model", "2.2.4-tf")
    described = [(x.name, x.class_name, x.cell, x.units, x.is_recurrent) for x in model.layers]
    assert described == [
        ("words", "Embedding", "", 6, False),
        ("lstm", "LSTM", "LSTM", 4, True),
        ("dropout", "Dropout", "", None, False),
        ("gru", "GRU", "GRU", 3, True),
        ("head", "Dense", "", 1, False),
    ]
    assert shapes(model) == {
        "words/embeddings": (11, 6),
        "lstm/kernel": (6, 16),
        "lstm/recurrent_kernel": (4, 16),
        "lstm/bias": (16,),
        "gru/kernel": (4, 9),
        "gru/recurrent_kernel": (3, 9),
        "gru/bias": (2, 9),
        "head/kernel": (3, 1),
    }
    lstm, head = model.layers[1], model.layers[4]
    assert [v.role for v in lstm.variables or ()] == ["kernel", "recurrent_kernel", "bias"]
    assert [v.trainable for v in head.variables or ()] == [False]
    assert [call.inputs for x in model.layers for call in x.calls] == [(), (0,), (1,), (2,), (3,)]
    assert lstm.calls[0].output_shape == (None, 5, 4)


def test_the_cell_is_named_where_keras_names_it_by_a_rule() -> None:
    layer = ("SimpleRNN", {"name": "rnn", "units": 4})
    for version, first in (
        ("2.2.4-tf", "rnn/kernel"),
        ("2.12.0", "rnn/kernel"),
        ("2.13.1", "rnn/simple_rnn_cell/kernel"),
        ("", "rnn/simple_rnn_cell/kernel"),  # Keras 3 does not say
    ):
        model = read_keras_config(sequential(layer, version=version))
        assert next(iter(shapes(model))) == first, version


def test_keras_1_lists_layers_bare_and_keeps_gates_apart() -> None:
    lstm = {"name": "lstm_1", "output_dim": 3, "batch_input_shape": [None, 10, 2],
            "return_sequences": True, "consume_less": "cpu"}  # fmt: skip
    entries = [
        {"class_name": "LSTM", "config": lstm},
        {"class_name": "TimeDistributedDense", "config": {"name": "d", "output_dim": 5}},
    ]
    model = read_keras_config(json.dumps({"class_name": "Sequential", "config": entries}))
    found = shapes(model)
    assert list(found)[:4] == ["lstm_1/lstm_cell/W_i", "lstm_1/lstm_cell/U_i",
                               "lstm_1/lstm_cell/b_i", "lstm_1/lstm_cell/W_c"]  # fmt: skip
    assert len(found) == 14
    assert found["lstm_1/lstm_cell/U_o"] == (3, 3)
    assert found["d/kernel"] == (3, 5)
    gpu = {**lstm, "consume_less": "gpu"}
    model = read_keras_config(
        json.dumps({"class_name": "Sequential", "config": [{"class_name": "LSTM", "config": gpu}]})
    )
    assert list(shapes(model).values()) == [(2, 12), (3, 12), (12,)]


def test_keras_1_merges_models_in_its_first_layer() -> None:
    def branch(name: str) -> dict[str, Any]:
        layer = {"name": name, "output_dim": 3, "batch_input_shape": [None, 4, 2]}
        return {
            "class_name": "Sequential",
            "config": [{"class_name": "SimpleRNN", "config": layer}],
        }

    merge = {"name": "merge", "layers": [branch("a"), branch("b")], "mode": "concat"}
    entries = [
        {"class_name": "Merge", "config": merge},
        {"class_name": "Dense", "config": {"name": "c", "output_dim": 1}},
    ]
    model = read_keras_config(json.dumps({"class_name": "Sequential", "config": entries}))
    assert [(x.name, x.calls[0].inputs) for x in model.layers] == [
        ("a", ()), ("b", ()), ("c", (0, 1)),
    ]  # fmt: skip


def test_outputs_by_name() -> None:
    def layer(name: str) -> dict[str, Any]:
        taken = {"keras_history": ["x", 0, 0]}
        return {
            "class_name": "Dense", "name": name, "config": {"name": name, "units": 2},
            "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": taken}]}],
        }  # fmt: skip

    x = {"class_name": "InputLayer", "name": "x", "config": {"name": "x"}, "inbound_nodes": []}
    config = {
        "layers": [x, layer("a"), layer("b")],
        "input_layers": [["x", 0, 0]],
        "output_layers": {"one": ["a", 0, 0], "two": ["b", 0, 0]},
    }
    model = read_keras_config(json.dumps({"class_name": "Functional", "config": config}))
    assert [(x.name, x.calls[0].inputs) for x in model.layers] == [("a", ()), ("b", ())]


def test_wrappers_are_taken_apart() -> None:
    lstm = {"class_name": "LSTM", "config": {"name": "lstm", "units": 4, "go_backwards": False}}
    cells = [
        {"class_name": "LSTMCell", "config": {"name": "one", "units": 4}},
        {"class_name": "GRUCell", "config": {"name": "two", "units": 5, "reset_after": False}},
    ]
    stack = {"class_name": "StackedRNNCells", "config": {"name": "cells", "cells": cells}}
    model = read_keras_config(
        sequential(
            ("Bidirectional", {"name": "both", "layer": lstm, "merge_mode": "concat",
                               "batch_input_shape": [None, 7, 3]}),
            ("RepeatVector", {"name": "again", "n": 6}),
            ("RNN", {"name": "rnn", "cell": stack, "return_sequences": True}),
            ("TimeDistributed", {"name": "each", "layer": {
                "class_name": "Dense", "config": {"name": "dense", "units": 2}}}),
        )
    )  # fmt: skip
    assert [(x.layers, x.is_backward) for x in model.layers] == [
        (("both", "forward_lstm"), False),
        (("both", "backward_lstm"), True),
        (("again",), False),
        (("rnn", "one"), False),
        (("rnn", "two"), False),
        (("each", "dense"), False),
    ]
    assert [x.calls[0].inputs for x in model.layers] == [(), (), (0, 1), (2,), (3,), (4,)]
    found = shapes(model)
    assert found["both/backward_lstm/kernel"] == (3, 16)
    assert found["rnn/cells/one/kernel"] == (8, 16)
    assert found["rnn/cells/two/bias"] == (15,)
    assert found["each/kernel"] == (5, 2)  # Keras 2 calls it after the wrapper
    assert model.layers[-1].calls[0].input_shape == (None, 5)  # one step of it
    assert model.layers[4].calls[0].output_shape == (None, 6, 5)


def functional(kind: str) -> str:
    """Two inputs through one shared layer of a nested model; each version's own words."""

    def taken(name: str, call: int = 0) -> Any:
        if kind == "keras 3":
            history = {"class_name": "__keras_tensor__",
                       "config": {"keras_history": [name, call, 0]}}  # fmt: skip
            return {"args": [history], "kwargs": {"training": False}}
        return [[name, call, 0, {}]]

    def merged(*calls: tuple[str, int]) -> Any:
        if kind == "keras 3":
            return {"args": [[taken(*c)["args"][0] for c in calls]], "kwargs": {}}
        return [[name, call, 0, {}] for name, call in calls]

    def entry(class_name: str, name: str, nodes: list[Any], **config: Any) -> dict[str, Any]:
        own = {"name": name, **config}
        return {"class_name": class_name, "name": name, "config": own, "inbound_nodes": nodes}

    shape = {"batch_shape" if kind == "keras 3" else "batch_input_shape": [None, 5, 3]}
    inner = {
        "class_name": "Functional",
        "name": "encoder",
        "inbound_nodes": [taken("left"), taken("right")],
        "config": {
            "name": "encoder",
            "layers": [
                entry("InputLayer", "i", [], **shape),
                entry("LSTM", "lstm", [taken("i")], units=4),
            ],
            "input_layers": [["i", 0, 0]],
            "output_layers": [["lstm", 0, 0]],
        },
    }
    config = {
        "name": "whole",
        "layers": [
            entry("InputLayer", "left", [], **shape),
            entry("InputLayer", "right", [], **shape),
            inner,
            entry("Concatenate", "join", [merged(("encoder", 0), ("encoder", 1))], axis=-1),
            entry("Dense", "head", [taken("join")], units=1),
        ],
        "input_layers": [["left", 0, 0], ["right", 0, 0]],
        "output_layers": [["head", 0, 0]],
    }
    return json.dumps({"class_name": "Functional", "config": config})


@pytest.mark.parametrize("kind", ["keras 2", "keras 3"])
def test_a_layer_that_is_called_twice_in_a_nested_model_is_one(kind: str) -> None:
    model = read_keras_config(functional(kind))
    assert [(x.name, len(x.calls)) for x in model.layers] == [
        ("encoder/lstm", 2), ("join", 1), ("head", 1),
    ]  # fmt: skip
    assert model.layers[0].calls[1].inputs == ()
    assert model.layers[1].calls[0].inputs == (0,)
    assert shapes(model)["head/kernel"] == (8, 1)
    assert shapes(model)["encoder/lstm/lstm_cell/kernel"] == (3, 16)


def test_what_is_not_known_stays_unknown() -> None:
    model = read_keras_config(
        sequential(
            ("MyNoise", {"name": "noise", "batch_input_shape": [None, 5, 3]}),
            ("LSTM", {"name": "lstm", "units": 4}),
            ("Package>MyHead", {"name": "head", "units": 2}),
        )
    )
    assert model.layers[0].variables is None
    assert shapes(model)["lstm/kernel"] == (None, 16)
    assert (model.layers[2].class_name, model.layers[2].variables) == ("Package>MyHead", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "[]",
        '{"class_name": "Model", "config": {"name": "subclassed"}}',
        "[" * 100_000,
        json.dumps({"class_name": "Functional", "config": {"name": "m", "layers": [
            {"class_name": "Dense", "name": "a", "config": {"units": 1},
             "inbound_nodes": [[["b", 0, 0, {}]]]}],
            "input_layers": [], "output_layers": [["a", 0, 0]]}}),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_keras_config(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 0, [], {}, "x", [[[]]], {"config": 5}, [None, "4"], True])
def test_wrong_kinds_of_values_read_as_absent(value: Any) -> None:
    text = functional("keras 3")
    content = json.loads(text)
    layers = content["config"]["layers"]
    for entry in layers:
        for key in ("name", "units", "axis", "batch_shape"):
            if key in entry["config"]:
                changed = json.loads(text)
                place = changed["config"]["layers"][layers.index(entry)]["config"]
                place[key] = value
                read_keras_config(json.dumps(changed))
    layer = {"name": "r", "units": value, "layer": value, "cell": value, "kernel_size": value,
             "target_shape": value, "dims": value, "n": value, "axis": value,
             "batch_input_shape": value}  # fmt: skip
    kinds = """RNN Bidirectional TimeDistributed Conv1D ConvLSTM2D Reshape Permute RepeatVector
        BatchNormalization Merge Embedding"""
    for kind in kinds.split():
        read_keras_config(sequential((kind, layer), ("Dense", {"name": "d", "units": 1})))


def test_models_that_unfold_without_end_are_refused() -> None:
    entry: dict[str, Any] = {"class_name": "Dense", "config": {"name": "d", "units": 1}}
    for depth in range(40):
        twice = [[["i", 0, 0, {}]], [["i", 0, 0, {}]]]
        inner = {**entry, "name": "inner", "inbound_nodes": twice}
        start = {"class_name": "InputLayer", "name": "i", "config": {}, "inbound_nodes": []}
        config = {
            "name": f"m{depth}",
            "layers": [start, inner],
            "input_layers": [["i", 0, 0]],
            "output_layers": [["inner", 1, 0]],
        }
        entry = {"class_name": "Functional", "config": config}
    with pytest.raises(FormatError, match="too many calls"):
        read_keras_config(json.dumps(entry))


def models(keras: Any) -> dict[str, Any]:
    layers = keras.layers
    start = keras.Input((5, 3))
    _, h, c = layers.LSTM(4, return_state=True)(start)
    decoded = layers.LSTM(4, return_sequences=True)(start, initial_state=[h, c])
    bidirectional = layers.Bidirectional(layers.GRU(4, return_sequences=True), merge_mode="sum")
    shared = layers.SimpleRNN(4)
    inner = keras.Sequential([keras.Input((5, 3)), layers.GRU(6, reset_after=False)])
    return {
        "states": keras.Model(start, layers.TimeDistributed(layers.Dense(2))(decoded)),
        "sequential": keras.Sequential(
            [
                keras.Input((5,)),
                layers.Embedding(11, 6, mask_zero=True),
                bidirectional,
                layers.BatchNormalization(),
                layers.RNN([layers.LSTMCell(4), layers.GRUCell(5)]),
                layers.LayerNormalization(scale=False),
                layers.Dense(2, use_bias=False),
            ]
        ),
        "shared": keras.Model(
            start,
            layers.Dense(1)(layers.Concatenate()([shared(start), shared(start), inner(start)])),
        ),
        "convolved": keras.Sequential(
            [
                keras.Input((4, 8, 8, 3)),
                layers.ConvLSTM2D(2, 3, return_sequences=True),
                layers.ConvLSTM2D(2, (3, 1)),
                layers.Flatten(),
                layers.Dense(1),
            ]
        ),
        "windows": keras.Sequential(
            [
                keras.Input((12, 3)),
                layers.Conv1D(7, 3, padding="same"),
                layers.MaxPooling1D(2),
                layers.LSTM(4, go_backwards=True),
                layers.Reshape((2, 2)),
                layers.Permute((2, 1)),
                layers.SimpleRNN(3),
                layers.RepeatVector(2),
                layers.GRU(3),
            ]
        ),
    }


@pytest.mark.tensorflow
@pytest.mark.parametrize("kind", ["keras", "tf_keras"])
def test_keras_makes_the_variables_that_are_read_off_its_configuration(kind: str) -> None:
    keras = pytest.importorskip(kind)
    for name, model in models(keras).items():
        read = read_keras_config(model.to_json())
        made = [tuple(v.shape) for v in model.weights if "seed" not in v.name]
        declared = [v.shape for layer in read.layers for v in layer.variables or ()]
        if name == "shared":  # Keras lists the layers of a functional model by their depth
            made, declared = sorted(made), sorted(declared)
        assert declared == made, f"{kind} {name}"
        if kind == "keras":
            paths = [v.path for v in model.weights if "seed" not in v.path]
            names = [v.name for layer in read.layers for v in layer.variables or ()]
            ends = zip(sorted(paths), sorted(names), strict=True)
            assert all(a.endswith(b.split("/", 1)[-1]) for a, b in ends), f"{paths} {names}"
