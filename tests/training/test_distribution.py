"""Replicas that train one model are measured as one, and notice nothing.

Each test reads what one training printed (`tests.training.replicated`): devices and workers have to
be there before TensorFlow starts.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.training.replicated import L2

PROGRAM = [sys.executable, "-m", "tests.training.replicated"]
LIMIT = 500.0


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the programs print, by the name of the program, or of Keras under ``mirrored``.

    They run side by side. The workers are the chief, and another one.
    """
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in held]
    for server in held:
        server.close()
    shared = tmp_path_factory.mktemp("workers")
    processes = [started(name, tmp_path_factory.mktemp(name)) for name in ("mirrored", "dropped")]
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        processes.append(started("workers", shared, TF_CONFIG=json.dumps(task)))
    try:
        said = [process.communicate(timeout=LIMIT) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (_, errors) in zip(processes, said, strict=True):
        assert process.returncode == 0, errors[-3000:]
    mirrored, dropped, *workers = (json.loads(output.splitlines()[-1]) for output, _ in said)
    return {**mirrored, "dropped": dropped, "workers": workers, "chief": workers[0]}


def started(program: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, program, str(folder)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


mirrored = pytest.mark.parametrize("kind", ["keras", "tf_keras"])


def summed(kind: str) -> float:
    """What the replicas' losses are summed with: older releases of Keras 3 do not average them."""
    scales = hasattr(keras.src.losses.loss, "scale_loss_for_distribution")
    return 2.0 if kind in ("keras", "dropped") and not scales else 1.0


def is_as_expected(values: Any, expected: Any, rows: list[str], kind: str) -> None:
    for name, row, like in zip(rows, values, expected, strict=True):
        factor = summed(kind) if name.startswith("state_gradient") else 1.0
        np.testing.assert_allclose(row, np.array(like) * factor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["keras", "tf_keras", "dropped", "chief"])
def test_training_is_the_same_bit_for_bit(found: dict[str, Any], kind: str) -> None:
    assert found[kind]["repeats"]
    assert found[kind]["unchanged"]
    assert found[kind]["said"] == []
    log = found[kind]["logged"]
    assert (log["files"], log["timelines"], log["lengths"]) == (1, [1], [6])


@pytest.mark.parametrize("kind", ["keras", "tf_keras", "dropped", "chief"])
def test_gradients_are_those_that_move_the_weights(found: dict[str, Any], kind: str) -> None:
    if kind in ("keras", "dropped") and keras.__version__.startswith("3.0."):
        pytest.skip("each replica of Keras 3.0 moves weights of its own by its own gradients")
    log = found[kind]["logged"]
    assert log["steps"] == [1, 2, 3]
    np.testing.assert_allclose(log["shares"], 1, atol=1e-5)
    kernels, others = np.split(np.array(log["norms"]), [1], axis=1)
    np.testing.assert_allclose(others, np.array(found[kind]["moves"])[:, 1:], rtol=1e-4)
    # The kernel is moved by its regulariser, too, whose gradient is 2 L2 W.
    assert (kernels > 0).all()
    pulls = 2 * L2 * np.array(found[kind]["kernels"]) * summed(kind)
    np.testing.assert_allclose(log["elsewhere"], pulls, rtol=1e-4)


@pytest.mark.parametrize("kind", ["keras", "tf_keras", "chief"])
def test_uneven_parts_are_one_batch(found: dict[str, Any], kind: str) -> None:
    log, expected = found[kind]["logged"], found[kind]["expected"]["second"]
    is_as_expected(log["values"][1], expected, log["rows"], kind)


@mirrored
def test_a_second_training_goes_on_and_traces_nothing(found: dict[str, Any], kind: str) -> None:
    assert found[kind]["again"]["steps"] == [1, 2, 3, 4, 5, 6]
    assert found[kind]["traced again"] == 0


@pytest.mark.parametrize("kind", ["tf_keras", "chief"])
def test_a_fixed_batch_is_no_replicas_own(found: dict[str, Any], kind: str) -> None:
    log = found["fixed"] if kind == "tf_keras" else found["chief"]["fixed"]["logged"]
    expected = found[kind]["expected"]["fixed"]
    is_as_expected(log["values"][0], expected, log["rows"], "tf_keras")


def test_other_workers_train_the_same_and_say_nothing(found: dict[str, Any]) -> None:
    _, other = found["workers"]
    assert other["repeats"]
    assert other["unchanged"]
    assert other["said"] == []
    assert other["fixed"] == {"said": [], "unchanged": True}


@pytest.mark.parametrize(
    ("name", "by_chief", "by_other", "steps"),
    [
        ("fails", "another worker of this training cannot measure", "nothing more is logged", [1]),
        ("full", "No space left on device", None, None),
        ("plans", "do not all log the same steps", None, None),
        ("alone", "every worker needs the callback", None, None),
    ],
)
def test_what_keeps_workers_from_it_is_said_once(
    found: dict[str, Any], name: str, by_chief: str, by_other: str | None, steps: Any
) -> None:
    chief, other = (worker[name] for worker in found["workers"])
    (said,) = chief["said"]
    assert by_chief in said
    assert [by_other in text for text in other["said"]] == [True] * bool(by_other)
    assert chief["unchanged"]
    assert other["unchanged"]
    assert chief["logged"]["timelines"] == [1]
    assert chief["logged"].get("steps") == steps
