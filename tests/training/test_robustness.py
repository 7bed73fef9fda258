"""Whatever happens to the disk or to the program: training ends as without us, the log is read.

A folder that cannot be written is in test_callback.py, single records are in test_event_log.py.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback
from tests.training.test_callback import both, fit, logged, network

pytest.importorskip("resource", reason="the limits of a process are those of Unix")

# For each Keras a disk that is full from the second training step on: no file may grow any more.
# Then a program that is killed in its fifth step.
PROGRAM = """
import os, resource, signal, sys, warnings
from pathlib import Path
from tests.training.test_callback import *

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
free = resource.getrlimit(resource.RLIMIT_FSIZE)

def fill_disk(batch, logs=None):
    (file,) = Path(folder, "rnnview").iterdir()
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 50, free[1]))

class Killer(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 1):
            os.kill(os.getpid(), signal.SIGKILL)

for kind in (keras, tf_keras):
    folder = f"{sys.argv[1]}/{kind.__name__}"
    without = fit(network(kind), [])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        full = kind.callbacks.LambdaCallback(on_train_batch_end=fill_disk)
        with_it = fit(network(kind), [RNNViewCallback(folder, 1), full])
    resource.setrlimit(resource.RLIMIT_FSIZE, free)
    same = all(np.array_equal(a, b) for a, b in zip(without, with_it, strict=True))
    ours = [str(item.message) for item in told if "tb_rnnview" in str(item.message)]
    print(kind.__name__, same, len(ours), ours[0] if ours else "", flush=True)
fit(network(keras), [RNNViewCallback(f"{sys.argv[1]}/killed", 2), Killer()])
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """What the program has left behind, and printed."""
    folder = tmp_path_factory.mktemp("logs")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], check=False, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return folder, done.stdout.splitlines()


@pytest.mark.parametrize(("line", "kind"), [(0, "keras"), (1, "tf_keras")])
def test_a_full_disk_is_said_once(ended: tuple[Path, list[str]], line: int, kind: str) -> None:
    folder, printed = ended
    name, is_same, warned, words = printed[line].split(" ", 3)
    assert (name, is_same, warned) == (kind, "True", "1")
    assert words.startswith("tb_rnnview: nothing more is logged: OSError: ")
    assert "too large" in words
    assert logged(folder / kind) == {"net": [1], "net/first": [1]}


def test_a_killed_program_leaves_all_that_was_logged(ended: tuple[Path, list[str]]) -> None:
    assert logged(ended[0] / "killed") == {"net": [1], "net/first": [1, 2, 4]}


@both
def test_a_loss_that_becomes_nan_changes_nothing(kind: Any, tmp_path: Path) -> None:
    def fitted(*callbacks: Any) -> list[np.ndarray]:
        model = network(kind)
        kernel = model.get_layer("first").cell.kernel

        def poison(batch: int, _: Any = None, **__: Any) -> None:
            if batch == 1:
                kernel.assign(np.full(kernel.shape, np.nan))

        return fit(model, [kind.callbacks.LambdaCallback(on_train_batch_end=poison), *callbacks])

    without = fitted()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with_it = fitted(RNNViewCallback(tmp_path, 1))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(without, with_it, strict=True))
    assert any(np.isnan(variable).any() for variable in with_it)
    table = tb_rnnview.read(tmp_path)["rnnview"].statistics["net/first"]
    broken = table.values("non_finite", "values").sum(axis=1) > 0
    assert broken.tolist() == [False, False, True, True, True, True]
