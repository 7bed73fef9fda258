"""A growing event file: each record is whole and on its way to the disk before the next begins.

TensorFlow's own writer keeps records in memory until it is asked to flush, and a full disk shows
only then. What watches training must leave a readable file wherever the program is ended.
"""

from __future__ import annotations

import contextlib
import os
import time
from io import FileIO

from tensorboard.compat.proto import event_pb2, summary_pb2

from tb_rnnview.event_records import framed
from tb_rnnview.writing import new_event_file, newest_event_file


class EventLog:
    """The records of one writer in one run folder. The file is made with the first of them."""

    def __init__(self, folder: str) -> None:
        """A log in ``folder``, which need not exist yet."""
        self.folder = folder
        self._path = ""
        self._file: FileIO | None = None

    def add(self, summary: summary_pb2.Summary, step: int) -> None:
        """Appends one record and hands it to the operating system.

        Raises:
            OSError: it cannot be written. What was written before stays readable: a record that
                was half written is cut off again.
        """
        now = time.time()
        file = self._file or self._opened(now)
        self._append(file, event_pb2.Event(wall_time=now, step=step, summary=summary))

    def close(self) -> None:
        """Closes the file. A record that comes later is appended to it, where it is the newest."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self, now: float) -> FileIO:
        os.makedirs(self.folder, exist_ok=True)
        # TensorBoard reads a run's files one after the other, and never goes back to an earlier.
        if self._path and self._path == newest_event_file(self.folder):
            self._file = FileIO(self._path, "a")
            return self._file
        self._path = new_event_file(self.folder)
        self._file = FileIO(self._path, "x")
        self._append(self._file, event_pb2.Event(wall_time=now, file_version="brain.Event:2"))
        return self._file

    def _append(self, file: FileIO, event: event_pb2.Event) -> None:
        whole = file.seek(0, os.SEEK_END)
        rest = memoryview(framed(event.SerializeToString()))
        try:
            # The operating system takes what still fits, and refuses only the write after that.
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(whole)
            raise
