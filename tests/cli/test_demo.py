"""``tb-rnnview demo``, from the programs to the tab, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.cli import main

ROOT = Path(tb_rnnview.__file__).parents[1]
PROGRAMS = ("starting_program", "what_was_meant", "tutorial", "keras_words")


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_demo(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tb_rnnview", "demo"],
        cwd=tmp_path,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: list[str] = []
        while not (lines and lines[-1].startswith("Open ")):
            line = process.stdout.readline()
            assert line, "".join(lines) + process.stderr.read()
            lines.append(line.rstrip("\n"))
        for name in PROGRAMS:
            assert f"--- {name}.py ---" in lines
        assert lines.count("3 layers × 3 timesteps") == 1
        assert lines.count("1 layer × 3 timesteps") == 1
        assert lines.count("2 layers × 12 timesteps") == 1
        url = lines[-1].removeprefix("Open ")
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/#rnnview")
        base = url.removesuffix("#rnnview")
        with urllib.request.urlopen(f"{base}data/plugins_listing") as answer:
            assert "rnnview" in json.load(answer)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert err == "", "TensorFlow's chatter is silenced"
    port = int(base.removeprefix("http://127.0.0.1:").rstrip("/"))
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "nothing listens any more"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not list(temporary.glob("tb_rnnview_demo_*")), "its logs are gone"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["demo", *arguments]) == 2
    out, err = capsys.readouterr()
    assert "Open" not in out
    return err


def test_without_tensorflow_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    message = refused(capsys)
    assert message.endswith("not installed: pip install 'tb-rnnview[tensorflow]'\n")
    assert message.count("\n") == 1


@pytest.mark.tensorflow
def test_a_program_that_fails_ends_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in PROGRAMS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)")
    monkeypatch.setattr("tb_rnnview.demo._programs", lambda: tmp_path)
    assert "the program failed with exit status 3" in refused(capsys)


@pytest.mark.tensorflow
def test_a_port_that_is_taken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tb_rnnview.demo._PROGRAMS", ())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = refused(capsys, "--port", str(port), "--logdir", str(tmp_path))
    assert "TensorBoard does not start: " in message
    assert str(port) in message


@pytest.mark.tensorflow
def test_a_log_folder_that_cannot_be_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in refused(capsys, "--logdir", str(tmp_path / "file" / "logs"))
