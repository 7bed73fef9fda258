"""The terminal's pictures in the README are what the terminal shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tb_rnnview
from tests.docs.pages import ROOT, code_blocks

pytestmark = pytest.mark.tensorflow

README = ROOT / "README.md"
TERMINAL = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}

# What the README's first program leaves to its reader: the data.
DATA = (
    "import sys; sys.path.insert(0, sys.argv[1])\n"
    "from keras_words import some_words\n"
    "words, languages = some_words(64)\n"
)


def test_the_first_program_prints_the_first_picture(tmp_path: Path) -> None:
    program, picture = code_blocks(README, "python")[0], code_blocks(README, "text")[0]
    done = subprocess.run(
        [sys.executable, "-c", DATA + program, str(ROOT / "examples")],
        cwd=tmp_path,
        env=TERMINAL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert picture.strip("\n") in done.stdout
    (run,) = tb_rnnview.read(tmp_path / "logs").values()
    assert list(run.timelines) == ["words"]


def test_the_second_picture_is_what_show_prints_of_the_starting_program() -> None:
    (_, picture) = code_blocks(README, "text")
    done = subprocess.run(
        [sys.executable, "-m", "tb_rnnview", "show", "examples/starting_program.py:build"],
        cwd=ROOT,
        env=TERMINAL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert picture.strip("\n") in done.stdout
