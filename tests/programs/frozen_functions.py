"""Functions of TensorFlow 2 as its own tool freezes them: without calls and functional loops."""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tests.programs.films import BATCH, SPEC, film
from tests.programs.program import Program


def frozen_frames_at_once() -> Program:
    """The same, frozen: TensorFlow's optimizer leaves no shapes beside the operations."""
    run, truth = film()
    frozen = convert_variables_to_constants_v2(tf.function(run).get_concrete_function(SPEC))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen.graph.as_graph_def(), name="")
    sizes = {"filter": (2, 2, 3, 2), "w": (24, 6)}
    names = {
        key: next(op.name for op in graph.get_operations() if _has_shape(op, size))
        for key, size in sizes.items()
    }
    weights = {names[key]: weight for key, weight in truth.weights.items()}
    outputs = [graph.get_tensor_by_name(output.name) for output in frozen.outputs]
    feeds = {graph.get_tensor_by_name(frozen.inputs[0].name): BATCH}
    truth = replace(truth, weights=weights)
    return Program(graph, outputs, feeds, truth, steps=5, storages=tuple(weights))


def _has_shape(op: tf.Operation, shape: tuple[int, ...]) -> bool:
    return op.type == "Const" and tuple(op.outputs[0].shape) == shape
