"""``tb-rnnview check``: what it prints, and with which exit status."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.cli import main
from tb_rnnview.timeline import Finding, Severity, Timeline
from tests.browser.trained import write_trained
from tests.cli.refused import refused
from tests.timelines import stacked

NOTE = Finding("INPUT_NOT_CONNECTED", Severity.INFO, "x is unread.", "Read it.", ("layer0",))
WARNING = Finding("LAYERS_EQUAL_TIMESTEPS", Severity.WARNING, "As\x1b many.", "Fewer.")
ERROR = Finding("NOT_RECOGNISED", Severity.ERROR, "Lost.")


def logged(folder: Path, *findings: Finding) -> str:
    """A log folder with a timeline that has these findings."""
    timeline: Timeline = dataclasses.replace(stacked(2, 5), findings=findings)
    tb_rnnview.export(timeline, folder)
    return str(folder)


@pytest.mark.parametrize(
    ("findings", "fail_on", "status"),
    [
        ((), "info", 0),
        ((NOTE,), "info", 1),
        ((NOTE,), "warning", 0),
        ((WARNING,), "warning", 1),
        ((NOTE, WARNING), None, 0),
        ((ERROR,), "warning", 1),
        ((NOTE, ERROR), None, 1),
    ],
)
def test_the_status_is_that_of_the_worst_finding(
    tmp_path: Path, findings: tuple[Finding, ...], fail_on: str | None, status: int
) -> None:
    chosen = ["--fail-on", fail_on] if fail_on else []
    assert main(["check", logged(tmp_path, *findings), *chosen]) == status


def test_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = logged(tmp_path, NOTE, WARNING, ERROR)
    assert main(["check", folder]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}: error NOT_RECOGNISED: Lost.",
        f"{folder}: warning LAYERS_EQUAL_TIMESTEPS: As\\u{{1b}} many.",
        "    Fewer.",
        f"{folder}: note INPUT_NOT_CONNECTED: x is unread.",
        "    Read it.",
        "3 findings: 1 error, 1 warning, 1 note",
    ]


def test_nothing_to_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", logged(tmp_path)]) == 0
    assert capsys.readouterr().out == "no findings\n"


def test_a_code_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = logged(tmp_path, NOTE, ERROR)
    assert main(["check", folder, "--ignore", "NOT_RECOGNISED", "--fail-on", "warning"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 finding: 1 note"
    ignored = ["--ignore", "NOT_RECOGNISED", "--ignore", "INPUT_NOT_CONNECTED"]
    assert main(["check", folder, *ignored, "--fail-on", "info"]) == 0


def test_json_says_the_same_as_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = logged(tmp_path, ERROR, NOTE)
    assert main(["show", folder, "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert main(["check", folder, "--format", "json"]) == 1
    checked = json.loads(capsys.readouterr().out)
    assert checked == {name: shown[name] for name in ("name", "source", "findings")}
    assert [f["code"] for f in checked["findings"]] == ["NOT_RECOGNISED", "INPUT_NOT_CONNECTED"]


def test_bad_input_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing.pb" in refused(capsys, "check", str(tmp_path / "nothing.pb"))


def test_a_code_that_there_is_not_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "model.pb", "--ignore", "LAYERS_EQUAL_TIMSTEPS"])
    assert stopped.value.code == 2
    assert "is no code; there are: " in capsys.readouterr().err


def test_a_log_of_training_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_trained(tmp_path, "train", 40)
    write_trained(tmp_path, "broken", 40, broken=True)
    assert main(["check", str(tmp_path), "--run", "train", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["findings"]
    # 0.6 ** 39 of the gradient reaches the first timestep of layer 0, 0.8 ** 39 that of layer 1.
    assert [(f["code"], f["layers"]) for f in told] == [("VANISHING", ["layer0"])]
    assert main(["check", str(tmp_path), "--run", "broken"]) == 1
    assert "error NON_FINITE: cell_0 has numbers that are NaN" in capsys.readouterr().out
    assert main(["show", str(tmp_path), "--run", "train"]) == 0
    assert "VANISHING" not in capsys.readouterr().out, "a network is no log"
