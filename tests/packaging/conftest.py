"""One build of each kind, and one fresh environment without TensorFlow, for all packaging tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Environment:
    """A virtual environment of its own; nothing of the checkout is importable in it.

    Args:
        folder: where it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = str(self.bin / "python")

    @property
    def packages(self) -> Path:
        """Where packages are installed."""
        return Path(
            self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        )

    def run(self, *arguments: str) -> str:
        """What the interpreter prints."""
        return run(self.python, *arguments, folder=self.folder)

    def install(self, *arguments: str) -> None:
        self.run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as a fresh clone would be: no leftovers of earlier builds."""
    target = tmp_path_factory.mktemp("source") / "tb_rnnview"
    leftovers = shutil.ignore_patterns(
        ".git",
        ".venv*",
        ".*_cache",
        ".hypothesis",
        "node_modules",
        "build",
        "dist",
        "__pycache__",
        "*.egg-info",
        "*.pyc",
    )
    shutil.copytree(ROOT, target, ignore=leftovers)
    return target


@pytest.fixture(scope="session")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of the checkout, the sdist, and the wheel that the sdist gives."""
    straight = tmp_path_factory.mktemp("straight")
    through = tmp_path_factory.mktemp("through")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(straight), ".", folder=source)
    shutil.rmtree(source / "build")
    run(sys.executable, "-m", "build", "--outdir", str(through), ".", folder=source)
    return {
        "wheel": next(straight.glob("*.whl")),
        "sdist": next(through.glob("*.tar.gz")),
        "wheel of the sdist": next(through.glob("*.whl")),
    }


@pytest.fixture(scope="session")
def environment(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel with all that it requires, and nothing else."""
    made = Environment(tmp_path_factory.mktemp("environment") / "venv")
    made.install(str(built["wheel"]))
    return made
