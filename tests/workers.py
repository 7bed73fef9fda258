"""Tests are run by several processes at once: which tests go to the same one, and how many run.

`make test` asks for it with pytest-xdist's ``--numprocesses auto --dist loadgroup``. Without these
options nothing here has an effect.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# A process with TensorFlow and the test programs that it has built stays below this.
BYTES_OF_A_WORKER = 3 << 30


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many as there are processors for, and memory."""
    return max(1, min(_processors(), _memory() // BYTES_OF_A_WORKER))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A program's tests stay together, since it is built once in a process; else those of a file.

    (First, because xdist reads the marks in the same hook.)
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_program_of(item) or item.path.name))


def _program_of(item: pytest.Item) -> str | None:
    """The test program that a test is about: the ``name`` of one, where tests/programs are used."""
    if not hasattr(getattr(item, "module", None), "program"):
        return None
    name = getattr(getattr(item, "callspec", None), "params", {}).get("name")
    return name if isinstance(name, str) else None


def _processors() -> int:
    """How many this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _memory() -> int:
    """Bytes of memory that may be used now; enough, where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return BYTES_OF_A_WORKER * _processors()
    (available,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(available) * 1024
