"""The graphs of functions that TensorFlow 2 writes down as it runs them.

``tf.summary.trace_export`` stores one graph for every function that ran while it traced, and so
does Keras' TensorBoard callback with ``profile_batch``: beside the training function there are
some twenty of a few nodes each, which make a variable or ask an iterator whether it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef

_PRODUCTS = ("MatMul", "Conv", "Einsum", "RNN", "LSTM", "GRU")


def traced_graphs(data: bytes) -> Iterator[GraphDef]:
    """The graphs of the functions that a RunMetadata holds, as they were written by the program.

    Raises:
        google.protobuf.message.DecodeError: the data are damaged.
    """
    for functions in RunMetadata.FromString(data).function_graphs:
        graph = functions.pre_optimization_graph
        _with_placeholders(graph)
        yield graph


def has_products(operations: Iterable[str]) -> bool:
    """Whether something of these operation types multiplies by weights."""
    return any(word in op for op in operations for word in _PRODUCTS)


def _with_placeholders(graph: GraphDef) -> None:
    """Makes the arguments of a function that is about to run what they are in a graph."""
    for node in graph.node:
        if node.op == "_Arg":
            node.op = "Placeholder"
            node.attr["dtype"].CopyFrom(node.attr["T"])
