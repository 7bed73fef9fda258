"""TensorFlow 1 and 2 writers: what they write is read back equal, and they behave as usual."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

import tb_rnnview
from tb_rnnview import summary
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("tensorflow")
    timeline = folder / "timeline.json"
    timeline.write_text(stacked().to_json())
    log = folder / "log"
    done = subprocess.run(
        [sys.executable, "-m", "tests.summary.write_with_tensorflow", str(log), str(timeline)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return log, json.loads(done.stdout)


@pytest.mark.tensorflow
def test_returns_what_tf_summary_returns(written: tuple[Path, dict[str, Any]]) -> None:
    said = written[1]
    assert said["with a writer"] is True
    assert said["default step"] is True
    assert said["without a writer"] is False
    assert said["without a writer or a step"] is False
    assert said["not recording"] is False


@pytest.mark.tensorflow
def test_missing_step_is_the_error_that_tf_summary_raises(
    written: tuple[Path, dict[str, Any]],
) -> None:
    said = written[1]
    assert said["no step"] == said["no step, a scalar"]
    assert said["no step"].startswith("ValueError: No step set")


@pytest.mark.tensorflow
def test_anything_but_a_timeline_is_refused(written: tuple[Path, dict[str, Any]]) -> None:
    assert written[1]["no timeline"].startswith("TypeError: data must be a tb_rnnview.Timeline")


@pytest.mark.tensorflow
def test_tf2_writer(written: tuple[Path, dict[str, Any]]) -> None:
    assert tb_rnnview.read(written[0])["tf2"].timelines == {
        "net": [(3, stacked()), (5, stacked())],
        "outer/inner/net": [(5, stacked())],
        "spaces & Ünïcode": [(5, stacked())],
        "in a function": [(1, stacked()), (2, stacked())],
    }


@pytest.mark.tensorflow
def test_name_scopes_become_tags_as_they_do_for_scalars(
    written: tuple[Path, dict[str, Any]],
) -> None:
    (file,) = (written[0] / "tf2").iterdir()
    tags = {v.tag for e in EventFileLoader(str(file)).Load() for v in e.summary.value}
    assert {"outer/inner/net", "outer/inner/scalar"} <= tags


@pytest.mark.tensorflow
def test_tf1_file_writer(written: tuple[Path, dict[str, Any]]) -> None:
    assert tb_rnnview.read(written[0])["tf1"].timelines == {
        "net": [(0, stacked()), (1, stacked())],
        "other": [(0, stacked())],
    }


@pytest.mark.parametrize("load_fast", ["true", "false"])
@pytest.mark.tensorflow
def test_tensorboard_shows_both(written: tuple[Path, dict[str, Any]], load_fast: str) -> None:
    with TensorBoardProcess(written[0], "--load_fast", load_fast) as board:
        board.wait_for_steps(
            {
                ("tf1", "net"): [0, 1],
                ("tf1", "other"): [0],
                ("tf2", "in a function"): [1, 2],
                ("tf2", "net"): [3, 5],
                ("tf2", "outer/inner/net"): [5],
                ("tf2", "spaces & Ünïcode"): [5],
            }
        )
        runs = board.plugin("runs").json["runs"]
        assert runs["tf1"]["other"]["description"] == "text"
        assert runs["tf2"]["net"]["description"] == "words"
        for run, tags in runs.items():
            for tag in tags:
                answer = board.plugin("timeline", run=run, tag=tag)
                assert answer.json == json.loads(stacked().to_json())


def test_without_tensorflow_it_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(
        ImportError, match=r"use tb_rnnview\.export or tb_rnnview\.summary\.timeline_pb"
    ):
        summary.timeline("net", stacked(), step=0)


def test_timeline_pb_refuses_anything_but_a_timeline() -> None:
    with pytest.raises(TypeError, match=r"not str: tb_rnnview\.analyze makes one"):
        summary.timeline_pb("net", "text")  # type: ignore[arg-type]


@pytest.mark.tensorflow
@pytest.mark.parametrize("run", ["tf1", "tf2"])
def test_statistics_are_read_back(written: tuple[Path, dict[str, Any]], run: str) -> None:
    table = tb_rnnview.read(written[0])[run].statistics["net/lstm"]
    assert table.steps.tolist() == [7]
    assert str(table.values("activation", "h").tolist()) == "[[3.0, 2.0, nan]]"
