"""The example programs, run as a user runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import tb_rnnview

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).resolve().parents[2]

WIDTH = "100"  # characters of the terminal

H, X = 100, 26  # units, letters
G = 64  # units of the tutorial's layers and of Keras' LSTMs
E = 16  # numbers that stand for a letter in Keras' embedding


@dataclass(frozen=True)
class Example:
    """What is known of a program before it runs."""

    printed: tuple[object, ...]
    """What the framework prints of its variables: shapes, or Keras' numbers of parameters."""
    recurrent_layers: int
    saves: str
    """The ending of the file that it leaves; "" = none."""
    length: tuple[str, str] = ("--steps", "201")
    """The option that says how long it trains."""
    losses: int = 5
    """How many it prints then."""


# An RNN's kernel has a row for every input and one for every unit; a GRU's gates are two such
# kernels side by side, an LSTM's are four.
EXAMPLES = {
    "starting_program": Example(((X + H, H), (H,), (H + H, H), (H,), (H + H, H), (H,)), 3, ".meta"),
    "what_was_meant": Example(((X + H, H), (H,)), 1, ".meta"),
    "tutorial": Example(
        (
            *((X + G, 2 * G), (2 * G,), (X + G, G), (G,)),
            *((G + G, 2 * G), (2 * G,), (G + G, G), (G,)),
            *((G, 3), (3,)),
        ),
        2,
        ".meta",
    ),
    "keras_words": Example(
        ((X + 1) * E, (E + G + 1) * 4 * G, (G + G + 1) * 4 * G, (G + 1) * 3),
        2,
        ".keras",
        ("--epochs", "3"),
        3,
    ),
    "tf_function": Example(((H,), (X + H, H)), 1, ""),
}

# All warnings, but for one that Keras 3.15 gets from numpy 2 when it saves a model.
WARNINGS = "default,ignore:__array__ implementation:DeprecationWarning"


@dataclass(frozen=True)
class Ran:
    """A program that has run."""

    name: str
    logdir: Path
    stdout: str
    stderr: str

    @property
    def example(self) -> Example:
        return EXAMPLES[self.name]


@pytest.fixture(scope="module", params=EXAMPLES)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    name = request.param
    logdir = tmp_path_factory.mktemp(name) / "logs"  # the program makes it
    options = ["--logdir", str(logdir), *EXAMPLES[name].length]
    done = subprocess.run(
        [sys.executable, f"examples/{name}.py", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": WARNINGS, "COLUMNS": WIDTH},
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


def test_it_prints_its_variables_as_the_framework_does(ran: Ran) -> None:
    printed = {
        ".meta": r"^<tf\.Variable '\S+:0' shape=(\(.*?\)) ",
        ".keras": r"^│.*│ +([\d,]+) │$",
        "": r"^\w+:0 (\(.*\))$",
    }
    found = re.findall(printed[ran.example.saves], ran.stdout, re.M)
    expected = [f"{x:,}" if isinstance(x, int) else str(x) for x in ran.example.printed]
    assert found == expected


def test_it_really_trains(ran: Ran) -> None:
    losses = [float(loss) for loss in re.findall(r"\bloss:? (\d+\.\d+)", ran.stdout)]
    assert len(losses) == ran.example.losses
    assert losses[-1] < 0.7 * losses[0]


def test_no_deprecation_drowns_its_output(ran: Ran) -> None:
    assert "deprecated" not in ran.stderr
    assert "Warning" not in ran.stderr


def test_it_exports_its_timeline_and_prints_it(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    timeline = exported(ran)
    assert timeline.name == ran.name
    assert len(timeline.recurrent_layers) == ran.example.recurrent_layers
    assert str(timeline).strip() in ran.stdout


def test_what_it_saves_is_the_same_network(ran: Ran) -> None:
    files = [path.name for path in ran.logdir.iterdir() if path.name.startswith(ran.name)]
    if not ran.example.saves:
        assert files == []
        return
    saved = tb_rnnview.analyze(ran.logdir / f"{ran.name}{ran.example.saves}")
    timeline = exported(ran)
    assert saved.layers == timeline.layers
    # A model that Keras loads makes its variables outside of the model's own scope.
    assert [replace(v, name=v.name.removeprefix("words/")) for v in timeline.variables] == [
        *saved.variables
    ]


def test_its_help_names_its_options(ran: Ran) -> None:
    done = subprocess.run(
        [sys.executable, f"examples/{ran.name}.py", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"--logdir", ran.example.length[0]} <= set(re.findall(r"--[a-z]+", done.stdout))
