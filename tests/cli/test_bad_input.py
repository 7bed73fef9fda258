"""Bad input: one clear line that names it, exit status 2, nothing written."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_rnnview.timeline import Timeline
from tests.cli.refused import refused
from tests.server.logs import LiveWriter, newer_schema
from tests.sources.graphs import dense, graph, meta_graph, saved

PROGRAMS = str(Path(__file__).with_name("programs.py"))
HDF5 = b"\x89HDF\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _somewhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def refused_by_both(capsys: pytest.CaptureFixture[str], source: str) -> str:
    """What `show` and `export` say alike."""
    before = sorted(Path.cwd().rglob("*"))
    said = refused(capsys, "show", source)
    assert refused(capsys, "export", source, "--logdir", "logs") == said
    assert sorted(Path.cwd().rglob("*")) == before, "nothing is written"
    return said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.pb", dense().SerializeToString()[:-5], "is damaged, cut off or no graph"),
        ("empty.pb", b"", "the file is empty"),
        ("empty.meta", b"", "the file is empty"),
        ("events.out.tfevents.1.host", b"", "the file is empty"),
        ("text.pb", b"hello\n", "is a text file"),
        ("random.pb", random.Random(1).randbytes(3000), "no graph"),
        ("random.meta", random.Random(2).randbytes(3000), "no graph"),
        ("zeros.pb", bytes(3000), "is no graph"),
        ("model.json", b'{"class_name": "Sequential"}', "is no configuration of a Keras model"),
        ("other.json", b"[1, 2]", "is a text file"),
        ("model.h5", HDF5 + bytes(100), "is an HDF5 file that is cut off or damaged"),
        ("program.py", b"x = 1", "is a program; say which object"),
        ("few.pb", graph().SerializeToString(), "no variables (weights) were found in the graph"),
    ],
)
def test_files(capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str) -> None:
    Path(name).write_bytes(content)
    message = refused_by_both(capsys, name)
    assert message.startswith(f"tb-rnnview: {name}: ")
    assert said in message


@pytest.mark.parametrize("tenth", range(10))
def test_a_metagraph_cut_anywhere(capsys: pytest.CaptureFixture[str], tenth: int) -> None:
    whole = meta_graph(dense(30), variables=("w",), trainable=("w",)).SerializeToString()
    cut = whole[: len(whole) * tenth // 10]
    Path("cut.meta").write_bytes(cut)
    message = refused_by_both(capsys, "cut.meta")
    assert message.startswith("tb-rnnview: cut.meta: ")
    assert ("is empty" if not cut else "cut off") in message


def test_a_keras_archive(capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile("model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    assert "is no .keras file of a model" in refused_by_both(capsys, "model.keras")
    Path("cut.keras").write_bytes(Path("model.keras").read_bytes()[:-9])
    assert "is cut off or damaged" in refused_by_both(capsys, "cut.keras")


def test_folders_and_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("empty", "model.pb", "other"):
        Path(folder).mkdir()
    Path("other", "notes.txt").write_text("nothing")
    assert "empty: the folder is empty" in refused_by_both(capsys, "empty")
    assert "model.pb: the folder is empty" in refused_by_both(capsys, "model.pb")
    assert "other: no event file and no graph" in refused_by_both(capsys, "other")
    for missing in ("nowhere.pb", "nowhere/at/all", "nowhere.py:build"):
        assert "there is no such file" in refused_by_both(capsys, missing)


def test_what_can_be_read_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.pb")
    assert "pipe.pb: is a pipe or a device" in refused_by_both(capsys, "pipe.pb")
    assert "is a pipe or a device" in refused_by_both(capsys, os.devnull)


def test_a_newer_schema(capsys: pytest.CaptureFixture[str]) -> None:
    writer = LiveWriter(Path("newer"))
    writer.blob("net", 0, newer_schema(Timeline()))
    writer.close()
    for source in ("newer", str(writer.path)):
        message = refused_by_both(capsys, source)
        assert message.startswith(f"tb-rnnview: {source}: ")
        assert "tag 'net' is skipped: this timeline follows schema 2" in message
        assert "pip install -U tb-rnnview" in message


def test_a_newer_schema_beside_a_readable_one_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tb_rnnview.cli import main

    writer = LiveWriter(Path("newer"))
    writer.blob("net", 0, newer_schema(Timeline()))
    writer.timeline("old", 0, Timeline("old"))
    writer.close()
    assert main(["show", "newer"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("old\n")
    (line,) = err.splitlines()
    assert "tag 'net' is skipped" in line


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ("broken", "calling broken without arguments failed in line"),
        ("nothing", "there is no 'nothing' in it; its names are: "),
        ("number", "an object of type int is no network"),
        ("wrong", "an object of type str is no network"),
        ("without_variables", "no variables (weights) were found in the graph"),
    ],
)
def test_programs(capsys: pytest.CaptureFixture[str], attribute: str, said: str) -> None:
    message = refused_by_both(capsys, f"{PROGRAMS}:{attribute}")
    assert message.startswith(f"tb-rnnview: {PROGRAMS}:")
    assert said in message


def test_programs_that_do_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("raises.py").write_text("raise ValueError('oh\\nno')")
    Path("syntax.py").write_text("def (")
    assert "running it failed in line 1 (ValueError: oh)" in refused_by_both(capsys, "raises.py:x")
    assert "running it failed (SyntaxError" in refused_by_both(capsys, "syntax.py:x")
    assert "there is no such module" in refused_by_both(capsys, "no_such_module_at_all:x")


def test_a_log_folder_that_cannot_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(Path("net.pb"), dense())
    Path("file").touch()
    for logdir, folder in (("file", "file/rnnview"), ("file/logs", "file/logs/rnnview")):
        message = refused(capsys, "export", path, "--logdir", logdir)
        assert message == (
            f"tb-rnnview: {folder}: cannot be written (Not a directory); "
            "give a folder that you may write to\n"
        )
    remote = refused(capsys, "export", path, "--logdir", "s3://bucket/logs")
    assert "only local folders can be written to" in remote
    assert sorted(p.name for p in Path.cwd().iterdir()) == ["file", "net.pb"]


@pytest.fixture(name="_open_to_all")
def _folder_open_to_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A current folder that not only its owner may enter, as pytest's are."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.chdir(folder)
        yield
        monkeypatch.undo()


@pytest.mark.usefixtures("_open_to_all")
def test_what_one_may_not_read_or_write() -> None:
    saved(Path("net.pb"), dense())
    saved(Path("secret.pb"), dense())
    Path("secret.pb").chmod(0)
    for folder, mode in (("closed", 0), ("fixed", 0o555)):
        Path(folder).mkdir()
        Path(folder).chmod(mode)
    try:
        for command, said in (
            (("show", "secret.pb"), "secret.pb: you may not read it"),
            (("export", "secret.pb", "--logdir", "logs"), "secret.pb: you may not read it"),
            (("show", "closed"), "closed: the folder cannot be read (Permission denied)"),
            (
                ("export", "net.pb", "--logdir", "fixed/logs"),
                "cannot be written (Permission denied)",
            ),
        ):
            done = _as_anybody(*command)
            assert (done.returncode, done.stdout) == (2, "")
            (line,) = done.stderr.splitlines()
            assert said in line
        assert not Path("logs").exists()
    finally:
        Path("closed").chmod(0o755)
        Path("fixed").chmod(0o755)
    assert list(Path("fixed").iterdir()) == []


def _as_anybody(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command without the superuser's right to pass over permissions."""
    root = str(Path(PROGRAMS).parents[2])
    code = (
        "import os, sys\n"
        "from tb_rnnview import cli\n"
        "import tb_rnnview.analysis.analyze, tb_rnnview.facade, tb_rnnview.writing\n"
        "import tb_rnnview.sources.open_source, tb_rnnview.views.text\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
