"""SavedModels of TensorFlow 1: a version number and one MetaGraph per set of tags.

TensorBoard ships no schema of the outer message, so its two fields are read off the wire:
field 1 is the schema's version, field 2 a MetaGraphDef.
"""

from __future__ import annotations

import os
from dataclasses import replace

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.foreign_file import SAVED_MODEL
from tb_rnnview.sources.graph_file import from_meta_graph
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.wire import LENGTH_DELIMITED, VARINT, WireError, walk
from tb_rnnview.timeline import Finding, Severity

FILE_NAME = "saved_model.pb"
_SERVING = "serve"  # the tag of what is to be deployed


def is_saved_model(data: bytes) -> bool:
    """Whether a file is a SavedModel; a graph never begins with a small number."""
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


def open_saved_model(path: str, data: bytes, name: str = "") -> GraphSource:
    """The graph of a SavedModel: of several, the one that is to be served.

    Raises:
        SourceError: it is damaged, or of TensorFlow 2.
    """
    metas = _meta_graphs(path, data)
    # TensorFlow 2 keeps the network in functions, and the objects that own them in field 7.
    first = [meta for meta in metas if not meta.HasField("object_graph_def")]
    if not first:
        raise SourceError(f"{path}: {SAVED_MODEL}")
    chosen = next((meta for meta in first if _SERVING in meta.meta_info_def.tags), first[0])
    source = from_meta_graph(chosen, path, name or _title(path), "saved_model")
    if len(metas) == 1:
        return source
    return replace(source, findings=(_finding(chosen, metas),))


def _meta_graphs(path: str, data: bytes) -> list[MetaGraphDef]:
    try:
        return [
            MetaGraphDef.FromString(data[field.start : field.stop])
            for field in walk(data)
            if (field.number, field.wire_type) == (2, LENGTH_DELIMITED)
        ]
    except (WireError, DecodeError):
        raise SourceError(
            f"{path}: is a SavedModel that is damaged or cut off; copy or write it again"
        ) from None


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
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.basename(folder).isdigit():
        folder = os.path.dirname(folder)
    return os.path.basename(folder)
