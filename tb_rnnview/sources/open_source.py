"""Turns whatever the user has into a graph to analyse, or into a timeline that is already there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tb_rnnview import files
from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import HEADER_SIZE, is_header
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.file_bytes import cannot_read, read_bytes
from tb_rnnview.sources.foreign_file import refuse_foreign
from tb_rnnview.sources.graph_file import open_graph_file
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.keras_file import is_keras_file, open_keras_file
from tb_rnnview.sources.keras_h5 import is_h5_file, open_h5_file
from tb_rnnview.sources.keras_json_file import is_keras_json, open_json_file
from tb_rnnview.sources.keras_model import open_keras
from tb_rnnview.sources.keras_object import keras_kind
from tb_rnnview.sources.live_graph import open_object
from tb_rnnview.sources.log_folder import open_event_file, open_folder
from tb_rnnview.sources.python_object import call, load_object, split_address
from tb_rnnview.sources.saved_model import (
    FILE_NAMES,
    is_of_saved_model,
    is_saved_model,
    open_saved_model,
)
from tb_rnnview.sources.traced_function import function_kind, open_function, signature_of
from tb_rnnview.timeline import Timeline

TRACED = ("keras_model", "keras_layer", "keras_file", "function", "module")
"""Kinds of sources that are traced for examples of their inputs, which is then done."""


Opened = GraphSource | Configuration | Timeline
"""A graph, what a configuration declares, or a timeline that is already there."""


def open_source(
    source: Any,
    *,
    inputs: Any = None,
    name: str | None = None,
    run: str | None = None,
    tag: str | None = None,
    signature: str | None = None,
    step: int | None = None,
) -> Opened:
    """Opens a source of any supported kind.

    Args:
        source: a Keras model or layer, a ``tf.function``, ConcreteFunction or ``tf.Module``; a
            ``tf.Graph``, GraphDef, MetaGraphDef or Timeline; or the path of a ``.keras``, ``.h5``,
            ``.json`` (of Keras), ``.meta``, ``.pb`` or ``.pbtxt`` file, a SavedModel, an event file
            or a log folder; or ``module:attribute`` or ``script.py:attribute``, which runs that
            code.
        inputs: an example of what a model, function or module is called with; for a graph,
            examples (or their shapes) by the name of the placeholder that they feed, or of the
            input of the signature.
        name: what to call the network. Default: from the source.
        run: which run of a log folder.
        tag: which tag of a run.
        signature: which signature of a SavedModel.
        step: which training step of a timeline in a log. Default: the last one.

    Returns:
        A graph, or the configuration of a Keras model; or the timeline itself, where the source
        holds one.

    Raises:
        SourceError: it cannot be read, holds no graph, or is of a kind that is not supported.
    """
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    if isinstance(source, bytes):
        source = os.fsdecode(source)
    if signature is not None and function_kind(source) == "loaded":
        source, signature = signature_of(source, signature), None
    opened = _open(source, inputs, name, run, tag, signature, step)
    if signature is not None and not is_of_saved_model(opened):
        raise SourceError(
            f"{source}: --signature (signature= in Python) chooses within a SavedModel; "
            "this is none"
        )
    if inputs is None or not isinstance(opened, GraphSource) or opened.source.kind in TRACED:
        return opened
    if not isinstance(inputs, Mapping) and len(opened.inputs) == 1:
        inputs = {next(iter(opened.inputs)): inputs}
    if not isinstance(inputs, Mapping):
        raise SourceError(
            f"{opened.source.path or opened.name}: is a graph: give inputs= as a dictionary of "
            "examples (or their shapes) by the name of the placeholder that they feed"
        )
    return replace(opened, fed={opened.inputs.get(key, key): v for key, v in inputs.items()})


def _open(
    source: Any,
    inputs: Any,
    name: str | None,
    run: str | None,
    tag: str | None,
    signature: str | None,
    step: int | None,
) -> Opened:
    if not isinstance(source, str):
        return _open_object(source, inputs, name or "", "")
    address = split_address(source)
    if address is not None:
        return _open_address(source, *address, inputs, name or "")
    saved = (files.join(source, file) for file in FILE_NAMES)
    inside = next((path for path in saved if _is_there(files.is_file, path)), None)
    if inside is not None:
        source = inside
    elif _is_there(files.is_folder, source):
        return open_folder(source, name=name or "", run=run, tag=tag, step=step)
    return _open_file(source, inputs, name or "", run, tag, signature, step)


def _open_file(
    path: str,
    inputs: Any,
    name: str,
    run: str | None,
    tag: str | None,
    signature: str | None,
    step: int | None,
) -> Opened:
    if path.endswith(".py"):
        raise SourceError(
            f"{path}: is a program; say which object of it holds the graph, "
            f"e.g. {os.path.basename(path)}:graph (that runs it)"
        )
    if is_header(_head(path)):
        # Not read whole: event files grow without limit.
        return open_event_file(path, name=name, run=run, tag=tag, step=step)
    data = read_bytes(path)
    if run is not None or tag is not None:
        raise SourceError(f"{path}: --run and --tag choose within event files; this is none")
    if step is not None:
        raise SourceError(f"{path}: --step chooses within event files; this is none")
    refuse_foreign(path, data)
    if is_h5_file(data):
        return open_h5_file(path, data, name)
    if is_keras_json(data):
        return open_json_file(path, data, name)
    if is_keras_file(data):
        return open_keras_file(path, data, inputs, name)
    if is_saved_model(data):
        return open_saved_model(path, data, name, signature)
    return open_graph_file(path, data, name)


def _is_there(ask: Callable[[str], bool], path: str) -> bool:
    try:
        return ask(path)
    except OSError as error:
        raise cannot_read(path, error) from None


def _head(path: str) -> bytes:
    try:
        if not files.is_remote(path) and os.path.exists(path) and not os.path.isfile(path):
            # It could be read only once, or for ever.
            raise SourceError(f"{path}: is a pipe or a device; save it as a file first")
        with files.opened(path) as (file, _, _):
            return file.read(HEADER_SIZE)
    except OSError as error:
        raise cannot_read(path, error) from None
    except SourceError:
        raise
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{path!r} is no file name ({error}); check the path") from None


def _open_address(source: str, place: str, attribute: str, inputs: Any, name: str) -> Opened:
    value = load_object(place, attribute)
    if callable(value) and not _is_source(value):
        value = call(place, attribute, value)
    opened = _open_object(value, inputs, name or attribute.rpartition(".")[2], source)
    if isinstance(opened, Timeline):
        return opened
    return replace(opened, source=replace(opened.source, path=source))


def _is_source(value: Any) -> bool:
    """Whether an object can be opened as it is, rather than called for what it gives."""
    return (
        isinstance(value, Timeline)
        or hasattr(value, "as_graph_def")
        or keras_kind(value) is not None
        or bool(function_kind(value))
    )


def _open_object(source: Any, inputs: Any, name: str, place: str) -> Opened:
    if isinstance(source, Timeline):
        return source
    try:
        opened = _open_live(source, inputs, name)
    except SourceError as error:
        raise SourceError(f"{place}: {error}" if place else str(error)) from error
    if opened is None:
        raise SourceError(
            f"{f'{place}: ' if place else ''}an object of type {type(source).__name__} is no "
            "network; give a Keras model, a tf.function, a tf.Module, a tf.Graph, a GraphDef, or "
            "the path of a .keras, .meta, .pb or .pbtxt file, an event file or a log folder"
        )
    return opened


def _open_live(source: Any, inputs: Any, name: str) -> GraphSource | None:
    keras = keras_kind(source)  # before the modules: the layers of Keras 2 are tf.Modules
    if keras is not None:
        return open_keras(source, keras, inputs, name)
    kind = function_kind(source)
    if kind:
        return open_function(source, kind, inputs, name)
    return open_object(source, name)
