"""Which tests ``--without-tensorflow`` leaves out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.without_tensorflow import OPTION, ROOT, functions_with_tensorflow, needs_tensorflow

TESTS = ROOT / "tests"


@pytest.mark.parametrize(
    ("path", "needs"),
    [
        ("programs/tf1.py", True),  # imports it
        ("analysis/test_truth.py", True),  # imports a module that imports one that does
        ("test_timeline.py", False),
        ("sources/test_live_graphs.py", False),  # only some of its tests do
    ],
)
def test_modules(path: str, needs: bool) -> None:
    assert needs_tensorflow(TESTS / path) is needs


def test_functions(tmp_path: Path) -> None:
    module = tmp_path / "test_module.py"
    module.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import keras\n"
        "def helper():\n    from tests.programs.tf1 import tf\n"
        "def fixture():\n    helper()\n"
        "def test_through_its_fixture(fixture): pass\n"
        "def test_by_itself():\n    import keras.layers\n"
        "def test_of_names():\n    'import tensorflow'\n    import tensorboard\n"
    )
    assert not needs_tensorflow(module)
    assert functions_with_tensorflow(module) == {
        *("helper", "fixture", "test_through_its_fixture", "test_by_itself")
    }


@pytest.mark.tensorflow
def test_it_is_refused_where_tensorflow_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", OPTION, "--collect-only", "-q", "tests/test_timeline.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{OPTION}: keras, tensorflow, tf_keras can be imported here" in done.stderr
