"""The terminal's picture in the README is what the terminal shows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT, code_blocks


@pytest.mark.tensorflow
def test_the_picture_is_what_show_prints() -> None:
    (picture,) = code_blocks(ROOT / "README.md", "text")
    done = subprocess.run(
        [sys.executable, "-m", "tb_rnnview", "show", "examples/starting_program.py:build"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert picture.strip("\n") in done.stdout
