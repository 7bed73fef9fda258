"""What a frame hands on from step to step as it is enters it as a constant, and never leaves it."""

from __future__ import annotations

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.programs.tf1 import tf


def _read(graph: tf.Graph) -> Graph:
    return from_graph_def(GraphDef.FromString(graph.as_graph_def().SerializeToString()))


def _source(graph: Graph, name: str) -> str:
    """The operation that a chain of Identity leads to from an operation called ``name``."""
    node = graph.names.index(name)
    while graph.op(node) == "Identity":
        node = graph.sources(node)[0]
    return graph.names[node]


def test_a_value_that_is_handed_on_through_two_loops() -> None:
    with tf.Graph().as_default() as graph:
        given = tf.placeholder(tf.float32, [], name="given")

        def outer(t, same):
            _, same = tf.while_loop(lambda k, _: k < 2, lambda k, s: (k + 1, s), (0, same))
            return t + 1, same

        _, left = tf.while_loop(lambda t, _: t < 3, outer, (0, given))
        tf.identity(left, name="left")
    read = _read(graph)
    assert _source(read, "left") == "given"
    assert len(read.loop_merges) == 2  # the two counters


def test_values_that_swap_places_change() -> None:
    with tf.Graph().as_default() as graph:
        one, other = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
        tf.while_loop(lambda t, *_: t < 3, lambda t, a, b: (t + 1, b, a), (0, one, other))
    assert len(_read(graph).loop_merges) == 3
