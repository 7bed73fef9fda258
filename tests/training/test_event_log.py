"""A growing event file stays readable whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tb_rnnview
from tb_rnnview import summary
from tb_rnnview.training.event_log import EventLog

ROWS = [tb_rnnview.StatisticsRow("activation", of="h", unit="RMS")]


def table() -> tb_rnnview.LayerStatistics:
    return tb_rnnview.LayerStatistics.from_timesteps("lstm", ROWS, [np.ones(9)], whole=[1.0])


def steps(folder: Path) -> list[int]:
    return [int(step) for step in tb_rnnview.read(folder)["."].statistics["net/lstm"].steps]


def test_each_record_can_be_read_at_once(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path / "new"))
    for step in range(3):
        log.add(summary.statistics_pb("net/lstm", table()), step)
        assert steps(tmp_path / "new") == list(range(step + 1))
    log.close()


def test_it_goes_on_in_its_file_and_not_before_a_newer_one(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    log.add(summary.statistics_pb("net/lstm", table()), 0)
    log.close()
    log.add(summary.statistics_pb("net/lstm", table()), 1)
    log.close()
    assert len(os.listdir(tmp_path)) == 1
    other = EventLog(str(tmp_path))
    other.add(summary.statistics_pb("net/lstm", table()), 2)
    other.close()
    log.add(summary.statistics_pb("net/lstm", table()), 3)
    log.close()
    assert len(os.listdir(tmp_path)) == 3
    assert steps(tmp_path) == [0, 1, 2, 3]


def test_a_record_that_does_not_fit_is_cut_off(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    log = EventLog(str(tmp_path))
    log.add(summary.statistics_pb("net/lstm", table()), 0)
    size = os.path.getsize(tmp_path / os.listdir(tmp_path)[0])
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, kept[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            log.add(summary.statistics_pb("net/lstm", table()), 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
        signal.signal(signal.SIGXFSZ, ignored)
    assert os.path.getsize(tmp_path / os.listdir(tmp_path)[0]) == size
    log.add(summary.statistics_pb("net/lstm", table()), 2)
    log.close()
    assert steps(tmp_path) == [0, 2]


def test_a_killed_program_leaves_every_record(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from tests.training.test_event_log import *\n"
        "log = EventLog(sys.argv[1])\n"
        "for step in range(4):\n"
        "    log.add(summary.statistics_pb('net/lstm', table()), step)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert steps(tmp_path) == [0, 1, 2, 3]
