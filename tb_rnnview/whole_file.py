"""Writes a file such that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile


def write_whole(path: str, data: bytes) -> None:
    """Writes a file that appears at once and complete, or not at all.

    Raises:
        OSError: it cannot be written. Nothing is left behind then.
    """
    # The temporary name has no "tfevents" in it, so TensorBoard does not look at it.
    handle, temporary = tempfile.mkstemp(prefix=".rnnview-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _open_to_readers(temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _open_to_readers(path: str) -> None:
    """Gives a temporary file, private by default, the permissions of an ordinary new file."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, 0o666 & ~mask)
