"""Graphs in memory: ``tf.Graph``, GraphDef and MetaGraphDef objects.

They are recognised by what they are and can do; TensorFlow is never imported here.
"""

from __future__ import annotations

import sys
from typing import Any

from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.declared import GLOBAL, LOCAL, TRAINABLE, declare
from tb_rnnview.sources.graph_file import from_graph_def, from_meta_graph
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.plausible import why_not_a_graph
from tb_rnnview.sources.replicas import join_replicas
from tb_rnnview.sources.stored_graph import LARGE, StoredGraph, graph_of
from tb_rnnview.timeline import Source


def open_object(source: Any, name: str = "") -> GraphSource | None:
    """The graph that an object is; None = it is none that is known here.

    Raises:
        SourceError: it is a graph, but an empty one, or cannot be written down.
    """
    kind = _message_name(source)
    if kind == "GraphDef":
        return from_graph_def(_graph_def(source), "", name or "graph")
    if kind == "MetaGraphDef":
        return from_meta_graph(_as(MetaGraphDef, source), "", name or "graph")
    if _is_graph(source):
        return _open_graph(source, name or "graph")
    return None


def _message_name(source: Any) -> str:
    """The protobuf type, whichever package (TensorFlow's or TensorBoard's) it is from."""
    descriptor = getattr(type(source), "DESCRIPTOR", None)
    package, _, kind = str(getattr(descriptor, "full_name", "")).rpartition(".")
    return kind if package in ("tensorflow", "tensorboard") else ""


def _graph_def(source: Any) -> GraphDef | StoredGraph:
    """A GraphDef of whichever package; a large one is faster to look through as it is stored."""
    if source.ByteSize() >= LARGE or not isinstance(source, GraphDef):
        return graph_of(source.SerializeToString())
    return source


def _as(message_type: Any, source: Any) -> Any:
    if isinstance(source, message_type):
        return source
    return message_type.FromString(source.SerializeToString())


def _is_graph(source: Any) -> bool:
    return not isinstance(source, type) and all(
        callable(getattr(source, method, None)) for method in ("as_graph_def", "get_collection")
    )


def _open_graph(graph: Any, name: str) -> GraphSource:
    try:
        # The shapes that TensorFlow inferred tell lengths that the ops alone leave open.
        written = graph.as_graph_def(add_shapes=True)
    except Exception as error:  # whatever TensorFlow raises, e.g. for a graph above 2 GiB
        raise SourceError(
            f"the tf.Graph cannot be written as a GraphDef ({_first_line(error)}); "
            "keep large constants out of the graph"
        ) from error
    join_replicas(written, (v for key in (GLOBAL, LOCAL) for v in graph.get_collection(key)))
    graph_def = _graph_def(written)
    problem = why_not_a_graph(graph_def)
    if problem:
        raise SourceError(
            f"the tf.Graph {problem}; build the network in it first "
            "(is it the graph you built in, or another default graph?)"
        )
    tensorflow = sys.modules.get("tensorflow")
    version = str(getattr(tensorflow, "__version__", ""))
    return GraphSource(
        graph_def, Source("graph", "", "tensorflow", version), name, _declared_in(graph)
    )


def _declared_in(graph: Any) -> tuple[DeclaredVariable, ...]:
    listed = [*_names(graph, GLOBAL), *_names(graph, LOCAL)]
    return declare(listed, _names(graph, TRAINABLE))


def _names(graph: Any, key: str) -> list[str]:
    # A program may put anything into a collection; what has no op stores nothing.
    ops = (getattr(item, "op", None) for item in graph.get_collection(key))
    return [str(op.name) for op in ops if op is not None]


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
