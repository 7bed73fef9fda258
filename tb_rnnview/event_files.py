"""Finding TensorBoard's event files, and reading their records, without TensorFlow.

The files are opened through TensorBoard's own file layer, always in its TensorFlow-free form.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from tensorboard.compat.tensorflow_stub import errors as tf_errors
from tensorboard.compat.tensorflow_stub.io import gfile

from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import DamagedRecordError, records_in

# What the file layer raises: its own errors, the system's, and those of a missing remote driver.
_FAILURES = (tf_errors.OpError, OSError, ValueError, ImportError)


def is_event_file(path: str) -> bool:
    """Whether TensorBoard would take this file, by its name, for an event file."""
    name = os.path.basename(path)
    return "tfevents" in name and not name.endswith(".profile-empty")


def files_by_run(path: str) -> dict[str, tuple[str, ...]]:
    """The event files of each run, oldest first, runs named as TensorBoard names them.

    Args:
        path: a log folder, or one event file (its run is called ".").

    Raises:
        SourceError: there is no such file or folder, or no event file in it.
    """
    try:
        if not gfile.exists(path):
            raise SourceError(f"{path}: no such file or folder")
        if not gfile.isdir(path):
            return {".": (path,)}
        found = {
            os.path.relpath(folder, path): tuple(
                os.path.join(folder, name) for name in sorted(names) if is_event_file(name)
            )
            for folder, _, names in gfile.walk(path)
        }
    except SourceError:
        raise
    except _FAILURES as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error
    runs = {run: files for run, files in sorted(found.items()) if files}
    if not runs:
        raise SourceError(f"{path}: no event files in this folder (nor in the folders below it)")
    return runs


def records(path: str, wanted: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The wanted records of an event file, up to its end or to the first damaged one.

    A file that is still being written ends in half a record, so a damaged tail is no error.
    Checksums of unwanted records are not looked at: most of a log is images and histograms of
    others.

    Raises:
        SourceError: the file cannot be read, or holds no record at all.
    """
    try:
        size = gfile.stat(path).length
        if not size:
            raise SourceError(f"{path}: is empty")
        with gfile.GFile(path, "rb") as file:
            for record in records_in(file, size):
                if wanted(record.data()):
                    if not record.is_sound():
                        return
                    yield record.data()
    except DamagedRecordError as damage:
        if not damage.position and not damage.is_cut:
            raise SourceError(f"{path}: is no event file, or damaged") from None
    except SourceError:
        raise
    except _FAILURES as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error
