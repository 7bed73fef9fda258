"""The example programs that watch training, run as a user runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tb_rnnview

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("program", "kernel"),
    [("custom_loop", "first/lstm/lstm_cell/kernel"), ("module_loop", "kernel")],
)
def test_a_loop_of_ones_own(program: str, kernel: str, tmp_path: Path) -> None:
    logdir = tmp_path / "logs"
    done = subprocess.run(
        [sys.executable, f"examples/{program}.py", "--logdir", str(logdir), "--steps", "101"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Warning" not in done.stderr
    losses = [float(loss) for loss in re.findall(r"loss (\d+\.\d+)", done.stdout)]
    assert len(losses) == 3
    assert losses[-1] < 0.7 * losses[0]
    (table,) = tb_rnnview.read(logdir)["rnnview"].statistics.values()
    assert str(table) in done.stdout
    assert list(table.steps) == [0, 20, 40, 60, 80, 100]
    votes = table.values("vote", kernel)
    assert votes.shape == (6, 20)
    np.testing.assert_allclose(votes.sum(1), 1, atol=1e-5)


def test_a_session_of_tensorflow_1(tmp_path: Path) -> None:
    logdir = tmp_path / "logs"
    done = subprocess.run(
        [sys.executable, "examples/session_hook.py", "--logdir", str(logdir), "--steps", "101"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "tb_rnnview" not in done.stderr  # it has nothing to warn of
    losses = [float(loss) for loss in re.findall(r"loss (\d+\.\d+)", done.stdout)]
    assert len(losses) == 3
    assert losses[-1] < 0.7 * losses[0]
    (table,) = tb_rnnview.read(logdir)["rnnview"].statistics.values()
    assert str(table) in done.stdout
    assert len(table.steps) == 6
    np.testing.assert_allclose(
        table.values("vote", "rnn/lstm_cell/kernel").sum(1), np.ones(6), atol=1e-5
    )
    # Sequences have 10 to 20 timesteps.
    live = table.values("live")
    assert (live[:, :10] == 1).all()
    assert (np.diff(live) <= 0).all()
