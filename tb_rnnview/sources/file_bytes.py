"""Reads a file whole, or says in one line why it cannot be read."""

from __future__ import annotations

import os

from tb_rnnview import files
from tb_rnnview.errors import SourceError


def read_bytes(path: str) -> bytes:
    """The content of a file that is not empty, unpacked where it is gzip'd.

    Raises:
        SourceError: it is missing, a folder, empty, or may not be read.
    """
    try:
        data = files.read_all(path)
    except OSError as error:
        raise cannot_read(path, error) from None
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{path!r} is no file name: {error}") from None
    if not data:
        raise SourceError(f"{path}: the file is empty; write it again or give another one")
    return data


def cannot_read(path: str, error: OSError) -> SourceError:
    """The one line for an operating system error."""
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path}: there is no such file or folder{_near_miss(path)}")
    if isinstance(error, PermissionError):
        return SourceError(f"{path}: you may not read it; change its permissions or copy it")
    if isinstance(error, IsADirectoryError):
        return SourceError(f"{path}: is a folder, not a file; give a file inside it")
    return SourceError(f"{path}: cannot be read ({error.strerror or error}); check the path")


def _near_miss(path: str) -> str:
    """TensorFlow names checkpoints by a prefix, which is no file itself."""
    if files.is_remote(path):
        return "; check the address"
    if os.path.exists(path + ".meta"):
        return f"; {path}.meta holds its graph: give that"
    if os.path.exists(path + ".index"):
        return "; a checkpoint of that name holds only weights: give the graph, a .meta or .pb file"
    return "; check the path"
