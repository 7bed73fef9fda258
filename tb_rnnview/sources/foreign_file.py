"""Recognises files that hold no graph this version can read, and says what to give instead."""

from __future__ import annotations

import os

from tb_rnnview.errors import SourceError

_MAGIC = (
    (b"version https://git-lfs", "is a Git LFS pointer; fetch the real file (git lfs pull)"),
    (b"<!DOCTYPE", "is a web page; download the file itself"),
    (b"<!doctype", "is a web page; download the file itself"),
    (b"<html", "is a web page; download the file itself"),
)

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
    (".index", "is a part of a checkpoint and holds no graph; give the .meta file beside it"),
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
    if name == "checkpoint" or ".data-" in name:
        raise SourceError(
            f"{path}: is a part of a checkpoint and holds no graph; give the .meta file beside it"
        )
