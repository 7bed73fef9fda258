"""A TensorList with accesses to one place only is the value in it; any other stays a list."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.from_graph_def import from_graph_def


def _list_ops(function: Callable[[], tf.Tensor]) -> list[str]:
    traced = tf.function(function).get_concrete_function().graph.as_graph_def()
    graph = from_graph_def(GraphDef.FromString(traced.SerializeToString()))
    return [graph.op(n) for n in range(len(graph)) if graph.op(n).startswith("TensorList")]


def _array(size: int) -> tf.TensorArray:
    return tf.TensorArray(tf.float32, size, clear_after_read=False)


def test_one_place_is_unboxed():
    def run():
        box = _array(1).write(0, 1.0)
        for _ in tf.range(3):
            box = box.write(0, box.read(0) * 2.0)
        return box.read(0)

    assert _list_ops(run) == ["TensorListReserve"]


def test_two_places_stay_a_list():
    def run():
        box = _array(2).write(0, 1.0).write(1, 2.0)
        for _ in tf.range(3):
            box = box.write(0, box.read(1))
        return box.read(0)

    assert _list_ops(run).count("TensorListSetItem") == 3


def test_a_place_that_moves_stays_a_list():
    def run():
        box = _array(4).write(0, 1.0)
        for t in tf.range(3):
            box = box.write(t + 1, box.read(t))
        return box.read(3)

    assert "TensorListGetItem" in _list_ops(run)


def test_a_list_that_is_stacked_stays_a_list():
    def run():
        box = _array(1).write(0, 1.0)
        for _ in tf.range(3):
            box = box.write(0, box.read(0) * 2.0)
        return box.stack()

    assert "TensorListStack" in _list_ops(run)
    assert "TensorListSetItem" in _list_ops(run)
