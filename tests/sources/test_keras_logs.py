"""Log folders of Keras' TensorBoard callback: the network is told, and named, without TensorFlow.

The truth is TensorFlow's own: which variable a function captured for which placeholder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.analysis.configured import names_by_configuration
from tb_rnnview.facade import analyze
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Kind

pytestmark = pytest.mark.tensorflow

STEPS, FEATURES = 5, 3


def stack(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            layers.LSTM(4, return_sequences=True, name="first"),
            layers.LSTM(4, return_sequences=True, name="second"),
            layers.LSTM(4, name="third"),
            layers.Dense(1, name="head"),
        ],
        name="stack",
    )


def two_ways(keras: Any) -> Any:
    layers = keras.layers
    start = keras.Input((STEPS, FEATURES))
    both = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both")(start)
    end = layers.Dense(1, name="head")(layers.SimpleRNN(3, name="last")(both))
    return keras.Model(start, end, name="two_ways")


def words(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((STEPS,), dtype="int32"),
            layers.Embedding(11, 6, mask_zero=True, name="words"),
            layers.RNN([layers.LSTMCell(4), layers.GRUCell(5)], name="cells"),
            layers.Dense(1, name="head"),
        ],
        name="words_model",
    )


def branches(keras: Any) -> Any:
    layers = keras.layers
    start = keras.Input((STEPS, FEATURES))
    ends = [layers.LSTM(4, name=name)(start) for name in ("left", "right")]
    return keras.Model(start, layers.Dense(1, name="head")(layers.Concatenate()(ends)))


MODELS: dict[str, Callable[[Any], Any]] = {
    "stack": stack, "two_ways": two_ways, "words": words, "branches": branches,
}  # fmt: skip


def fit(model: Any, callback: Any, **options: Any) -> None:
    import numpy as np

    shape = (4, *model.input_shape[1:]) if model.inputs else (4, STEPS, FEATURES)
    model.compile("adam", "mse", metrics=["mae"], **options)
    x = np.ones(shape, "int32" if len(shape) == 2 else "float32")
    model.fit(x, np.ones((4, 1)), batch_size=2, verbose=0, callbacks=[callback])


def logged_by_tf_keras(model: Any, folder: Path) -> dict[str, str]:
    """Trains a model; the variable that each of the graph's placeholders stands for."""
    keras = pytest.importorskip("tf_keras")
    # It writes the graph only if it has something else to write at each batch.
    callback = keras.callbacks.TensorBoard(str(folder), write_steps_per_second=True)
    fit(model, callback)
    captured = model.train_tf_function._concrete_variable_creation_fn.graph.captures
    names = {id(v.handle): v.name.removesuffix(":0") for v in model.variables}
    return {
        placeholder.op.name: names[id(handle)]
        for handle, placeholder in captured
        if id(handle) in names
    }


def nameless(source: GraphSource) -> list[str]:
    return [n.name for n in source.graph_def.node if n.op == "Placeholder"]


def without_scopes(source: GraphSource) -> tuple[GraphSource, dict[str, str]]:
    """The graph with placeholders and nodes called n0, n1, ...; the new name of each."""
    graph = type(source.graph_def)()
    graph.CopyFrom(source.graph_def)
    new = {node.name: f"n{i}" for i, node in enumerate(graph.node)}
    for node in graph.node:
        node.name = new[node.name]
        for i, name in enumerate(node.input):
            control, port = name.startswith("^"), name.partition(":")[2]
            own = new[name.lstrip("^").partition(":")[0]]
            node.input[i] = ("^" if control else "") + own + (f":{port}" if port else "")
    return replace(source, graph_def=graph), new


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("scopes", [True, False])
def test_each_placeholder_is_called_as_the_variable_that_was_captured(
    name: str, scopes: bool, tmp_path: Path
) -> None:
    model = MODELS[name](pytest.importorskip("tf_keras"))
    truth = logged_by_tf_keras(model, tmp_path)
    source = open_source(tmp_path)
    assert isinstance(source, GraphSource)
    if not scopes:
        source, new = without_scopes(source)
        truth = {new[node]: variable for node, variable in truth.items()}
    plain = analyze_graph(replace(source, configured=()))
    names = names_by_configuration(plain, source.configured, nameless(source))
    named = {d.node: d.name for d in names.declared if d.node != d.name}
    assert named == {node: truth[node] for node in named}, "no name is wrong"
    expected = set(truth.values())
    if name == "branches" and not scopes:
        expected = {"head/kernel", "head/bias"}
        assert [f.code for f in names.findings] == ["NAMES_NOT_PROVEN"]
    trained = {v.name.removesuffix(":0") for v in model.trainable_variables}
    assert set(named.values()) == expected & trained


@pytest.mark.parametrize("compiled", [True, False])
def test_what_ran_while_keras_3_traced_is_told_with_its_names(
    compiled: bool, tmp_path: Path
) -> None:
    import tensorflow as tf

    keras = pytest.importorskip("keras", minversion="3")
    model = stack(keras)
    # As the callback does with profile_batch, without the profiler.
    tf.summary.trace_on(graph=True, profiler=False)
    fit(model, keras.callbacks.TensorBoard(str(tmp_path)), jit_compile=compiled)
    with tf.summary.create_file_writer(str(tmp_path / "train")).as_default():
        tf.summary.trace_export("batch_1", step=1)
    timeline = analyze(tmp_path)
    assert [(x.name, x.kind, x.units) for x in timeline.layers[:3]] == [
        (name, Kind.RECURRENT, 4) for name in ("first", "second", "third")
    ]
    assert [a.length for a in timeline.axes] == [STEPS]
    shapes = {v.path.partition("/")[2]: tuple(v.shape) for v in model.trainable_variables}
    assert {v.name: v.shape for v in timeline.variables if v.layers} == shapes
    assert all(v.trainable for v in timeline.variables if v.layers)
    assert not [f for f in timeline.findings if f.code == "NAMES_NOT_PROVEN"]


def test_a_subclassed_model_has_no_configuration_and_that_is_said(tmp_path: Path) -> None:
    keras = pytest.importorskip("tf_keras")

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.body = keras.layers.LSTM(4)
            self.head = keras.layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.head(self.body(x))

    model = Own()
    fit(model, keras.callbacks.TensorBoard(str(tmp_path), write_steps_per_second=True))
    timeline = analyze(tmp_path)
    assert [(x.kind, x.cell) for x in timeline.recurrent_layers] == [(Kind.RECURRENT, "LSTM")]
    (finding,) = [f for f in timeline.findings if f.code == "NAMES_NOT_PROVEN"]
    assert "no Keras configuration is beside the graph" in finding.message
    unnamed = [v for v in timeline.variables if v.layers]
    assert all("placeholder" in v.reason for v in unnamed)
