"""``tb-rnnview html``: one file, at once and whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.cli import main
from tb_rnnview.views.page import page
from tests.cli.refused import refused
from tests.timelines import stacked


@pytest.fixture
def log(tmp_path: Path) -> str:
    tb_rnnview.export(stacked(), tmp_path / "log")
    return str(tmp_path / "log")


def test_it_writes_the_page(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "network.html"
    assert main(["html", log, "-o", str(file)]) == 0
    assert file.read_text("utf-8") == page(stacked())
    assert capsys.readouterr().out.splitlines() == [
        f"3 layers × 3 timesteps: written to {file}",
        "It holds names and shapes of 3 layers and 6 variables; no weights, no path.",
    ]


def test_with_paths(log: str, tmp_path: Path) -> None:
    file = tmp_path / "network.html"
    assert main(["html", log, "-o", str(file), "--paths"]) == 0
    assert file.read_text("utf-8") == page(stacked(), paths=True)


def test_an_older_file_stays_where_the_new_one_cannot_be_made(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "network.html"
    file.write_text("older")
    refused(capsys, "html", str(tmp_path / "nothing"), "-o", str(file))
    assert file.read_text() == "older"


@pytest.mark.parametrize("place", ["nowhere/network.html", "log", ""])
def test_where_it_cannot_be_written(
    place: str, log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / place) if place else ""
    assert "cannot be written" in refused(capsys, "html", log, "-o", file)
    assert not [path for path in tmp_path.iterdir() if path.name != "log"]
