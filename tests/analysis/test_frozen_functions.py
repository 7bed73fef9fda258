"""Models of TensorFlow 2, frozen: constants for variables, and loops as they are or as frames.

What freezing does to a loop is up to its caller: it stays a functional loop, or is written down in
the frames of TensorFlow 1, which carry all that the steps only read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from tensorflow.core.protobuf.meta_graph_pb2 import CollectionDef
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tensorflow.python.grappler import tf_optimizer

from tb_rnnview import analyze
from tb_rnnview.timeline import Encoding, Timeline


def stacked(library: Any, steps: int | None) -> Any:
    """Two layers of different kinds and a head."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((steps, 3)),
            layers.GRU(5, return_sequences=True),
            layers.LSTM(6),
            layers.Dense(2),
        ]
    )


def bidirectional(library: Any, steps: int | None) -> Any:
    """A bidirectional layer over a bidirectional layer."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((steps, 3)),
            layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
            layers.Bidirectional(layers.GRU(4)),
        ]
    )


def masked(library: Any, steps: int | None) -> Any:
    """Words, of which padding is masked."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((steps,), dtype="int32"),
            layers.Embedding(9, 3, mask_zero=True),
            layers.SimpleRNN(5),
        ]
    )


def dense_at_each(library: Any, steps: int | None) -> Any:
    """A dense layer on every output."""
    layers = library.layers
    return library.Sequential(
        [
            library.Input((steps, 3)),
            layers.SimpleRNN(5, return_sequences=True),
            layers.Dense(2),
        ]
    )


def convolutional(library: Any, steps: int | None) -> Any:
    """Keras 2 makes its first state by a convolution of zeros with zeros: no layer."""
    layers = library.layers
    return library.Sequential([library.Input((steps, 5, 5, 1)), layers.ConvLSTM2D(2, 3)])


MODELS = (stacked, bidirectional, masked, dense_at_each, convolutional)


def frozen(model: Any, lowered: bool) -> Any:
    """The graph of a model, frozen."""
    (given,) = model.inputs
    function = tf.function(lambda x: model(x, training=False))
    traced = function.get_concrete_function(tf.TensorSpec(given.shape, given.dtype))
    return convert_variables_to_constants_v2(traced, lower_control_flow=lowered).graph


def network(claimed: Timeline) -> tuple[Counter[Any], ...]:
    """What is claimed, without names and encodings."""
    lengths = {"": "once"} | {axis.id: str(axis.length) for axis in claimed.axes}
    layers: dict[str, Any] = {
        layer.id: (
            layer.kind.name,
            layer.cell,
            layer.units,
            layer.depth,
            tuple(sorted((lengths[a.axis], a.direction.name) for a in layer.applications)),
        )
        for layer in claimed.layers
    }
    return (
        Counter(lengths.values()),
        Counter(layers.values()),
        Counter(
            (v.shape, v.role, v.blocks, layers[u.layer], lengths[u.axis], u.start, u.stop, u.reads)
            for v in claimed.variables
            for u in v.uses
        ),
        Counter((layers[s.layer], s.shape[1:], s.initial == "zeros") for s in claimed.states),
        Counter((layers[c.from_layer], layers[c.to_layer], c.offset) for c in claimed.connections),
    )


@pytest.mark.parametrize("lowered", [False, True])
@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("steps", [4, None])
@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__)
def test_a_frozen_model_is_the_model(
    build: Callable[[Any, int | None], Any], steps: int | None, library: Any, lowered: bool
) -> None:
    model = build(library, steps)
    claimed = analyze(frozen(model, lowered))
    assert network(claimed) == network(analyze(model))
    encoding = Encoding.WHILE_FRAME if lowered else Encoding.WHILE_OP
    assert {axis.encoding for axis in claimed.axes} == {encoding}


def optimized(graph: Any) -> GraphDef:
    """A frozen graph whose constants are folded: a copy of each weight wherever it is read."""
    described = tf.compat.v1.train.export_meta_graph(
        graph_def=graph.as_graph_def(add_shapes=True), graph=graph
    )
    results = CollectionDef()
    results.node_list.value.append("Identity")
    described.collection_def["train_op"].CopyFrom(results)
    config = ConfigProto()
    options = config.graph_options.rewrite_options
    options.optimizers.extend(["constfold", "function"])
    options.min_graph_nodes = -1
    return tf_optimizer.OptimizeGraph(config, described)


@pytest.mark.parametrize("lowered", [False, True])
@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__)
def test_copies_of_a_weight_are_one(
    build: Callable[[Any, int | None], Any], library: Any, lowered: bool
) -> None:
    model = build(library, 4)
    chance = np.random.RandomState(7)  # what is trained is not the same twice
    model.set_weights([chance.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    claimed = analyze(optimized(frozen(model, lowered)))
    # Which parts of a weight have become constants of their own is up to what folds them.
    assert network(claimed)[:2] == network(analyze(model))[:2]
