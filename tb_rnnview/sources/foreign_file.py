"""Recognises files that hold no graph this version can read, and says what to give instead."""

from __future__ import annotations

import os
import re

from tb_rnnview.errors import SourceError
from tb_rnnview.files import is_remote

_MAGIC = (
    (b"version https://git-lfs", "is a Git LFS pointer; fetch the real file (git lfs pull)"),
    (b"<!DOCTYPE", "is a web page; download the file itself"),
    (b"<!doctype", "is a web page; download the file itself"),
    (b"<html", "is a web page; download the file itself"),
)

_PART_OF_CHECKPOINT = re.compile(r"\.(index|data-[0-9]+-of-[0-9]+)$")

_BESIDE = "give the saved_model.pb beside it"

# Files that stand beside graphs and hold none, by how their names end.
_NAMES = (
    (
        "keras_metadata.pb",
        f"is the Keras part of a SavedModel and holds no graph; {_BESIDE}",
    ),
    (
        "fingerprint.pb",
        f"is the fingerprint of a SavedModel and holds no graph; {_BESIDE}",
    ),
    (
        "saved_model.cpb",
        "is a SavedModel in chunks, as TensorFlow writes those of more than 2 GiB, which this "
        "version does not read; give a frozen graph or the live model",
    ),
    (".profile-empty", "marks where a profile begins and holds no graph; give the log folder"),
    (".tensorflow_stats.pb", "is a profile and holds no graph; give a .meta or .pb graph"),
)


def refuse_foreign(path: str, data: bytes) -> None:
    """Passes what may hold a graph.

    Raises:
        SourceError: the file is of a known kind that holds none, or that is not supported yet.
    """
    for magic, sentence in _MAGIC:
        if data.startswith(magic):
            raise SourceError(f"{path}: {sentence}")
    if data[257:262] == b"ustar":
        raise SourceError(f"{path}: is a tar archive; unpack it and give the file in it")
    if data[4:8] == b"TFL3":
        raise SourceError(
            f"{path}: is a TensorFlow Lite model, which holds no TensorFlow graph; give the model "
            "that it was converted from"
        )
    name = os.path.basename(path)
    for ending, sentence in _NAMES:
        if name.endswith(ending):
            raise SourceError(f"{path}: {sentence}")
    if name == "checkpoint" or _PART_OF_CHECKPOINT.search(name):
        raise SourceError(
            f"{path}: is a part of a checkpoint and holds no graph; {_graph_of_checkpoint(path)}"
        )


def _graph_of_checkpoint(path: str) -> str:
    """What to give in the place of a file of a checkpoint, or of a folder that holds one."""
    if is_remote(path):
        return "give the .meta file beside it, or the model itself"
    folder = path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path))
    beside = _PART_OF_CHECKPOINT.sub("", os.path.basename(path)) + ".meta"
    graphs = sorted(file for file in os.listdir(folder) if file.endswith(".meta"))
    if beside in graphs or len(graphs) == 1:
        return f"give {os.path.join(folder, beside if beside in graphs else graphs[0])}"
    if graphs:
        return "give one of the .meta files beside it"
    above = os.path.dirname(folder)
    if os.path.isfile(os.path.join(above, "saved_model.pb")):
        return f"give the SavedModel that it belongs to, {above}"
    return (
        "give the model itself: a SavedModel, a .keras file, or the program that builds it "
        "(program.py:model)"
    )


def why_no_graph_beside(folder: str) -> str:
    """What to give in the place of a folder that holds a checkpoint; "" = it holds none."""
    if not any(_PART_OF_CHECKPOINT.search(name) for name in os.listdir(folder)):
        return ""
    return (
        f"the folder holds a checkpoint, which has no graph in it; {_graph_of_checkpoint(folder)}"
    )
