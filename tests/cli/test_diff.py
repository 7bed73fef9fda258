"""``tb-rnnview diff``: what it prints, and with which exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.cli import main
from tests.cli.refused import refused
from tests.timelines import stacked

PRINTED = """\
A  3 layers × 3 timesteps  starting_program.meta
B  2 layers × 5 timesteps  starting_program.meta

2 differences
− Layer 2 only in A: SimpleRNN, 100 units, 20,100 parameters
~ Time    3 timesteps → 5 timesteps
"""


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A log of one network at step 0, another at step 9; both again in a run of their own."""
    monkeypatch.setenv("COLUMNS", "90")
    for folder in (tmp_path / "log", tmp_path / "log" / "old"):
        tb_rnnview.export(stacked(3, 3), folder, name="net", step=0)
    tb_rnnview.export(stacked(2, 5), tmp_path / "log", name="net", step=9)
    return str(tmp_path / "log")


def test_two_steps_of_one_log(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", logs, "--run", "rnnview", "--step", "0", "--step", "9"]) == 1
    assert capsys.readouterr().out == PRINTED


def test_two_runs_of_one_log(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", logs, "--run", "old/rnnview", "--run", "rnnview"]) == 1
    assert capsys.readouterr().out == PRINTED


def test_no_difference(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", logs, f"{logs}/old", "--run", "rnnview", "--step", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "No difference."


def test_what_is_ignored_is_no_difference(logs: str) -> None:
    chosen = ["diff", logs, "--run", "rnnview", "--step", "0", "--step", "9"]
    assert main([*chosen, "--ignore", "LENGTH", "--ignore", "LAYER_REMOVED"]) == 0


def test_json(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["diff", logs, "--run", "rnnview", "--step", "0", "--step", "9"]
    assert main([*chosen, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["a"]["headline"] == "3 layers × 3 timesteps"
    assert found["layers"][2] == {"a": "layer2", "b": None}
    assert [change["code"] for change in found["changes"]] == ["LAYER_REMOVED", "LENGTH"]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ([], "nothing to compare it with"),
        (["--step", "4", "--step", "4"], "nothing to compare it with"),
        (["--run", "rnnview", "--step", "0", "--step", "7"], "there are: 0, 9"),
        (["--step", "0", "--step", "0", "--step", "9"], "--step: is given 3 times"),
        (["--run", "rnnview", "--run", "none"], "no run 'none'"),
    ],
)
def test_what_cannot_be_compared(
    logs: str, chosen: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(capsys, "diff", logs, *chosen)


def test_a_code_that_is_none(logs: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["diff", logs, logs, "--ignore", "LENGHT"])
    assert ended.value.code == 2
    assert "there are: LAYER_ADDED" in capsys.readouterr().err
