"""scripts/ensure_program.sh installs where root may, and says exactly what to install elsewhere.

It runs in a world of its own: a PATH with nothing in it but what the test puts there.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "ensure_program.sh"
BASH = shutil.which("bash") or "bash"


@dataclass(frozen=True)
class World:
    """A machine with few programs."""

    programs: Path
    apt_log: Path

    def add(self, name: str, body: str) -> None:
        program = self.programs / name
        program.write_text(f"#!{BASH}\n{body}\n")
        program.chmod(0o755)

    def ensure(self, what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, str(SCRIPT), what],
            env={"PATH": str(self.programs)},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> str:
        return self.apt_log.read_text() if self.apt_log.exists() else ""


@pytest.fixture
def world(tmp_path: Path) -> World:
    programs = tmp_path / "bin"
    programs.mkdir()
    made = World(programs, tmp_path / "apt.log")
    made.add("apt-get", f'echo "$@" >> {made.apt_log}')
    return made


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_what_is_there_is_left_alone(world: World, name: str) -> None:
    world.add("id", "echo 0")
    world.add(name, "")
    assert world.ensure("browser").returncode == 0
    assert world.installed() == ""


def test_root_on_debian_gets_it_installed(world: World) -> None:
    world.add("id", "echo 0")
    chmod = shutil.which("chmod")
    world.add(
        "apt-get",
        f'echo "$@" >> {world.apt_log}\n'
        f'case "$*" in *" chromium"*) : > {world.programs}/chromium; '
        f"{chmod} +x {world.programs}/chromium;; esac",
    )
    done = world.ensure("browser")
    assert done.returncode == 0, done.stderr
    assert "chromium" in world.installed()
    assert "fonts-" in world.installed()  # without a font a page has no text


@pytest.mark.parametrize(
    ("what", "packages"),
    [("browser", {"chromium"}), ("node", {"nodejs", "npm"}), ("venv", {"python3-venv"})],
)
def test_others_are_told_what_to_install(world: World, what: str, packages: set[str]) -> None:
    world.add("id", "echo 1000")
    done = world.ensure(what)
    assert done.returncode == 1
    assert "apt-get install" in done.stderr
    assert packages <= set(done.stderr.split())
    assert world.installed() == ""


def test_an_installation_that_fails_is_not_passed_over(world: World) -> None:
    world.add("id", "echo 0")
    world.add("apt-get", "exit 100")
    done = world.ensure("browser")
    assert done.returncode == 1
    assert "Missing: Chromium" in done.stderr


@pytest.mark.parametrize(("version", "status"), [("18.20.4", 1), ("20.0.0", 0), ("24.1.0", 0)])
def test_node_must_be_new_enough(world: World, version: str, status: int) -> None:
    node = shutil.which("node")
    assert node, "node is missing: scripts/ensure_program.sh node"
    world.add("id", "echo 1000")
    world.add("npm", "")
    # The real node judges, taking the version for its own.
    setting = f'Object.defineProperty(process.versions,"node",{{value:"{version}"}});'
    world.add("node", f"exec {node} -e '{setting}'\"$2\"")
    assert world.ensure("node").returncode == status


def test_unknown_programs_are_refused(world: World) -> None:
    assert world.ensure("compiler").returncode == 2
