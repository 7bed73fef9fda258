"""Wheel, sdist and editable installs in an environment without TensorFlow."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.writing import write_timeline
from tests.packaging.conftest import ROOT, Environment
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

pytestmark = pytest.mark.slow

SERVED = [
    path.relative_to(ROOT / "plugin_static").as_posix()
    for path in (ROOT / "plugin_static").rglob("*")
    if path.suffix in {".js", ".css", ".svg"}
]


def tensorboard(environment: Environment, log: Path, *arguments: str) -> TensorBoardProcess:
    return TensorBoardProcess(
        log,
        *arguments,
        python=environment.python,
        environment={"PYTHONPATH": ""},
        folder=environment.folder,
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    write_timeline(stacked(), folder, tag="net", step=2)
    return folder


def test_wheel_holds_the_page_the_schema_and_the_types(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = set(wheel.namelist())
    page = [p for p in (ROOT / "plugin_static").rglob("*") if p.parent.name == "vendor"]
    for name in (
        *(f"tb_rnnview/plugin_static/{served}" for served in SERVED),
        *(f"tb_rnnview/{p.relative_to(ROOT).as_posix()}" for p in page if p.is_file()),
        *(
            p.relative_to(ROOT).as_posix()
            for kind in ("*.py", "*.pyi", "*.proto", "py.typed", "*.md")
            for p in (ROOT / "tb_rnnview").rglob(kind)
        ),
    ):
        assert name in names
    assert {name.split("/")[0] for name in names} == {
        "tb_rnnview",
        f"tb_rnnview-{tb_rnnview.__version__}.dist-info",
    }


def test_sdist_gives_the_same_wheel(built: dict[str, Path]) -> None:
    contents = []
    for kind in ("wheel", "wheel of the sdist"):
        with zipfile.ZipFile(built[kind]) as wheel:
            contents.append({name: wheel.read(name) for name in wheel.namelist()})
    assert contents[0] == contents[1]
    with tarfile.open(built["sdist"]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"setup.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names


def test_metadata(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        info = f"tb_rnnview-{tb_rnnview.__version__}.dist-info"
        metadata = wheel.read(f"{info}/METADATA").decode()
        entries = wheel.read(f"{info}/entry_points.txt").decode()
    assert "\nName: tb-rnnview\n" in metadata
    assert f"\nVersion: {tb_rnnview.__version__}\n" in metadata
    assert "\nRequires-Python: >=3.10\n" in metadata
    required = [
        re.split(r"[<>=;\[ ]", line.split()[1])[0]
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist") and "extra ==" not in line
    ]
    assert sorted(required) == ["h5py", "numpy", "protobuf", "rich", "tensorboard"]
    assert "tb-rnnview = tb_rnnview.cli:main" in entries
    assert "rnnview = tb_rnnview.plugin.loader:RNNViewLoader" in entries


@pytest.mark.parametrize("kind", ["wheel", "wheel of the sdist", "editable"])
def test_every_kind_of_install_shows_the_tab_without_tensorflow(
    kind: str, environment: Environment, built: dict[str, Path], source: Path, log: Path
) -> None:
    what = ["--editable", str(source)] if kind == "editable" else [str(built[kind])]
    environment.install("--force-reinstall", "--no-deps", *what)
    assert not (environment.packages / "tensorflow").exists()
    place = environment.run("-c", "import tb_rnnview; print(tb_rnnview.__file__)")
    assert Path(place.strip()).is_relative_to(
        source if kind == "editable" else environment.packages
    )
    with tensorboard(environment, log) as board:
        board.wait_for_steps({("rnnview", "net"): [2]})
        assert board.get("/data/plugins_listing").json["rnnview"]["enabled"] is True
        answer = board.plugin("timeline", run="rnnview", tag="net")
        assert answer.json == json.loads(stacked().to_json())
        for name in SERVED:
            served = board.plugin(name)
            assert served.status == 200, name
            assert served.body == (ROOT / "plugin_static" / name).read_bytes()


def test_slow_data_server_without_tensorflow(
    environment: Environment, built: dict[str, Path], log: Path
) -> None:
    environment.install("--force-reinstall", "--no-deps", str(built["wheel"]))
    with tensorboard(environment, log, "--load_fast", "false") as board:
        board.wait_for_steps({("rnnview", "net"): [2]})
        answer = board.plugin("timeline", run="rnnview", tag="net", step=2)
        assert answer.json == json.loads(stacked().to_json())


def test_command_is_installed(environment: Environment, built: dict[str, Path]) -> None:
    environment.install("--force-reinstall", "--no-deps", str(built["wheel"]))
    for command in (
        [str(environment.bin / "tb-rnnview"), "--version"],
        [environment.python, "-m", "tb_rnnview", "--version"],
    ):
        out = subprocess.run(
            command, cwd=environment.folder, check=True, capture_output=True, text=True
        )
        assert tb_rnnview.__version__ in out.stdout


@pytest.mark.parametrize("broken", ["plugin/plugin.py", "plugin/stored.py", "timeline_pb2.py"])
def test_plugin_that_fails_to_import_leaves_tensorboard_alive(
    broken: str, environment: Environment, built: dict[str, Path], log: Path
) -> None:
    environment.install("--force-reinstall", "--no-deps", str(built["wheel"]))
    file = environment.packages / "tb_rnnview" / broken
    file.write_text("raise RuntimeError('broken on purpose')\n")
    with tensorboard(environment, log) as board:
        listing = board.get("/data/plugins_listing").json
        assert "rnnview" not in listing
        assert "scalars" in listing
        assert board.get("/").status == 200
        assert "The RNN VIEW tab is not available" in board.log
        assert "broken on purpose" in board.log


def test_missing_page_leaves_tensorboard_alive(
    environment: Environment, built: dict[str, Path], log: Path
) -> None:
    environment.install("--force-reinstall", "--no-deps", str(built["wheel"]))
    (environment.packages / "tb_rnnview" / "plugin_static" / "index.js").unlink()
    with tensorboard(environment, log) as board:
        assert "rnnview" not in board.get("/data/plugins_listing").json
        assert "reinstall tb-rnnview" in board.log


def test_generated_code_runs_on_the_oldest_protobuf(tmp_path: Path) -> None:
    """The newest is the one that all other tests run on."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--target", str(tmp_path), "protobuf==3.20.3"),
        ],
        check=True,
    )
    (tmp_path / "timeline.json").write_text(stacked().to_json())
    code = (
        "import google.protobuf, pathlib\n"
        "assert google.protobuf.__version__ == '3.20.3'\n"
        "from tb_rnnview.timeline_codec import from_bytes\n"
        "from tb_rnnview.timeline import Timeline\n"
        f"text = pathlib.Path({str(tmp_path / 'timeline.json')!r}).read_text()\n"
        "timeline = Timeline.from_json(text)\n"
        "assert from_bytes(timeline.to_proto().SerializeToString()) == timeline\n"
        "assert timeline.to_json() == text\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        check=True,
    )
