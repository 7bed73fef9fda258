"""Live Keras models and layers, of Keras 3 and of tf_keras."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Source
from tests.sources import keras_networks as networks
from tests.sources.keras_networks import BATCH, FEATURES, STEPS, features, fitted, ids

either = pytest.mark.parametrize("k", [keras, tf_keras], ids=["keras", "tf_keras"])


def opened(source: Any, **more: Any) -> GraphSource:
    found = open_source(source, **more)
    assert isinstance(found, GraphSource)
    return found


def placeholders(source: GraphSource) -> dict[str, list[int]]:
    return {
        node.name: [d.size for d in node.attr["shape"].shape.dim]
        for node in source.graph_def.node
        if node.op == "Placeholder"
    }


def stored(source: GraphSource) -> dict[str, tuple[int, ...]]:
    """Shapes of the variables by the user's name: what they are stored in says it, too."""
    nodes = {node.name: node for node in source.graph_def.node}
    shapes = {}
    for declared in source.declared:
        node = nodes[declared.node]
        assert node.op == "VarHandleOp"
        assert node.attr["shared_name"].s.decode() == declared.name
        shapes[declared.name] = tuple(d.size for d in node.attr["shape"].shape.dim)
    return shapes


def names_of(weights: list[Any]) -> list[str]:
    return [getattr(w, "path", w.name).removesuffix(":0") for w in weights]


@either
def test_a_sequential_model_straight_from_fit(k: Any) -> None:
    model = fitted(networks.sequential(k), features())
    found = opened(model)
    assert found.source == Source("keras_model", "", k.__name__, k.__version__)
    assert found.name == "stack"
    assert stored(found) == dict(
        zip(names_of(model.weights), (tuple(w.shape) for w in model.weights), strict=True)
    )
    assert list(stored(found)) == names_of(model.weights), "in the model's order"
    assert [d.layers for d in found.declared] == [
        *[("lower", "lstm_cell")] * 3,
        *[("upper", "lstm_cell")] * 3,
        ("head",),
        ("head",),
    ]
    assert {d.trainable for d in found.declared} == {True}
    (shape,) = placeholders(found).values()
    (name,) = placeholders(found)
    assert STEPS in (shape[1], *found.fed.get(name, ())), "the length that it was fitted on"


@either
def test_a_subclassed_model_straight_from_fit(k: Any) -> None:
    found = opened(fitted(networks.subclassed(k), ids()))
    assert list(placeholders(found).values()) == [[-1, STEPS]], "the last batch is smaller"
    (node,) = (n for n in found.graph_def.node if n.op == "Placeholder")
    assert node.attr["dtype"].type == tf.int64.as_datatype_enum
    assert [d.layers for d in found.declared] == [
        ("words",),
        *[("both", "forward_memory", "lstm_cell")] * 3,
        *[("both", "backward_memory", "lstm_cell")] * 3,
        ("head",),
        ("head",),
    ]


@either
@pytest.mark.parametrize("options", [{"jit_compile": True}, {"run_eagerly": True}, {"steps": 2}])
def test_however_it_was_fitted(k: Any, options: dict[str, Any]) -> None:
    if "steps" in options:
        options = {"steps_per_execution": options["steps"]}
    found = opened(fitted(networks.subclassed(k), ids(), **options))
    ((_, steps),) = placeholders(found).values()
    assert steps == STEPS


@either
def test_batches_of_several_lengths_leave_the_length_open(k: Any) -> None:
    model = networks.subclassed(k)
    model.compile("sgd", "mse")
    for steps in (3, 5, 4):
        model.train_on_batch(ids(steps), np.ones((BATCH, 1), "f4"))
    assert list(placeholders(opened(model)).values()) == [[BATCH, -1]]


@either
def test_a_subclassed_model_that_was_only_called(k: Any) -> None:
    model = networks.subclassed(k)
    model(ids())
    assert list(placeholders(opened(model)).values()) == [[BATCH, STEPS]]


