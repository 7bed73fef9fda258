"""Keeps TensorFlow's start-up messages off the terminal, and lets everything else through.

TensorFlow's native code writes them straight to the process's error output before any setting of
its own takes effect, so that is where they are caught: programs that are started meanwhile are
covered too.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterator

# Log lines as absl and older versions of TensorFlow write them, and the line that announces them.
# Fatal ones (F) are never held back.
_CHATTER = re.compile(
    rb"([IWE]\d{4} [\d:.]+ +\d+ \S+:\d+\]"
    rb"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] (tensorflow|external)/"
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions: .*rebuild TensorFlow)"
)


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Filters what is written to the process's error output meanwhile, line by line."""
    try:
        kept = os.dup(2)
    except OSError:  # started without an error output
        yield
        return
    source, target = os.pipe()
    filtering = threading.Thread(target=_pass_on, args=(source, kept), daemon=True)
    filtering.start()
    sys.stderr.flush()
    os.dup2(target, 2)
    os.close(target)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        # Ends when the last writer is gone. A process that was left behind must not hold us up.
        filtering.join(timeout=1)


def _pass_on(source: int, target: int) -> None:
    with os.fdopen(source, "rb") as lines, os.fdopen(target, "wb", buffering=0) as output:
        for line in lines:
            if not _CHATTER.match(line):
                with contextlib.suppress(OSError):
                    output.write(line)
