"""Opens files wherever they lie: here, or at an address such as ``gs://…``; gzip'd or not.

What lies elsewhere is read through TensorBoard's own file layer: its TensorFlow-free form where
that knows the kind of address (``s3://`` with boto3, others with fsspec), else TensorFlow's where
it is installed. Whatever these raise comes out as an ``OSError``.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import posixpath
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_IN_MEMORY = 64 << 20
# No graph is larger: protobuf ends here. What unpacks itself may not fill the disk.
_MOST_UNPACKED = 1 << 31


class OpenFile(NamedTuple):
    """A file at its beginning."""

    file: IO[bytes]
    size: int
    stays: bool
    """What is at a place of it is there in the file of that name, too: it can be read again."""


def is_remote(path: str) -> bool:
    """Whether a path is an address rather than a file of this machine."""
    return "://" in path


def join(folder: str, name: str) -> str:
    """The path of what lies in a folder."""
    return posixpath.join(folder, name) if is_remote(folder) else os.path.join(folder, name)


def is_folder(path: str) -> bool:
    """Whether there is a folder.

    Raises:
        OSError: that cannot be told.
    """
    if not is_remote(path):
        return os.path.isdir(path)
    with _translated():
        return bool(_layer(path).isdir(path))


def is_file(path: str) -> bool:
    """Whether there is a file.

    Raises:
        OSError: that cannot be told.
    """
    if not is_remote(path):
        return os.path.isfile(path)
    with _translated():
        layer = _layer(path)
        return bool(layer.exists(path)) and not layer.isdir(path)


def files_below(folder: str) -> dict[str, list[str]]:
    """The names of the files in a folder and in those below it, by the path of the folder.

    Raises:
        OSError: the folder is not there, or cannot be read.
    """
    with _translated():
        return {place: list(names) for place, _, names in _layer(folder).walk(folder)}


@contextlib.contextmanager
def opened(path: str) -> Iterator[OpenFile]:
    """A file, opened for reading; what is gzip'd is unpacked.

    Raises:
        OSError: it cannot be read, or not be unpacked.
    """
    if is_remote(path):
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            with _translated(), _layer(path).GFile(path, "rb") as file:
                size = _copy(file, copy)
            yield OpenFile(copy, size, stays=False)
        return
    with open(path, "rb") as local:
        is_packed = local.read(len(_GZIP)) == _GZIP
        local.seek(0)
        if not is_packed:
            yield OpenFile(local, os.fstat(local.fileno()).st_size, stays=True)
            return
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            yield OpenFile(copy, _copy(local, copy), stays=False)


def read_all(path: str) -> bytes:
    """The content of a file; what is gzip'd is unpacked.

    Raises:
        OSError: it cannot be read, or not be unpacked.
    """
    with opened(path) as (file, _, _):
        return file.read()


class _Prefixed:
    """A file of which the first bytes have been read already."""

    def __init__(self, head: bytes, file: Any) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return bytes(self._file.read(size))


def _copy(file: Any, copy: Any) -> int:
    """Copies a file, unpacked where it is gzip'd, and goes to the copy's beginning.

    Returns:
        The size of the copy.
    """
    head = file.read(len(_GZIP))
    source: Any = _Prefixed(head, file)
    if head == _GZIP:
        source = gzip.GzipFile(fileobj=source, mode="rb")
    try:
        while chunk := source.read(_CHUNK):
            copy.write(chunk)
            if head == _GZIP and copy.tell() > _MOST_UNPACKED:
                raise OSError("it unpacks to more than 2 GiB: unpack it yourself, with gunzip")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise OSError("it is gzip'd, and damaged or cut off: copy it again") from None
    size = copy.tell()
    copy.seek(0)
    return int(size)


def _layer(path: str) -> Any:
    """What of TensorBoard's file layers knows this kind of path."""
    from tensorboard.compat.tensorflow_stub.io import gfile  # takes long, and files here need none

    try:
        gfile.get_filesystem(path)
    except (ValueError, ImportError) as error:
        if not is_remote(path):
            raise
        return _layer_of_tensorflow(path, error)
    return gfile


def _layer_of_tensorflow(path: str, problem: Exception) -> Any:
    kind = path.partition("://")[0]
    try:
        from tensorflow.io import gfile as of_tensorflow  # only for what nothing else can read
    except ImportError:
        raise OSError(
            f"nothing that is installed reads {kind}:// addresses: install fsspec with its driver "
            "for them (for s3:// boto3), or TensorFlow"
        ) from problem
    return of_tensorflow


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # whatever the drivers of other file systems raise
        kind = FileNotFoundError if type(error).__name__ == "NotFoundError" else OSError
        text = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise kind(text) from error