@either
def test_a_model_that_takes_whole_numbers_only(k: Any) -> None:
    class OneHot(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.memory = k.layers.GRU(2)

        def call(self, numbers: Any) -> Any:
            return self.memory(tf.one_hot(numbers, FEATURES))

    model = OneHot()
    model(tf.constant(ids()))  # the first Keras 3 makes floats of arrays
    assert len(opened(model).declared) == 3


BUILDERS = pytest.mark.parametrize(
    ("build", "example"), [(networks.sequential, features), (networks.subclassed, ids)]
)


@either
@BUILDERS
def test_a_model_that_knows_nothing_says_what_to_give(k: Any, build: Any, example: Any) -> None:
    model = build(k)
    with pytest.raises(SourceError, match=r"does not know yet .* give inputs= an example"):
        open_source(model)
    assert not model.built


@either
@BUILDERS
@pytest.mark.parametrize("as_spec", [False, True])
def test_an_example_builds_it(k: Any, build: Any, example: Any, as_spec: bool) -> None:
    model = build(k)
    given = example(9)
    spec = tf.TensorSpec([None, *given.shape[1:]], given.dtype)
    found = opened(model, inputs=spec if as_spec else given)
    ((batch, steps, *_),) = placeholders(found).values()
    assert (batch, steps) == (-1 if as_spec else BATCH, 9)
    assert list(stored(found)) == names_of(model.weights)
    assert model.predict(example(9), verbose=0).shape == (BATCH, 1), "it goes on as if called"
    fitted(model, example(9))
    assert names_of(model.weights) == [d.name for d in opened(model).declared]


@either
def test_what_a_model_declares_stays_open_and_examples_tell_its_lengths(k: Any) -> None:
    model = networks.functional(k)
    assert placeholders(opened(model)) == {"features": [-1, -1, FEATURES]}
    assert opened(model).fed == {}
    example = np.zeros((2, 9, FEATURES), "f4")
    for inputs in (example, [example], {"features": example}, tf.constant(example)):
        found = opened(model, inputs=inputs)
        assert placeholders(found) == {"features": [-1, -1, FEATURES]}
        assert found.fed == {"features": (2, 9, FEATURES)}
    found = opened(model, inputs=tf.TensorSpec([None, 9, FEATURES]))
    assert placeholders(found) == {"features": [-1, -1, FEATURES]}
    assert found.fed == {"features": (None, 9, FEATURES)}


@either
def test_a_declared_length_that_fit_saw_is_told(k: Any) -> None:
    model = fitted(networks.functional(k), np.zeros((BATCH, 6, FEATURES), "f4"), outputs=2)
    assert opened(model).fed == {"features": (None, 6, FEATURES)}


@either
def test_nested_models_are_told_apart(k: Any) -> None:
    found = opened(networks.functional(k))
    assert [d.layers for d in found.declared] == [("encoder/rnn", "gru_cell")] * 3 + [
        ("decoder/rnn", "gru_cell")
    ] * 3
    names = [d.name for d in found.declared]
    assert len(set(names)) == 6
    assert [name.split("/")[0] for name in names] == ["encoder"] * 3 + ["decoder"] * 3


@either
def test_several_inputs(k: Any) -> None:
    one, two = k.Input((3, FEATURES), name="one"), k.Input((None, FEATURES), name="two")
    memory = k.layers.LSTM(2, name="shared")
    model = k.Model({"one": one, "two": two}, [memory(one), memory(two)])
    examples = {"two": np.zeros((2, 8, FEATURES)), "one": np.zeros((2, 3, FEATURES))}
    found = opened(model, inputs=examples)
    assert placeholders(found) == {"one": [-1, 3, FEATURES], "two": [-1, -1, FEATURES]}
    assert found.fed == {"one": (2, 3, FEATURES), "two": (2, 8, FEATURES)}
    assert len(found.outputs) == 2
    assert len(found.declared) == 3


@either
def test_a_call_with_several_arguments(k: Any) -> None:
    class Two(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.memory = k.layers.GRU(2, name="memory")

        def call(self, question: Any, answer: Any = None) -> Any:
            return self.memory(question) + self.memory(answer)

    question, answer = np.zeros((2, 3, FEATURES), "f4"), np.zeros((2, 6, FEATURES), "f4")
    shapes = {"question": [2, 3, FEATURES], "answer": [2, 6, FEATURES]}
    assert placeholders(opened(Two(), inputs=(question, answer))) == shapes
    by_name = opened(Two(), inputs={"question": question, "answer": answer})
    assert sorted(placeholders(by_name).values()) == sorted(shapes.values())


@either
def test_a_single_layer(k: Any) -> None:
    inside = [k.layers.LSTMCell(2, name="one"), k.layers.GRUCell(3, name="other")]
    layer = k.layers.RNN(k.layers.StackedRNNCells(inside, name="stack"), name="cells")
    found = opened(layer, inputs=np.zeros((2, 4, FEATURES), "f4"))
    assert found.source.kind == "keras_layer"
    held = [("cells", "stack", name) for name in ("one", "other")]
    assert [d.layers for d in found.declared] == [held[0]] * 3 + [held[1]] * 3
    assert opened(layer).declared == found.declared, "it was called by now"


@either
def test_what_is_not_trained(k: Any) -> None:
    model = k.Sequential(
        [
            k.Input((3, FEATURES)),
            k.layers.BatchNormalization(name="norm"),
            k.layers.SimpleRNN(2, trainable=False, name="fixed"),
        ]
    )
    trained = [d.trainable for d in opened(model).declared]
    assert trained == [True, True, False, False] + [False] * 3


@either
def test_a_layer_that_is_never_called_is_still_there(k: Any) -> None:
    class Forgetful(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.used = k.layers.GRU(2, name="used")
            self.unused = k.layers.Dense(2, name="unused")
            self.unused.build((None, 3))

        def call(self, x: Any) -> Any:
            return self.used(x)

    found = opened(Forgetful(), inputs=np.zeros((2, 3, FEATURES), "f4"))
    assert [d.layers[0] for d in found.declared] == ["used"] * 3 + ["unused"] * 2
    assert len(stored(found)) == 5


@either
def test_a_layer_whose_result_is_dropped_is_unused(k: Any) -> None:
    class Dropping(k.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.used = k.layers.GRU(2, name="used")
            self.dropped = k.layers.Dense(2, name="dropped")

        def call(self, x: Any) -> Any:
            self.dropped(x)
            return self.used(x)

    timeline = analyze(Dropping(), inputs=np.zeros((2, 3, FEATURES), "f4"))
    idle = [v for v in timeline.variables if not v.uses]
    assert [v.name.split("/")[-2:] for v in idle] == [["dropped", "kernel"], ["dropped", "bias"]]
    assert [v.layers for v in idle] == [(), ()]
    assert len(timeline.variables) == 5


@either
def test_kept_states_are_trained_by_nobody(k: Any) -> None:
    inputs = k.Input(batch_shape=(2, 5, FEATURES))
    x = k.layers.LSTM(4, stateful=True, return_sequences=True, name="lower")(inputs)
    model = k.Model(inputs, k.layers.GRU(3, stateful=True, name="upper")(x))
    variables = analyze(model).variables
    states = [v for v in variables if v.role == "initial_state"]
    assert [v.shape for v in states] == [(2, 4), (2, 4), (2, 3)]
    assert [v.trainable for v in states] == [False] * 3
    assert sum(math.prod(v.shape or ()) for v in variables if v.trainable) == model.count_params()
    if k is tf_keras:
        names = ["lower/states_0", "lower/states_1", "upper/states_0"]
        assert [v.name for v in states] == names


def test_a_model_of_keras_2_that_is_not_built() -> None:
    inner = tf_keras.Sequential([tf_keras.layers.LSTM(4)])
    assert len(opened(inner, inputs=np.zeros((2, 3, FEATURES), "f4")).declared) == 3

    class Around(tf_keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.memory = tf_keras.layers.LSTM(4)
            self.not_called = tf_keras.Sequential([tf_keras.layers.LSTM(4)])

        def call(self, x: Any) -> Any:
            return self.memory(x)

    model = Around()
    model(np.zeros((2, 3, FEATURES), "f4"))
    assert len(opened(model).declared) == 3


def test_a_variable_that_keras_3_does_not_know() -> None:
    class Scaled(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="scaled")
            self.factor = tf.Variable(2.0)

        def call(self, x: Any) -> Any:
            return x * self.factor

    model = keras.Sequential([keras.Input((3, FEATURES)), Scaled(), keras.layers.GRU(2)])
    (scaled,) = (d for d in opened(model).declared if d.layers == ("scaled",))
    assert scaled.name == "scaled/factor"


@either
def test_what_tracing_runs_into_is_said_in_one_line(k: Any) -> None:
    class Broken(k.Model):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            raise RuntimeError(f"no such\n{x}")

    with pytest.raises(SourceError) as caught:
        open_source(Broken(name="broken"), inputs=np.zeros((2, 3)))
    assert str(caught.value) == (
        "the Keras model 'broken' cannot be traced (RuntimeError: no such); "
        "call it on such a batch by itself first, or give other inputs="
    )


@either
def test_inputs_that_are_none(k: Any) -> None:
    model = networks.subclassed(k)
    with pytest.raises(SourceError, match=r"inputs=\(4, 7\) is a shape; give an array, or"):
        open_source(model, inputs=(4, 7))
    with pytest.raises(SourceError, match="inputs: an object of type object is no example"):
        open_source(model, inputs=object())
    assert not model.built


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = networks.functional(keras)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    said = f"^the Keras model '{model.name}' runs on the jax backend .* KERAS_BACKEND=tensorflow"
    with pytest.raises(SourceError, match=said):
        open_source(model)


def test_a_model_made_while_a_graph_is_built() -> None:
    model = networks.functional(tf_keras)
    with tf.Graph().as_default() as graph:
        tf.compat.v1.placeholder(tf.float32)
        before = graph.as_graph_def()
        assert len(opened(model).declared) == 6
        assert graph.as_graph_def() == before
