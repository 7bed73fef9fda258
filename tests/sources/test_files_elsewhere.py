"""Files that are gzip'd, and files at an address, are read like those that lie here."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.tensorflow_stub import errors as tf_errors
from tensorboard.compat.tensorflow_stub.io import gfile

from tb_rnnview import files, read
from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import framed
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.open_source import open_source
from tests.sources.graphs import dense, graph, graph_event, meta_graph, meta_graph_event, saved
from tests.sources.test_saved_models import called, saved_model
from tests.timelines import stacked


class Elsewhere:
    """A file system of TensorBoard's own kind, kept below a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _place(self, path: Any) -> str:
        text = path.decode() if isinstance(path, bytes) else path
        return os.path.join(str(self._root), text.partition("://")[2])

    def exists(self, path: Any) -> bool:
        return os.path.exists(self._place(path))

    def isdir(self, path: Any) -> bool:
        return os.path.isdir(self._place(path))

    def listdir(self, path: Any) -> list[str]:
        return sorted(os.listdir(self._place(path)))

    def join(self, path: str, *more: str) -> str:
        return "/".join((path.rstrip("/"), *more))

    def read(  # as TensorBoard calls it
        self, path: Any, binary_mode: bool = False, size: Any = None, continue_from: Any = None
    ) -> tuple[bytes, int]:
        assert binary_mode
        begin = continue_from or 0
        try:
            with open(self._place(path), "rb") as file:
                file.seek(begin)
                data = file.read() if size is None else file.read(size)
        except FileNotFoundError:
            raise tf_errors.NotFoundError(None, None, "not here") from None
        return data, begin + len(data)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    gfile.register_filesystem("elsewhere", Elsewhere(tmp_path))
    yield tmp_path
    del gfile._REGISTERED_FILESYSTEMS["elsewhere"]


def opened(path: Any, **choice: Any) -> GraphSource:
    source = open_source(path, **choice)
    assert isinstance(source, GraphSource)
    return source


def refusal(path: Any) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}")
    return message


def events() -> bytes:
    return b"".join(
        framed(e.SerializeToString())
        for e in (meta_graph_event(meta_graph(dense(5), ("w",))), graph_event(dense(9)))
    )


FILES = {
    "frozen.pb": graph().SerializeToString(),
    "model.meta": meta_graph(graph(), ("n0",)).SerializeToString(),
    "graph.pbtxt": str(graph()).encode(),
    "saved_model.pb": saved_model(called()),
    "events.out.tfevents.1": events(),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_packed(name: str, tmp_path: Path) -> None:
    plain, packed = tmp_path / name, tmp_path / f"{name}.gz"
    plain.write_bytes(FILES[name])
    packed.write_bytes(gzip.compress(FILES[name]))
    mine, other = opened(packed), opened(plain)
    assert mine.source.path == str(packed)
    for field in ("graph_def", "declared", "name", "outputs", "findings"):
        assert getattr(mine, field) == getattr(other, field)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_elsewhere(name: str, packed: bool, elsewhere: Path) -> None:
    plain = elsewhere / "model" / name
    plain.parent.mkdir()
    plain.write_bytes(FILES[name])
    other = opened(plain)
    if packed:
        plain.write_bytes(gzip.compress(FILES[name]))
    mine = opened(f"elsewhere://model/{name}")
    assert mine.source.path == f"elsewhere://model/{name}"
    for field in ("graph_def", "declared", "name", "outputs", "findings"):
        assert getattr(mine, field) == getattr(other, field)


def test_a_saved_model_folder_elsewhere(elsewhere: Path) -> None:
    saved(elsewhere / "m" / "saved_model.pb", meta_graph())  # makes the folder
    (elsewhere / "m" / "saved_model.pb").write_bytes(saved_model(called()))
    found = opened("elsewhere://m")
    assert (found.name, found.declared[0].name) == ("m", "v")


def test_a_log_folder_elsewhere(elsewhere: Path) -> None:
    for run in ("train", "eval"):
        (elsewhere / "logs" / run).mkdir(parents=True)
    (elsewhere / "logs" / "train" / "events.out.tfevents.1").write_bytes(events())
    (elsewhere / "logs" / "eval" / "events.out.tfevents.2.gz").write_bytes(gzip.compress(events()))
    assert "2 runs hold a graph: eval, train" in refusal("elsewhere://logs")
    found = opened("elsewhere://logs", run="eval")
    assert (found.name, len(found.graph_def.node)) == ("logs/eval", 9)


def test_timelines_are_read_elsewhere_and_packed(elsewhere: Path) -> None:
    from tb_rnnview.writing import write_timeline

    path = Path(write_timeline(stacked(), elsewhere / "here", tag="net"))
    assert read("elsewhere://here")["rnnview"].timelines["net"] == [(0, stacked())]
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert read(elsewhere / "here")["rnnview"].timelines["net"] == [(0, stacked())]
    assert open_source("elsewhere://here") == stacked()


def test_what_is_not_there(elsewhere: Path) -> None:
    message = refusal("elsewhere://gone/a.pb")
    assert message == "elsewhere://gone/a.pb: there is no such file or folder; check the address"
    (elsewhere / "empty").mkdir()
    assert "no event file is in the folder, or below it" in refusal("elsewhere://empty")


def test_an_address_that_nothing_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorflow.io", None)
    message = refusal("nowhere://bucket/a.pb")
    assert "nothing that is installed reads nowhere:// addresses: install fsspec" in message


def test_where_only_tensorflow_can_read() -> None:
    from tensorflow.io import gfile as of_tensorflow

    of_tensorflow.makedirs("ram://models")
    with of_tensorflow.GFile("ram://models/frozen.pb", "wb") as file:
        file.write(FILES["frozen.pb"])
    assert opened("ram://models/frozen.pb").graph_def == graph()
    assert "there is no such file" in refusal("ram://models/gone.pb")
    assert "cannot be read" in refusal("nowhere://bucket/a.pb")


@pytest.mark.parametrize("name", FILES)
def test_packed_files_that_are_damaged(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.gz"
    whole = gzip.compress(FILES[name])
    for length in (3, 12, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert "gzip'd, and damaged or cut off" in refusal(path)
    for at in range(12, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        refusal(path)


def test_what_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MOST_UNPACKED", 4 << 20)
    path = tmp_path / "bomb.pb"
    path.write_bytes(gzip.compress(bytes(16 << 20)))
    assert "unpacks to more than 2 GiB" in refusal(path)


def test_an_archive_is_no_graph(tmp_path: Path) -> None:
    import tarfile

    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("frozen.pb")
        entry.size = len(FILES["frozen.pb"])
        archive.addfile(entry, io.BytesIO(FILES["frozen.pb"]))
    assert "is a tar archive; unpack it" in refusal(path)
