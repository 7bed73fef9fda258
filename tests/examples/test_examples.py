"""The example programs, run as a user runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import tb_rnnview

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).resolve().parents[2]

H, X = 100, 26  # units, letters
G = 64  # units of the tutorial's layers

# What TensorFlow prints of each program's variables. An RNN's kernel has a row for every input
# and one for every unit; a GRU's gates are two such kernels side by side.
PRINTED = {
    "starting_program": [(X + H, H), (H,), (H + H, H), (H,), (H + H, H), (H,)],
    "what_was_meant": [(X + H, H), (H,)],
    "tutorial": [
        *((X + G, 2 * G), (2 * G,), (X + G, G), (G,)),
        *((G + G, 2 * G), (2 * G,), (G + G, G), (G,)),
        *((G, 3), (3,)),
    ],
}
RECURRENT_LAYERS = {"starting_program": 3, "what_was_meant": 1, "tutorial": 2}


@dataclass(frozen=True)
class Ran:
    """A program that has run."""

    name: str
    logdir: Path
    stdout: str
    stderr: str


@pytest.fixture(scope="module", params=PRINTED)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    name = request.param
    logdir = tmp_path_factory.mktemp(name) / "logs"  # the program makes it
    done = subprocess.run(
        [sys.executable, f"examples/{name}.py", "--logdir", str(logdir), "--steps", "201"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Ran(name, logdir, done.stdout, done.stderr)


def exported(ran: Ran) -> tb_rnnview.Timeline:
    (timeline,) = [
        timeline
        for run in tb_rnnview.read(ran.logdir).values()
        for steps in run.timelines.values()
        for _, timeline in steps
    ]
    return timeline


def test_it_prints_its_variables_as_tensorflow_does(ran: Ran) -> None:
    shapes = re.findall(r"^<tf\.Variable '\S+:0' shape=(\(.*?\)) ", ran.stdout, re.M)
    assert shapes == [str(shape) for shape in PRINTED[ran.name]]


def test_it_really_trains(ran: Ran) -> None:
    steps = re.findall(r"^step (\d+): loss (\d+\.\d+)", ran.stdout, re.M)
    assert [step for step, _ in steps] == ["0", "50", "100", "150", "200"]
    losses = [float(loss) for _, loss in steps]
    assert losses[-1] < 0.7 * losses[0]


def test_no_deprecation_drowns_its_output(ran: Ran) -> None:
    assert "deprecated" not in ran.stderr
    assert "Warning" not in ran.stderr


def test_it_exports_its_timeline_and_prints_it(ran: Ran) -> None:
    timeline = exported(ran)
    assert timeline.name == ran.name
    assert len(timeline.recurrent_layers) == RECURRENT_LAYERS[ran.name]
    assert str(timeline).strip() in ran.stdout


def test_what_it_saves_is_the_same_network(ran: Ran) -> None:
    saved = tb_rnnview.analyze(ran.logdir / f"{ran.name}.meta")
    timeline = exported(ran)
    assert saved.layers == timeline.layers
    assert saved.variables == timeline.variables


def test_its_help_names_its_options(ran: Ran) -> None:
    done = subprocess.run(
        [sys.executable, f"examples/{ran.name}.py", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"--logdir", "--steps"} <= set(re.findall(r"--[a-z]+", done.stdout))
