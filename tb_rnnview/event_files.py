"""Finding TensorBoard's event files, and reading their records."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from tb_rnnview import files
from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import DamagedRecordError, records_in


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
        if not files.is_folder(path):
            if not files.is_file(path):
                raise SourceError(f"{path}: no such file or folder")
            return {".": (path,)}
        found = {
            os.path.relpath(folder, path): tuple(
                files.join(folder, name) for name in sorted(names) if is_event_file(name)
            )
            for folder, names in files.files_below(path).items()
        }
    except SourceError:
        raise
    except (OSError, ValueError) as error:  # a ValueError: a NUL in the path
        raise SourceError(f"{path}: cannot be read ({error})") from error
    runs = {run: paths for run, paths in sorted(found.items()) if paths}
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
        with files.opened(path) as (file, size, _):
            if not size:
                raise SourceError(f"{path}: is empty")
            for record in records_in(file, size):
                if wanted(record.data()):
                    if not record.is_sound():
                        return
                    yield record.data()
    except DamagedRecordError as damage:
        if not damage.position and not damage.is_cut:
            raise SourceError(f"{path}: is no event file, or damaged") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error
