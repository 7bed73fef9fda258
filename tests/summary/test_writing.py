"""Exported event files: complete, alone in a run of their own, and read back equal."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto import summary_pb2, types_pb2

import tb_rnnview
from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import Timeline
from tb_rnnview.writing import write_timeline
from tests.timelines import arbitrary, stacked


def named(name: str) -> Timeline:
    return dataclasses.replace(stacked(), name=name)


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@settings(max_examples=50, deadline=None)
@given(timeline=arbitrary(), tag=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, timeline: Timeline, tag: str
) -> None:
    log = tmp_path_factory.mktemp("log")
    write_timeline(timeline, log, tag=tag, step=3)
    assert tb_rnnview.read(log)["rnnview"].timelines == {tag: [(3, timeline)]}


def test_export_writes_a_timeline_as_it_is(tmp_path: Path) -> None:
    assert tb_rnnview.export(stacked(), str(tmp_path)) == stacked()
    tb_rnnview.export(Timeline(), str(tmp_path), step=2)
    tb_rnnview.export(stacked(), str(tmp_path), name="mine", step=1)
    (run,) = tb_rnnview.read(tmp_path).values()
    assert run.timelines == {
        "starting_program": [(0, stacked())],
        "rnnview": [(2, Timeline())],
        "mine": [(1, stacked())],
    }


def test_tensorboards_own_loader_reads_the_record(tmp_path: Path) -> None:
    path = write_timeline(stacked(), tmp_path, tag="net", step=7)
    version, event = EventFileLoader(path).Load()
    assert version.file_version == "brain.Event:2"
    assert event.step == 7
    (value,) = event.summary.value
    assert value.tag == "net"
    assert value.metadata.plugin_data.plugin_name == "rnnview"
    assert value.metadata.data_class == summary_pb2.DATA_CLASS_BLOB_SEQUENCE
    assert value.tensor.dtype == types_pb2.DT_STRING
    assert [d.size for d in value.tensor.tensor_shape.dim] == [1]


def test_it_goes_to_a_run_of_its_own(tmp_path: Path) -> None:
    live = tmp_path / "events.out.tfevents.1.live"
    live.write_bytes(b"somebody else's")
    path = write_timeline(stacked(), tmp_path, tag="net")
    assert Path(path).parent == tmp_path / "rnnview"
    assert live.read_bytes() == b"somebody else's"
    assert len(files(tmp_path)) == 2


def test_exporting_again_keeps_what_is_there(tmp_path: Path) -> None:
    first = Path(write_timeline(named("a0"), tmp_path, tag="a", step=0))
    content = first.read_bytes()
    write_timeline(named("a9"), tmp_path, tag="a", step=9)
    write_timeline(named("a4"), tmp_path, tag="a", step=4)
    write_timeline(named("b0"), tmp_path, tag="b", step=0)
    write_timeline(named("a0 again"), tmp_path, tag="a", step=0)
    assert first.read_bytes() == content
    (run,) = tb_rnnview.read(tmp_path).values()
    assert run.timelines == {
        "a": [(0, named("a0 again")), (4, named("a4")), (9, named("a9"))],
        "b": [(0, named("b0"))],
    }


def test_each_export_sorts_after_those_before_it(tmp_path: Path) -> None:
    # TensorBoard reads the files of a run in this order and never goes back. The clock may.
    ahead = tmp_path / "rnnview" / "events.out.tfevents.4000000000.host.1.0"
    ahead.parent.mkdir()
    ahead.write_bytes(Path(write_timeline(named("x"), tmp_path / "o", tag="x")).read_bytes())
    paths = [write_timeline(stacked(), tmp_path, tag="net", step=s) for s in range(3)]
    assert [str(ahead), *paths] == sorted([str(ahead), *paths])


def test_only_the_complete_file_ever_has_a_name_that_tensorboard_looks_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    replace = os.replace

    def look_then_replace(source: str, target: str) -> None:
        seen.append(files(tmp_path))
        replace(source, target)

    monkeypatch.setattr(os, "replace", look_then_replace)
    path = Path(write_timeline(stacked(), tmp_path, tag="net"))
    ((before,),) = seen
    assert "tfevents" not in before
    assert files(tmp_path) == [path.relative_to(tmp_path).as_posix()]
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert path.stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_failing_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(SourceError, match=r"rnnview: cannot be written \(No space left"):
        write_timeline(stacked(), tmp_path / "new" / "logs", tag="net")
    assert list(tmp_path.iterdir()) == []


def test_folder_that_was_there_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "rnnview").mkdir()
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SourceError):
        write_timeline(stacked(), tmp_path, tag="net")
    assert (tmp_path / "rnnview").is_dir()
    assert files(tmp_path) == []


def test_log_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(SourceError, match=r"logs/rnnview: cannot be written") as raised:
        write_timeline(stacked(), tmp_path / "logs", tag="net")
    assert "\n" not in str(raised.value)
    assert (tmp_path / "logs").read_text() == "a file"


@pytest.mark.parametrize("step", [-1, 2**63])
def test_step_out_of_range(tmp_path: Path, step: int) -> None:
    with pytest.raises(SourceError, match="out of range"):
        write_timeline(stacked(), tmp_path / "logs", tag="net", step=step)
    assert list(tmp_path.iterdir()) == []


def test_tag_that_is_no_text(tmp_path: Path) -> None:
    undecodable_argument = b"\xff".decode(errors="surrogateescape")
    with pytest.raises(SourceError, match="no Unicode text"):
        write_timeline(stacked(), tmp_path / "logs", tag=undecodable_argument)
    assert list(tmp_path.iterdir()) == []


def test_remote_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="only local folders"):
        write_timeline(stacked(), "gs://bucket/logs", tag="net")
    assert list(tmp_path.iterdir()) == []


def test_size_of_the_file_is_in_layers_not_in_timesteps(tmp_path: Path) -> None:
    def size(layers: int, timesteps: int) -> int:
        timeline = stacked(layers, timesteps)
        log = tmp_path / f"{layers}x{timesteps}"
        return os.path.getsize(write_timeline(timeline, log, tag="net"))

    # 401 numbers name the length; each takes two bytes more for 100,000 than for 3.
    assert size(200, 100_000) - size(200, 3) <= 401 * 2 + 16
    assert size(200, 3) < 80 * size(3, 3)


def test_writing_and_reading_import_no_tensorflow(tmp_path: Path) -> None:
    code = (
        "import sys, tb_rnnview\n"
        "from tb_rnnview.timeline import Timeline\n"
        "from tb_rnnview.summary import timeline_pb\n"
        f"tb_rnnview.export(Timeline(name='n'), {str(tmp_path)!r})\n"
        f"assert tb_rnnview.read({str(tmp_path)!r})['rnnview'].timelines['n'][0][1].name == 'n'\n"
        "assert timeline_pb('t', Timeline()).value[0].tag == 't'\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import tb_rnnview\n"
        "print(*set(sys.modules) - before)"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    imported = {name.split(".")[0] for name in out.stdout.split()}
    assert not imported & {"tensorflow", "numpy", "google", "tensorboard", "rich", "keras"}
