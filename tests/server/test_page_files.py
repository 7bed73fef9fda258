"""The page's files as TensorBoard serves them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.page_files import page_files, page_folder
from tests.server.tensorboard_process import TensorBoardProcess

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoardProcess]:
    log = tmp_path_factory.mktemp("log")
    with TensorBoardProcess(log, "--path_prefix", "/some/prefix") as process:
        yield process


def test_every_file_of_the_page_is_served_as_it_is(board: TensorBoardProcess) -> None:
    files = [p for p in page_folder().rglob("*") if p.suffix in TYPES]
    assert page_folder() / "index.js" in files
    for file in files:
        answer = board.plugin(file.relative_to(page_folder()).as_posix())
        assert answer.status == 200, file
        assert answer.body == file.read_bytes()
        assert answer.headers["Content-Type"] == TYPES[file.suffix]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_unchanged_file_is_not_sent_again(board: TensorBoardProcess) -> None:
    first = board.plugin("index.js")
    again = board.plugin("index.js", {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "no-cache" in first.headers["Cache-Control"]
    assert board.plugin("index.js", {"If-None-Match": 'W/"other"'}).body == first.body


def test_file_is_compressed_for_those_who_accept_it(board: TensorBoardProcess) -> None:
    answer = board.plugin("index.js", {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == (page_folder() / "index.js").read_bytes()


def _page(folder: Path) -> None:
    for name in (
        "index.js",
        "vendor/d3.js",
        "style.css",
        "icon.svg",
        "notes.txt",
        "x.d.ts",
        "a.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


@pytest.mark.parametrize("place", ["package/plugin_static", "plugin_static"])
def test_page_is_found_inside_the_package_and_beside_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _page(tmp_path / place)
    monkeypatch.setattr(tb_rnnview, "__file__", str(tmp_path / "package" / "__init__.py"))
    assert page_files() == {
        f"/{name}": tmp_path / place / name
        for name in ("icon.svg", "index.js", "style.css", "vendor/d3.js")
    }


def test_missing_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin_static").mkdir()
    monkeypatch.setattr(tb_rnnview, "__file__", str(tmp_path / "package" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="reinstall tb-rnnview"):
        page_files()
