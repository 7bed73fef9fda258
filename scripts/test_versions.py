"""Runs the Python tests on several versions of TensorFlow, and without it; prints a table.

    python scripts/test_versions.py                        # all of them
    python scripts/test_versions.py 2.16 none              # some
    python scripts/test_versions.py 2.18 --folder envs     # keeps the environments there

Each version gets a fresh environment, one after the other. Not run in them are the tests in
tests/browser, tests/packaging and tests/make, which look at a browser, at pip and at make, and not
at TensorFlow. Where there is no TensorFlow, the tests that need none are run
(``--without-tensorflow``), and the graph files that the first environment with TensorFlow has
written must read alike (scripts/graph_files.py). Exit status: 1 if anything fails, else 0.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# 2.16 is the first TensorFlow with Keras 3, here with the oldest Keras 3 that there is. The others
# have the Keras of their time. Everything else is what pip takes along with them.
VERSIONS = {
    "2.21": ("tensorflow==2.21.*", "tf-keras==2.21.*"),
    "2.18": ("tensorflow==2.18.*", "tf-keras==2.18.*", "keras==3.6.*"),
    "2.16": ("tensorflow==2.16.*", "tf-keras==2.16.*", "keras==3.0.5"),
    "none": (),
    # The oldest that pyproject.toml allows. (TensorBoard 2.12 imports six and does not require it.)
    "none-oldest": ("tensorboard==2.12.*", "protobuf==3.20.3", "rich==12.*", "numpy<2", "six"),
}
TOOLS = ("pytest", "pytest-xdist", "hypothesis")
NOT_RUN = ("tests/browser", "tests/packaging", "tests/make")
SHOWN = ("tensorflow", "keras", "tf_keras", "protobuf", "numpy", "tensorboard")
COUNTED = ("passed", "failed", "errors", "skipped", "left out", "seconds")


@dataclass(frozen=True)
class Environment:
    """A fresh virtual environment with this checkout and some packages."""

    name: str
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / ("Scripts" if os.name == "nt" else "bin") / "python")

    @property
    def has_tensorflow(self) -> bool:
        return bool(self.installed()["tensorflow"])

    def make(self) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(self.folder)], check=True)
        install = ("-m", "pip", "install", "-qq", "--disable-pip-version-check")
        packages = ("--editable", str(ROOT), *TOOLS, *VERSIONS[self.name])
        subprocess.run([self.python, *install, *packages], check=True, stderr=subprocess.DEVNULL)

    def installed(self) -> dict[str, str]:
        """The versions of the packages that the table shows; "" = not there."""
        code = (
            "import json, platform, sys; from importlib import metadata\n"
            "there = {d.name.lower().replace('-', '_'): d.version for d in "
            "metadata.distributions()}\n"
            "shown = {name: there.get(name, '') for name in sys.argv[1:]}\n"
            "print(json.dumps({**shown, 'python': platform.python_version()}))"
        )
        done = subprocess.run(
            [self.python, "-c", code, *SHOWN], check=True, capture_output=True, text=True
        )
        return dict(json.loads(done.stdout))

    def test(self, more: list[str]) -> dict[str, int]:
        """Runs pytest, and counts how many tests passed, failed and so on."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            options = [f"--ignore={path}" for path in NOT_RUN]
            if self.has_tensorflow:
                options += ["--numprocesses", "auto", "--dist", "loadgroup"]
            else:
                options.append("--without-tensorflow")
            started = time.monotonic()
            done = subprocess.run(
                [
                    *(self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                    *(f"--junitxml={report}", *options, *more),
                ],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            seconds = round(time.monotonic() - started)
            print(done.stdout, flush=True)
            if not report.exists():
                return {"errors": 1, "seconds": seconds}
            (suite,) = ElementTree.parse(report).getroot().iter("testsuite")
        counts = {key: int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")}
        left_out = re.search(r"(\d+) deselected", done.stdout)
        bad = counts["failures"] + counts["errors"]
        return {
            "passed": counts["tests"] - bad - counts["skipped"],
            "failed": counts["failures"],
            "errors": counts["errors"],
            "skipped": counts["skipped"],
            "left out": int(left_out[1]) if left_out else 0,
            "seconds": seconds,
        }

    def graph_files(self, command: str, folder: Path) -> str:
        """What scripts/graph_files.py says."""
        done = subprocess.run(
            [self.python, "scripts/graph_files.py", command, str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        lines = done.stdout.splitlines()
        if done.returncode:
            print(done.stderr, flush=True)
            return f"FAILED: {lines[-1] if lines else 'see above'}"
        return lines[-1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=", ".join(VERSIONS))
    parser.add_argument("--folder", type=Path, help="keep the environments and the files here")
    parser.add_argument("--pytest", default="", help="more arguments for pytest, as one text")
    arguments = parser.parse_args()
    unknown = [v for v in arguments.versions if v not in VERSIONS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: not among {', '.join(VERSIONS)}")
    chosen = [v for v in VERSIONS if v in (arguments.versions or VERSIONS)]
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="tb_rnnview_versions_"))
    shutil.rmtree(folder / "graph_files", ignore_errors=True)  # what an older version has read
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        rows = [run(v, folder.resolve(), arguments.pytest.split()) for v in chosen]
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(rows))
    print(f"\nNot run: {', '.join(NOT_RUN)}.")
    return 1 if any(failed(row) for row in rows) else 0


def run(version: str, folder: Path, more: list[str]) -> dict[str, str]:
    """One row of the table."""
    print(f"--- {version} ---", flush=True)
    environment = Environment(version, folder / f"tensorflow-{version}")
    environment.make()
    row = {"version": version, **environment.installed()}
    row |= {key: str(value) for key, value in environment.test(more).items()}
    files = folder / "graph_files"
    if not files.exists() and environment.has_tensorflow:
        row["graph files"] = environment.graph_files("write", files)
    elif files.exists():
        row["graph files"] = environment.graph_files("compare", files)
    return row


def failed(row: dict[str, str]) -> bool:
    bad = int(row.get("failed", 0)) + int(row.get("errors", 0))
    return bool(bad) or not int(row.get("passed", 0)) or "FAILED" in row.get("graph files", "")


def table(rows: list[dict[str, str]]) -> str:
    """The rows in Markdown."""
    columns = ("version", *SHOWN, "python", *COUNTED, "graph files")
    lines = [columns, ["---"] * len(columns)]
    lines += [[row.get(column) or "–" for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
