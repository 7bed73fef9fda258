"""Turns whatever the user has into a graph to analyse, or into a timeline that is already there."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import HEADER_SIZE, is_header
from tb_rnnview.sources.file_bytes import cannot_read, read_bytes
from tb_rnnview.sources.foreign_file import refuse_foreign
from tb_rnnview.sources.graph_file import open_graph_file
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.live_graph import open_object
from tb_rnnview.sources.log_folder import open_event_file, open_folder
from tb_rnnview.sources.python_object import call, load_object, split_address
from tb_rnnview.sources.saved_model import FILE_NAME, is_saved_model, open_saved_model
from tb_rnnview.timeline import Timeline


def open_source(
    source: Any, *, name: str | None = None, run: str | None = None, tag: str | None = None
) -> GraphSource | Timeline:
    """Opens a source of any supported kind.

    Args:
        source: a ``tf.Graph``, GraphDef, MetaGraphDef or Timeline; or the path of a ``.meta``,
            ``.pb`` or ``.pbtxt`` file, a SavedModel of TensorFlow 1, an event file or a log
            folder; or ``module:attribute`` or
            ``script.py:attribute``, which runs that code.
        name: what to call the network. Default: from the source.
        run: which run of a log folder.
        tag: which tag of a run.

    Returns:
        A graph; or the timeline itself, where the source holds one.

    Raises:
        SourceError: it cannot be read, holds no graph, or is of a kind that is not supported.
    """
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    if isinstance(source, bytes):
        source = os.fsdecode(source)
    if not isinstance(source, str):
        return _open_object(source, name or "", "")
    address = split_address(source)
    if address is not None:
        return _open_address(source, *address, name or "")
    saved_model = os.path.join(source, FILE_NAME)
    if os.path.isfile(saved_model):
        source = saved_model
    if os.path.isdir(source):
        return open_folder(source, name=name or "", run=run, tag=tag)
    return _open_file(source, name or "", run, tag)


def _open_file(path: str, name: str, run: str | None, tag: str | None) -> GraphSource | Timeline:
    if path.endswith(".py"):
        raise SourceError(
            f"{path}: is a program; say which object of it holds the graph, "
            f"e.g. {os.path.basename(path)}:graph (that runs it)"
        )
    if is_header(_head(path)):
        # Not read whole: event files grow without limit.
        return open_event_file(path, name=name, run=run, tag=tag)
    data = read_bytes(path)
    if run is not None or tag is not None:
        raise SourceError(f"{path}: --run and --tag choose within event files; this is none")
    refuse_foreign(path, data)
    if is_saved_model(data):
        return open_saved_model(path, data, name)
    return open_graph_file(path, data, name)


def _head(path: str) -> bytes:
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            # It could be read only once, or for ever.
            raise SourceError(f"{path}: is a pipe or a device; save it as a file first")
        with open(path, "rb") as file:
            return file.read(HEADER_SIZE)
    except OSError as error:
        raise cannot_read(path, error) from None
    except SourceError:
        raise
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{path!r} is no file name ({error}); check the path") from None


def _open_address(source: str, place: str, attribute: str, name: str) -> GraphSource | Timeline:
    value = load_object(place, attribute)
    is_known = isinstance(value, Timeline) or hasattr(value, "as_graph_def")
    if not is_known and not _unsupported(value) and callable(value):
        value = call(place, attribute, value)
    opened = _open_object(value, name or attribute.rpartition(".")[2], f"{source}: ")
    if isinstance(opened, Timeline):
        return opened
    return replace(opened, source=replace(opened.source, path=source))


def _open_object(source: Any, name: str, place: str) -> GraphSource | Timeline:
    if isinstance(source, Timeline):
        return source
    unsupported = _unsupported(source)
    if unsupported:
        raise SourceError(f"{place}{unsupported}")
    opened = open_object(source, name)
    if opened is None:
        raise SourceError(
            f"{place}an object of type {type(source).__name__} is no graph; give a tf.Graph, "
            "a GraphDef, or the path of a .meta, .pb or .pbtxt file, an event file or a log folder"
        )
    return opened


def _unsupported(source: Any) -> str:
    """The sentence for kinds that hold a network, but not one that this version reads."""
    for kind in type(source).__mro__:
        package = kind.__module__.partition(".")[0]
        if package in ("keras", "tf_keras") and kind.__name__ in ("Model", "Layer", "Sequential"):
            return (
                "a Keras model is not supported yet: give the tf.Graph that it was built in, "
                "or the log folder of its training"
            )
        if package == "tensorflow" and kind.__name__ in ("PolymorphicFunction", "Function"):
            return (
                "a tf.function is not supported yet: this version reads graphs of TensorFlow 1; "
                "give the tf.Graph in which the network was built with tf.compat.v1"
            )
        if package == "tensorflow" and kind.__name__ == "ConcreteFunction":
            return (
                "a concrete function is not supported yet: this version reads graphs of "
                "TensorFlow 1; give the tf.Graph in which the network was built with tf.compat.v1"
            )
    return ""
