"""``tf.function``, ConcreteFunction and ``tf.Module``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.open_source import open_source
from tests.sources import keras_networks as networks
from tests.sources.keras_networks import FEATURES

UNITS = 3


class Cell(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.ones((FEATURES, UNITS)))
        self.recurrent = tf.Variable(tf.ones((UNITS, UNITS)), trainable=False)

    def __call__(self, x: Any, h: Any) -> Any:
        return tf.tanh(x @ self.kernel + h @ self.recurrent)


class Network(tf.Module):
    def __init__(self) -> None:
        super().__init__(name="network")
        self.cells = [Cell(), Cell()]
        self.unused = tf.Variable([1.0])

    @tf.function
    def __call__(self, x: Any) -> Any:
        h = tf.zeros((tf.shape(x)[0], UNITS))
        for t in tf.range(tf.shape(x)[1]):
            for cell in self.cells:
                h = cell(x[:, t], h)
        return h


NAMES = [f"cells[{i}].{name}" for i in (0, 1) for name in ("kernel", "recurrent")]


def opened(source: Any, **more: Any) -> GraphSource:
    found = open_source(source, **more)
    assert isinstance(found, GraphSource)
    return found


def example(steps: int = 4) -> np.ndarray:
    return np.zeros((2, steps, FEATURES), "f4")


def shapes(source: GraphSource) -> list[list[int]]:
    return [
        [d.size for d in node.attr["shape"].shape.dim]
        for node in source.graph_def.node
        if node.op == "Placeholder"
    ]


def test_a_module_names_its_variables() -> None:
    found = opened(Network(), inputs=example())
    assert (found.source.kind, found.name) == ("module", "network")
    assert [d.name for d in found.declared] == [*NAMES, "unused"]
    assert [d.layers for d in found.declared] == [("cells[0]",)] * 2 + [("cells[1]",)] * 2 + [()]
    assert [d.trainable for d in found.declared] == [True, False, True, False, True]
    nodes = {node.name: node.op for node in found.graph_def.node}
    assert {nodes[d.node] for d in found.declared} == {"VarHandleOp"}
    assert found.outputs


def test_a_method_names_the_variables_of_its_object() -> None:
    network = Network()
    found = opened(network.__call__, inputs=example())
    assert [d.name for d in found.declared] == NAMES


def test_the_newest_of_several_traces() -> None:
    network = Network()
    with pytest.raises(SourceError, match=r"has not been called yet: give inputs="):
        open_source(network)
    network(example(3))
    assert (shapes(opened(network)), opened(network).findings) == ([[2, 3, FEATURES]], ())
    network(example(5))
    found = opened(network)
    assert shapes(found) == [[2, 5, FEATURES]]
    (finding,) = found.findings
    assert finding.code == "GRAPH_CHOSEN"
    assert "traced 2 times" in finding.message
    assert "float32[2, 3, 5]" in finding.message


def test_a_signature_stays_open_and_an_example_tells_its_lengths() -> None:
    weights = tf.Variable(tf.ones((FEATURES, UNITS)), name="weights")

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES), tf.float32)])
    def project(x: Any) -> Any:
        return tf.tensordot(x, weights, 1)

    assert opened(project).fed == {}
    found = opened(project, inputs=example(6))
    assert (found.name, found.fed) == ("project", {"x": (2, 6, FEATURES)})
    assert [d.name for d in found.declared] == ["weights"]
    concrete = opened(project.get_concrete_function(), inputs=example(6))
    assert (concrete.fed, concrete.declared) == (found.fed, found.declared)


def test_a_function_around_a_keras_model_has_the_models_names() -> None:
    model = networks.functional(keras)
    found = opened(tf.function(lambda x: model(x)), inputs=example())
    assert [(d.name, d.layers) for d in found.declared] == [
        (d.name, d.layers) for d in opened(model).declared
    ]


def test_captured_tensors_are_constants_again() -> None:
    small = tf.constant(np.arange(12, dtype="f4").reshape(4, 3))
    large = tf.ones((600, 600))
    found = opened(tf.function(lambda x: x @ small @ large[:3]), inputs=np.zeros((2, 4), "f4"))
    constants = [n.attr["value"].tensor for n in found.graph_def.node if n.op == "Const"]
    values = [tf.make_ndarray(constant) for constant in constants]
    assert any(np.array_equal(value, small.numpy()) for value in values)
    (big,) = (c for c in constants if [d.size for d in c.tensor_shape.dim] == [600, 600])
    assert big.ByteSize() < 100, "large weights are not copied"
    assert shapes(found) == [[2, 4]]


def test_a_captured_dataset_stays_an_input() -> None:
    weights = tf.Variable(tf.ones((4, 3)), name="weights")
    batches = tf.data.Dataset.from_tensor_slices(np.zeros((5, 2, 4), "f4"))

    @tf.function
    def summed() -> Any:
        total = tf.zeros((2, 3))
        for batch in batches:
            total += batch @ weights
        return total

    summed()
    found = opened(summed)
    assert [d.name for d in found.declared] == ["weights"]
    variant = tf.variant.as_datatype_enum
    inputs = [n for n in found.graph_def.node if n.op == "Placeholder"]
    assert [node.attr["dtype"].type for node in inputs] == [variant]


def test_variables_come_in_the_order_of_their_use_and_those_of_a_layer_in_its_own() -> None:
    w, u, b = (tf.Variable(tf.ones((3, 3)), name=name) for name in "wub")
    cell = keras.layers.GRUCell(3, name="cell")
    cell.build((None, 3))
    last = keras.Variable(np.ones((3, 3), "f4"), name="a_last")

    @tf.function
    def run(x: Any) -> Any:
        return cell(x @ u @ b @ w, [x])[0] @ last

    run(tf.ones((2, 3)))
    names = ["u", "b", "w", "kernel", "recurrent_kernel", "bias", "a_last"]
    assert [d.name.rpartition("/")[2] for d in opened(run).declared] == names
    concrete = run.get_concrete_function(tf.ones((2, 3)))
    assert [d.name.rpartition("/")[2] for d in opened(concrete).declared] == names


def test_modules_without_a_call() -> None:
    class Two(tf.Module):
        @tf.function
        def one(self, x: Any) -> Any:
            return x

        @tf.function
        def other(self, x: Any) -> Any:
            return x

    with pytest.raises(SourceError, match=r"not exactly one tf.function \(it has: one, other\)"):
        open_source(Two())
    with pytest.raises(SourceError, match="type function is no network"):
        open_source(lambda x: x)


def test_a_long_chain_of_objects_is_not_followed_to_its_end() -> None:
    class Link:
        def __init__(self, before: Any) -> None:
            self.before = before

    chain = Link(None)
    for _ in range(2000):
        chain = Link(chain)
    kernel = tf.Variable(tf.ones((3, 3)), name="kernel")

    @tf.function
    def run(x: Any) -> Any:
        assert chain is not None
        return x @ kernel

    assert [d.name for d in opened(run, inputs=tf.ones((2, 3))).declared] == ["kernel"]


def test_a_property_that_cannot_be_read_yet_is_no_function() -> None:
    class One(tf.Module):
        @property
        def built_for(self) -> Any:
            raise ValueError("not built yet")

        @tf.function
        def double(self, x: Any) -> Any:
            return 2 * x

    assert open_source(One(), inputs=tf.ones((2, 3))).outputs


def test_addresses_name_models_and_functions(tmp_path: Path) -> None:
    path = tmp_path / "traced_program.py"
    path.write_text(
        "from tests.sources.test_traced_functions import Network, example\n"
        "network = Network()\nnetwork(example())\ncalled = network.__call__\n"
        "def make():\n    return network\nfresh = Network()\n"
    )
    for attribute in ("network", "called", "make"):
        found = opened(f"{path}:{attribute}")
        assert found.source.path == f"{path}:{attribute}"
        assert [d.name for d in found.declared][:4] == NAMES
    with pytest.raises(SourceError, match=f"^{path}:fresh: .*has not been called yet"):
        open_source(f"{path}:fresh")
