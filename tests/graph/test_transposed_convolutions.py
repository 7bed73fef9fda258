"""A transposed convolution is a layer, or the derivative of a convolution with its filter."""

from __future__ import annotations

import tensorflow as tf
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def


def form(graph: tf.Graph) -> Graph:
    return from_graph_def(GraphDef.FromString(graph.as_graph_def().SerializeToString()))


def test_one_that_comes_last_is_a_layer() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [1, 4, 4, 2])
        kernel = tf.compat.v1.get_variable("kernel", [2, 2, 3, 2])
        tf.nn.conv2d_transpose(x, kernel, [1, 8, 8, 3], 2)
    assert form(graph).nodes_of("TransposedConv2D")


def test_one_after_the_convolution_is_its_derivative() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [1, 8, 8, 3])
        kernel = tf.compat.v1.get_variable("kernel", [2, 2, 3, 2])
        loss = tf.reduce_sum(tf.square(tf.nn.conv2d(x, kernel, 2, "SAME")))
        tf.gradients(loss, x)
    assert form(graph).nodes_of("Conv2DBackpropInput")
    assert not form(graph).nodes_of("TransposedConv2D")
