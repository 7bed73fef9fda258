"""SavedModels of TensorFlow 2, read without loading them, tell what the live model tells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.errors import SourceError
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Direction, Encoding, Timeline


def structure(found: Timeline) -> list[Any]:
    """All but the names that not every file holds."""
    axes = [(a.length, a.length_is_bound, a.encoding) for a in found.axes]
    layers = [
        (x.cell, x.units, x.kind, x.depth, [a.direction for a in x.applications])
        for x in found.layers
    ]
    variables = [
        (v.name, v.shape, v.trainable, v.role, v.blocks, [(u.start, u.stop) for u in v.uses])
        for v in found.variables
    ]
    return [axes, layers, variables, [(s.name, s.shape, s.initial) for s in found.states]]


def names(found: Timeline) -> list[str]:
    return [layer.name for layer in found.layers]


def stacked(k: Any) -> Any:
    layers = k.layers
    inputs = k.Input((7, 5), name="x")
    found = layers.LSTM(8, return_sequences=True, name="a")(inputs)
    found = layers.Bidirectional(layers.GRU(6, name="g", return_sequences=True), name="b")(found)
    found = layers.TimeDistributed(layers.Dense(2, name="inner"))(found)
    return k.Model(inputs, layers.TimeDistributed(layers.Dense(2), name="outer")(found))


def nested(k: Any) -> Any:
    layers = k.layers
    encoder = k.Sequential(
        [
            k.Input((None, 4)),
            layers.SimpleRNN(6, return_sequences=True, name="rnn"),
            layers.LSTM(3),
        ],
        name="encoder",
    )
    inputs = k.Input((None, 4))
    return k.Model(inputs, layers.Dense(2, name="head")(encoder(inputs)))


def cells(k: Any) -> Any:
    layers = k.layers
    both = layers.RNN([layers.LSTMCell(5), layers.GRUCell(3)], return_sequences=True, name="both")
    return k.Sequential([k.Input((6, 4)), both, layers.RNN(layers.LSTMCell(5, name="own"))])


def stateful(k: Any) -> Any:
    inputs = k.Input(batch_shape=(2, 6, 4))
    return k.Model(inputs, k.layers.GRU(3, stateful=True, name="st")(inputs))


def shared(k: Any) -> Any:
    layer = k.layers.GRU(4, name="enc")
    inputs = [k.Input((5, 3)), k.Input((6, 3))]
    return k.Model(inputs, k.layers.Concatenate()([layer(x) for x in inputs]))


def frozen(k: Any) -> Any:
    layers = k.layers
    model = k.Sequential(
        [
            k.Input((12,)),
            layers.Embedding(10, 4, mask_zero=True),
            layers.LSTM(3, dropout=0.2),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )
    model.layers[1].trainable = False
    return model


MODELS = (stacked, nested, cells, stateful, shared, frozen)


@pytest.mark.parametrize("build", MODELS)
def test_what_keras_2_saves_is_all_that_the_live_model_is(
    build: Callable[[Any], Any], tmp_path: Path
) -> None:
    model = build(tf_keras)
    live = analyze(model)
    model.save(str(tmp_path), save_format="tf")
    found = analyze(tmp_path)
    assert structure(found) == structure(live)
    assert names(found) == names(live)


@pytest.mark.parametrize("build", MODELS)
def test_what_keras_3_exports_differs_at_most_in_layers_names(
    build: Callable[[Any], Any], tmp_path: Path
) -> None:
    model = build(keras)
    live = analyze(model)
    model.export(str(tmp_path))
    found = analyze(tmp_path)
    assert structure(found) == structure(live)
    assert all(mine.rpartition("/")[2] for mine in names(found))


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])
def test_without_keras_metadata_scopes_name_the_layers(k: Any, tmp_path: Path) -> None:
    model = k.Sequential([k.Input((9, 4)), k.layers.LSTM(8, name="memory")])
    live = analyze(model)
    tf.saved_model.save(model, str(tmp_path))
    found = analyze(tmp_path)
    assert structure(found) == structure(live)
    assert names(found) == ["memory"]


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras3", "keras2"])
def test_no_layer_is_called_after_the_optimizer(k: Any, tmp_path: Path) -> None:
    """A fitted model's optimizer lists the variables that the layers hold."""
    layers = k.layers
    model = k.Sequential([layers.LSTM(4, name="low"), layers.Dense(1, name="head")])
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 5, 3)), np.ones((2, 1)), verbose=0)
    tf.saved_model.save(model, str(tmp_path))
    (tmp_path / "keras_metadata.pb").unlink(missing_ok=True)
    assert names(analyze(tmp_path)) == ["low", "head"]


