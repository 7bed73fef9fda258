"""docs/differences.md names every code, and shows what the command prints."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from tb_rnnview.comparing.codes import CODES
from tests.docs.pages import ROOT, code_blocks

PAGE = ROOT / "docs" / "differences.md"


def test_it_lists_every_code_as_the_program_does() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines()]
    assert {r[0].strip("`"): r[1] for r in rows if len(r) == 2 and r[0].startswith("`")} == CODES


@pytest.mark.tensorflow
def test_it_shows_what_is_printed() -> None:
    (command,) = [b for b in code_blocks(PAGE, "bash") if "examples/" in b]
    (shown,) = code_blocks(PAGE, "text")
    # In a program of its own: the examples put TensorFlow into the ways of its first version.
    ran = subprocess.run(
        [sys.executable, "-m", "tb_rnnview", *shlex.split(command)[1:]],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith(shown.removesuffix("…\n"))
