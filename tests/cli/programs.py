"""What the tests of the command line point it at: ``programs.py:attribute``."""

from __future__ import annotations

import select
import sys
import warnings

from tb_rnnview.timeline import Timeline
from tests.sources.graphs import dense, graph
from tests.views import samples

starting = samples.starting_program()
hostile = samples.hostile()
plain = dense()
without_variables = graph()
number = 7


def many() -> Timeline:
    """Enough output to fill every pipe's buffer."""
    return samples.starting_program(layers=3000)


def noisy() -> Timeline:
    print("printed by the program")
    print("told by the program", file=sys.stderr)
    sys.stderr.flush()
    print(
        "I0000 00:00:1795416270.813614     704 port.cc:153] oneDNN custom operations are on.",
        file=sys.stderr,
    )
    warnings.warn("deprecated by somebody", DeprecationWarning, stacklevel=1)
    return samples.starting_program()


def hanging() -> Timeline:
    print("waiting", file=sys.stderr, flush=True)
    # In short waits: a signal that arrives just before a system call does not interrupt it.
    while not select.select([sys.stdin], [], [], 0.1)[0]:
        pass
    return samples.starting_program()


def wrong() -> str:
    return "model.pb"


def broken() -> Timeline:
    raise RuntimeError("\x1b[31mno data")