def test_damaged_keras_metadata_costs_only_names(tmp_path: Path) -> None:
    model = stacked(tf_keras)
    model.save(str(tmp_path), save_format="tf")
    file = tmp_path / "keras_metadata.pb"
    whole = file.read_bytes()
    expected = structure(analyze(tmp_path))
    for data in (
        whole[: len(whole) // 2],
        b"\xff" * 20,
        whole.replace(b'{"name"', b'["name"'),
        b"",
    ):
        file.write_bytes(data)
        assert structure(analyze(tmp_path)) == expected


def test_the_copies_that_keras_2_makes_of_a_loop_are_one_layer(tmp_path: Path) -> None:
    model = tf_keras.Sequential([tf_keras.Input((5, 3)), tf_keras.layers.LSTM(4)])
    model.save(str(tmp_path), save_format="tf")
    assert (tmp_path / "saved_model.pb").read_bytes().count(b"StatelessWhile") > 5
    found = analyze(tmp_path)
    assert [len(layer.applications) for layer in found.layers] == [1]
    assert [(axis.length, axis.encoding) for axis in found.axes] == [(5, Encoding.WHILE_OP)]
    assert [[(u.start, u.stop, u.reads) for u in v.uses] for v in found.variables] == [
        [(0, 5, 1)]
    ] * 3


class Inner(tf.Module):  # type: ignore[misc]
    """A cell in Sonnet's style: its variables come with its first call."""

    def __init__(self, units: int) -> None:
        super().__init__(name="recurrent")
        self.units = units
        self.w: Any = None

    def __call__(self, x: Any, h: Any) -> Any:
        if self.w is None:
            rows = x.shape[-1] + self.units
            self.w = tf.Variable(tf.random.normal((rows, self.units)), name="w")
            self.b = tf.Variable(tf.zeros((self.units,)), name="b")
        return tf.tanh(tf.matmul(tf.concat([x, h], 1), self.w) + self.b)


class Network(tf.Module):  # type: ignore[misc]
    """Two cells, and a constant that its functions capture."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = [Inner(3), Inner(2)]
        self.head = tf.Variable(tf.ones((2, 1)), name="head")
        self.table = tf.constant(np.eye(3, dtype="f4"))

    @tf.function(input_signature=[tf.TensorSpec((4, 6, 3), name="x")])
    def run(self, x: Any) -> Any:
        first, second = tf.zeros((4, 3)), tf.zeros((4, 2))
        for t in tf.range(6):
            first = self.cells[0](tf.matmul(x[:, t], self.table), first)
            second = self.cells[1](first, second)
        return tf.matmul(second, self.head)

    @tf.function(input_signature=[tf.TensorSpec((4, 2), name="h")])
    def last(self, h: Any) -> Any:
        return tf.matmul(h, self.head)


OF_NETWORK = {
    "cells[0].w": ((6, 3), [(0, 6)]),
    "cells[0].b": ((3,), [(0, 6)]),
    "cells[1].w": ((5, 2), [(0, 6)]),
    "cells[1].b": ((2,), [(0, 6)]),
    "head": ((2, 1), [(0, 1)]),
}


def of_network(found: Timeline) -> dict[str, Any]:
    return {v.name: (v.shape, [(u.start, u.stop) for u in v.uses]) for v in found.variables}


@pytest.fixture(scope="module")
def network() -> Network:
    made = Network()
    made.run(tf.zeros((4, 6, 3)))
    return made


@pytest.fixture(scope="module")
def two_signatures(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two")
    signatures = {"serving_default": network.run, "last": network.last}
    tf.saved_model.save(network, str(path), signatures=signatures)
    return path


@pytest.fixture(scope="module")
def no_signature(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("none")
    tf.saved_model.save(network, str(path))
    return path


def test_modules_name_their_variables_by_where_they_hang(two_signatures: Path) -> None:
    found = analyze(two_signatures)
    assert of_network(found) == OF_NETWORK
    assert [x.name for x in found.recurrent_layers] == ["cells[0]", "cells[1]"]
    assert {a.direction for x in found.recurrent_layers for a in x.applications} == {
        Direction.FORWARD
    }


def test_the_default_signature_is_said_and_the_others_are_listed(two_signatures: Path) -> None:
    (finding,) = (f for f in analyze(two_signatures).findings if f.code == "GRAPH_CHOSEN")
    assert finding.message == (
        "2 signatures are in this SavedModel. This is 'serving_default'; the others: last."
    )
    assert "--signature" in finding.advice


def test_a_signature_can_be_chosen(two_signatures: Path) -> None:
    found = analyze(two_signatures, signature="last")
    assert of_network(found) == {"head": OF_NETWORK["head"]}
    assert not found.recurrent_layers
    assert not [f for f in found.findings if f.code == "GRAPH_CHOSEN"]


def test_of_a_loaded_one_too(two_signatures: Path) -> None:
    loaded = tf.saved_model.load(str(two_signatures))
    assert [v.shape for v in analyze(loaded, signature="last").variables] == [(2, 1)]
    with pytest.raises(SourceError, match=r"no signature 'x'; there are: .*last"):
        analyze(loaded, signature="x")


def test_a_signature_that_is_not_there(two_signatures: Path) -> None:
    with pytest.raises(SourceError) as caught:
        analyze(two_signatures, signature="x")
    assert str(caught.value) == (
        f"{two_signatures}/saved_model.pb: there is no signature 'x'; there are: signatures: "
        "last, serving_default; functions: last, run"
    )


def test_an_example_is_given_by_the_name_of_the_signatures_input(tmp_path: Path) -> None:
    model = tf_keras.Sequential([tf_keras.Input((None, 3), name="x"), tf_keras.layers.GRU(4)])
    model.save(str(tmp_path), save_format="tf")
    (axis,) = analyze(tmp_path).axes
    assert axis.length is None
    for inputs in ({"x": np.zeros((2, 9, 3))}, np.zeros((2, 9, 3)), {"x": (2, 9, 3)}):
        (axis,) = analyze(tmp_path, inputs=inputs).axes
        assert axis.length == 9


def test_several_without_a_default_must_be_chosen_from(network: Network, tmp_path: Path) -> None:
    signatures = {"run": network.run, "last": network.last}
    tf.saved_model.save(network, str(tmp_path), signatures=signatures)
    with pytest.raises(SourceError, match=r"signatures: last, run.*choose one with --signature"):
        analyze(tmp_path)
    assert of_network(analyze(tmp_path, signature="run")) == OF_NETWORK


def test_without_signatures_functions_are_called(no_signature: Path) -> None:
    with pytest.raises(SourceError, match=r"functions: last, run.*choose one with --signature"):
        analyze(no_signature)
    found = analyze(no_signature, signature="run")
    assert of_network(found) == OF_NETWORK
    assert [x.name for x in found.recurrent_layers] == ["cells[0]", "cells[1]"]
    assert of_network(analyze(no_signature, signature="last")) == {"head": OF_NETWORK["head"]}
    source = open_source(no_signature, signature="run")
    fed = {node.name for node in source.graph_def.node if node.op == "Placeholder"}
    assert fed == {"x", "saver_filename"}, "what a function captures is not fed"


def test_the_shapes_of_what_a_function_takes_are_known(tmp_path: Path) -> None:
    module = tf.Module()
    module.w = tf.Variable(tf.ones((5, 2)), name="w")

    @tf.function(input_signature=[tf.TensorSpec((None, 9, 3))])  # type: ignore[untyped-decorator]
    def run(x: Any) -> Any:
        h = tf.zeros((tf.shape(x)[0], 2))
        for t in tf.range(tf.shape(x)[1]):
            h = tf.tanh(tf.matmul(tf.concat([x[:, t], h], 1), module.w))
        return h

    module.run = module.again = run  # of one function TensorFlow makes a signature
    tf.saved_model.save(module, str(tmp_path))
    assert [axis.length for axis in analyze(tmp_path, signature="run").axes] == [9]


def test_the_one_that_can_be_called_is_taken_of_several(tmp_path: Path) -> None:
    class Called(Network):
        @tf.function(input_signature=[tf.TensorSpec((4, 6, 3), name="x")])  # type: ignore[untyped-decorator]
        def __call__(self, x: Any) -> Any:
            return self.run(x)

    made = Called()
    made(tf.zeros((4, 6, 3)))
    tf.saved_model.save(made, str(tmp_path))
    found = analyze(tmp_path)
    assert of_network(found) == OF_NETWORK
    (finding,) = (f for f in found.findings if f.code == "GRAPH_CHOSEN")
    assert "3 functions are in this SavedModel. This is '__call__'" in finding.message


def test_only_weights_are_no_network(tmp_path: Path) -> None:
    module = tf.Module()
    module.w = tf.Variable(tf.ones((2, 2)))
    tf.saved_model.save(module, str(tmp_path))
    with pytest.raises(SourceError, match="without signatures and functions"):
        analyze(tmp_path)


def test_a_signature_is_only_for_saved_models(tmp_path: Path) -> None:
    model = tf_keras.Sequential([tf_keras.Input((5, 3)), tf_keras.layers.GRU(4)])
    with pytest.raises(SourceError, match="chooses within a SavedModel; this is none"):
        analyze(model, signature="serving_default")


def test_nothing_is_loaded_and_tensorflow_is_not_imported(two_signatures: Path) -> None:
    program = (
        "import sys; from tb_rnnview import analyze; "
        f"found = analyze({str(two_signatures)!r}); assert len(found.recurrent_layers) == 2; "
        "assert 'tensorflow' not in sys.modules, 'imported'"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
