"""Copies of a frozen weight are one; constants that may be equal by chance are not."""

from __future__ import annotations

import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.programs.program import fill
from tests.programs.tf1 import tf


def _constants(values: list[np.ndarray], with_variable: bool = False) -> list[str]:
    """The names of the constants that are left of these."""
    with tf.Graph().as_default() as graph:
        for k, value in enumerate(values):
            tf.constant(value, name=f"c{k}")
        if with_variable:
            tf.get_variable("v", [2])
    read = from_graph_def(GraphDef.FromString(graph.as_graph_def().SerializeToString()))
    kept = [read.names[n] for n in read.nodes_of("Const")]
    return [name for name in kept if name.startswith("c")]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_trained_numbers_are_known_again(dtype: type) -> None:
    weights = fill(3, 5).astype(dtype)
    assert _constants([weights, weights.copy(), weights.T.copy()]) == ["c0", "c2"]


@pytest.mark.parametrize(
    "value",
    [
        np.zeros([2, 5], "f4"),
        np.concatenate([np.zeros(5, "f4"), np.ones(5, "f4"), np.zeros(10, "f4")]),
        np.eye(4, dtype="f4"),
        np.full([3], 0.1, "f4"),
        np.arange(6, dtype="i4"),
        np.arange(6, dtype="f4"),
    ],
)
def test_what_weights_are_first_set_to_tells_nothing(value: np.ndarray) -> None:
    assert _constants([value, value.copy()]) == ["c0", "c1"]


def test_constants_beside_variables_are_no_weights() -> None:
    assert _constants([fill(3, 5), fill(3, 5)], with_variable=True) == ["c0", "c1"]
