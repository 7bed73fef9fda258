"""SavedModels: a version number and one MetaGraph per set of tags. Nothing in them is loaded.

TensorBoard ships no schema of the outer message, so its two fields are read off the wire:
field 1 is the schema's version, field 2 a MetaGraphDef. TensorFlow 2 keeps the network in
functions, which a signature calls, and the objects of the program beside them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.files import is_remote, join, read_all
from tb_rnnview.sources.graph_file import from_meta_graph, parse_text
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.keras_metadata import FILE_NAME as KERAS_FILE
from tb_rnnview.sources.keras_metadata import keras_objects
from tb_rnnview.sources.saved_model_text import FILE_NAME as TEXT_FILE_NAME
from tb_rnnview.sources.saved_model_text import graphs_in_text, is_text_of_saved_model
from tb_rnnview.sources.saved_objects import captured, declared_by_objects
from tb_rnnview.sources.saved_signature import choose_signature
from tb_rnnview.sources.stored_graph import StoredGraph, StoredNodes, meta_graph_of
from tb_rnnview.sources.wire import LENGTH_DELIMITED, VARINT, WireError, walk
from tb_rnnview.timeline import Finding, Severity

FILE_NAMES = ("saved_model.pb", TEXT_FILE_NAME, "saved_model.cpb")
"""What a SavedModel is called within its folder: the first of these that is there."""
_KIND = "saved_model"
_SERVING = "serve"  # the tag of what is to be deployed


def is_saved_model(data: bytes) -> bool:
    """Whether a file is a SavedModel; a graph never begins with a small number."""
    if is_text_of_saved_model(data):
        return True
    try:
        fields = walk(data)
        first, second = next(fields), next(fields)
    except (WireError, StopIteration):
        return False
    return (
        (first.number, first.wire_type) == (1, VARINT)
        and (second.number, second.wire_type) == (2, LENGTH_DELIMITED)
        and data[first.start] <= 9
    )


def is_of_saved_model(source: Any) -> bool:
    """Whether what was opened came out of a SavedModel."""
    return isinstance(source, GraphSource) and source.source.kind == _KIND


def open_saved_model(
    path: str, data: bytes, name: str = "", signature: str | None = None
) -> GraphSource:
    """The graph of a SavedModel: of several, the one that is to be served.

    Args:
        path: what the user gave.
        data: the content of the file.
        name: what to call the network. Default: as its folder is called.
        signature: which of its signatures is looked at. Default: the one that is served.

    Raises:
        SourceError: it is damaged, or does not say what to look at.
    """
    metas = _meta_graphs(path, data)
    if not metas:
        raise SourceError(f"{path}: is a SavedModel that holds no graph; write it again")
    chosen, graph = next((m for m in metas if _SERVING in m[0].meta_info_def.tags), metas[0])
    source = from_meta_graph(chosen, path, name or _title(path), _KIND, graph)
    looked_at = choose_signature(path, chosen, graph, signature)
    several = (_finding(chosen, [meta for meta, _ in metas]),) if len(metas) > 1 else ()
    return replace(
        source,
        declared=source.declared or _declared(path, chosen, graph, looked_at.storing),
        outputs=looked_at.outputs,
        inputs=looked_at.inputs,
        findings=(*several, *looked_at.findings),
    )


def _declared(
    path: str, meta: MetaGraphDef, graph: GraphDef | StoredGraph, storing: Mapping[int, str]
) -> tuple[DeclaredVariable, ...]:
    """The variables of TensorFlow 2: no collection lists them, but the program's objects do."""
    objects = meta.object_graph_def
    keras = keras_objects(objects, _beside(path))
    return declared_by_objects(objects, keras, storing or captured(objects, graph))


def _beside(path: str) -> bytes:
    """What Keras has written beside a SavedModel; empty = nothing."""
    try:
        return read_all(join(os.path.dirname(path), KERAS_FILE))
    except OSError:
        return b""


def _meta_graphs(path: str, data: bytes) -> list[tuple[MetaGraphDef, GraphDef | StoredGraph]]:
    """The MetaGraphs, and the graph of each."""
    try:
        if is_text_of_saved_model(data):
            parsed = (parse_text(path, text, MetaGraphDef()) for text in graphs_in_text(data))
            return [(meta, meta.graph_def) for meta in parsed]
        return [
            _meta_graph(data[field.start : field.stop])
            for field in walk(data)
            if (field.number, field.wire_type) == (2, LENGTH_DELIMITED)
        ]
    except SourceError:
        raise
    except (WireError, DecodeError, ValueError):
        raise SourceError(
            f"{path}: is a SavedModel that is damaged or cut off; copy or write it again"
        ) from None


def _meta_graph(data: bytes) -> tuple[MetaGraphDef, GraphDef | StoredGraph]:
    """A MetaGraph and its graph, left as it is stored where nothing is to be added to it.

    Raises:
        google.protobuf.message.DecodeError: they are no MetaGraphDef.
    """
    meta, graph = meta_graph_of(data)
    if isinstance(graph.node, StoredNodes) and meta.HasField("object_graph_def"):
        meta = MetaGraphDef.FromString(data)  # a call of one of its functions, perhaps
        graph = meta.graph_def
    return meta, graph


def _finding(chosen: MetaGraphDef, metas: list[MetaGraphDef]) -> Finding:
    others = "; ".join(_tags(meta) for meta in metas if meta is not chosen)
    return Finding(
        code="GRAPH_CHOSEN",
        severity=Severity.INFO,
        message=(
            f"{len(metas)} graphs are in this SavedModel. This is the one tagged "
            f"{_tags(chosen)}; the tags of the others: {others}."
        ),
        advice="To see another one, give its .meta or .pb file.",
    )


def _tags(meta: MetaGraphDef) -> str:
    return ", ".join(meta.meta_info_def.tags) or "with nothing"


def _title(path: str) -> str:
    """The folder says what it is; one named by a number is a version of what holds it."""
    folder = os.path.dirname(path if is_remote(path) else os.path.abspath(path))
    if os.path.basename(folder).isdigit():
        folder = os.path.dirname(folder)
    return os.path.basename(folder)
