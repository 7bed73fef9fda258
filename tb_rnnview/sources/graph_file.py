"""Graph files: .pb and .pbtxt (GraphDef or MetaGraphDef) and .meta (MetaGraphDef).

The content decides, not the name: people rename these files. The name only says what to try first.
"""

from __future__ import annotations

import os
import re
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.declared import declared_in
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.plausible import why_not_a_graph
from tb_rnnview.sources.stored_graph import StoredGraph, graph_of, meta_graph_of
from tb_rnnview.sources.wire import WireError, walk
from tb_rnnview.timeline import Source

_READABLE = (
    "a .meta, .pb or .pbtxt file, a SavedModel, a .keras or .h5 file, an event file or a log folder"
)
_SUFFIXES = (".meta", ".pbtxt", ".pb.txt", ".pb", ".graphdef", ".txt")

_Message = TypeVar("_Message", GraphDef, MetaGraphDef)

# How a text protobuf of either kind begins, after comments.
_TEXT_GRAPH = re.compile(rb"(?:\s|#[^\n]*\n)*(node|library|versions?)\s*[:{]")
_TEXT_META = re.compile(
    rb"(?:\s|#[^\n]*\n)*(meta_info_def|graph_def|saver_def|collection_def)\s*[:{]"
)


def open_graph_file(path: str, data: bytes, name: str = "") -> GraphSource:
    """The graph in the content of a file.

    Raises:
        SourceError: the content is no graph, or damaged.
    """
    title = name or _stem(path)
    if _TEXT_META.match(data):
        return from_meta_graph(parse_text(path, data, MetaGraphDef()), path, title)
    if _TEXT_GRAPH.match(data):
        return from_graph_def(parse_text(path, data, GraphDef()), path, title)
    if _looks_like_text(data):
        raise SourceError(f"{path}: is a text file, not a graph; give {_READABLE}")
    return _open_binary(path, data, title)


def from_graph_def(
    graph_def: GraphDef | StoredGraph, path: str, name: str, kind: str = "graph_def"
) -> GraphSource:
    """A GraphDef as a source.

    Raises:
        SourceError: it cannot be a graph.
    """
    problem = why_not_a_graph(graph_def)
    if problem:
        raise _refused(path, problem)
    return GraphSource(graph_def, Source(kind, path, "tensorflow", ""), name)


def from_meta_graph(
    meta_graph: MetaGraphDef,
    path: str,
    name: str,
    kind: str = "meta_graph",
    graph: GraphDef | StoredGraph | None = None,
) -> GraphSource:
    """A MetaGraphDef as a source, with what its collections declare.

    Args:
        meta_graph: the MetaGraphDef.
        path: where it was read.
        name: what to call the network.
        kind: the kind of source.
        graph: its graph, where that is kept apart.

    Raises:
        SourceError: its graph cannot be one.
    """
    graph = meta_graph.graph_def if graph is None else graph
    problem = why_not_a_graph(graph)
    if problem:
        raise _refused(path, problem)
    version = meta_graph.meta_info_def.tensorflow_version
    # The graph stays where it was parsed: copying a large one would double the memory.
    return GraphSource(
        graph,
        Source(kind, path, "tensorflow", version),
        name,
        declared_in(meta_graph),
    )


def _refused(path: str, problem: str) -> SourceError:
    where = f"{path}: " if path else "the graph "
    return SourceError(f"{where}{problem}; write it again or give another one")


def _open_binary(path: str, data: bytes, name: str) -> GraphSource:
    is_meta_first = path.removesuffix(".gz").endswith(".meta")
    problem = ""
    for is_meta in (is_meta_first, not is_meta_first):
        meta: MetaGraphDef | None = None
        try:
            if is_meta:
                meta, graph = meta_graph_of(data)
            else:
                graph = graph_of(data)
        except DecodeError:
            continue
        reason = why_not_a_graph(graph)
        if not reason:
            if meta is not None:
                return from_meta_graph(meta, path, name, graph=graph)
            return from_graph_def(graph, path, name)
        # What the suffix promises is the better explanation, and that nodes are missing the best.
        if not problem or reason.startswith("is incomplete"):
            problem = reason
    raise SourceError(_damage(path, data, problem))


# A GraphDef begins with a node (or its library), a MetaGraphDef with its description or its graph:
# fields 1 and 2, each a message. A file that is cut inside this first part begins no less so.
_FIRST_BYTES = (b"\x0a", b"\x12")


def _damage(path: str, data: bytes, problem: str) -> str:
    """Where the bytes stop being a graph, and what to do."""
    remedy = "copy or write it again"
    parts = 0
    try:
        for _ in walk(data):
            parts += 1
    except WireError as error:
        if not parts and data[:1] not in _FIRST_BYTES:
            return (
                f"{path}: is no graph: its first byte begins nothing that a graph begins with; "
                f"give {_READABLE}"
            )
        return (
            f"{path}: is damaged, cut off or no graph: what begins at byte {error.position:,} of "
            f"{len(data):,} {error}; {remedy}"
        )
    if problem.startswith("is incomplete"):
        return f"{path}: {problem}; {remedy}"
    return (
        f"{path}: {problem or 'is no graph, or damaged inside'}; give a GraphDef or MetaGraphDef "
        "(.pb, .pbtxt, .meta), an event file or a log folder"
    )


def parse_text(path: str, data: bytes, message: _Message) -> _Message:
    """Fills a message from its text form.

    Raises:
        SourceError: the text is cut off or damaged.
    """
    try:
        # Unknown fields: graphs are older and newer than the schema that TensorBoard ships.
        text_format.Parse(data.decode("utf-8"), message, allow_unknown_field=True)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: is no UTF-8 text from byte {error.start:,} on; write it again"
        ) from None
    except text_format.ParseError as error:
        line = error.GetLine()
        place = f"at line {line:,}, column {error.GetColumn()}" if line else "to its end"
        raise SourceError(
            f"{path}: cannot be read as a text graph {place}: cut off or damaged; write it again"
        ) from None
    return message


def _looks_like_text(data: bytes) -> bool:
    head = data[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    if controls or b"\x7f" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(data) > len(head) and error.start > len(head) - 4  # cut by the slice
    return True


def _stem(path: str) -> str:
    base = os.path.basename(path).removesuffix(".gz")
    for suffix in _SUFFIXES:
        if base.endswith(suffix) and base != suffix:
            return base[: -len(suffix)]
    return base
