"""`tb_rnnview.read` on log folders as they are found."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import Timeline
from tests.server.logs import LiveWriter, newer_schema
from tests.timelines import stacked


def named(name: str) -> Timeline:
    return dataclasses.replace(stacked(), name=name)


@pytest.fixture(autouse=True)
def _no_unexpected_warning() -> None:
    warnings.simplefilter("error")


def test_runs_are_named_as_tensorboard_names_them(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "train", tmp_path / "a" / "b"):
        writer = LiveWriter(folder)
        writer.timeline("net", 0, stacked())
        writer.close()
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no events")
    runs = tb_rnnview.read(tmp_path)
    assert sorted(runs) == [".", "a/b", "train"]
    assert all(run.name == name for name, run in runs.items())
    assert all(run.timelines == {"net": [(0, stacked())]} for run in runs.values())
    assert tb_rnnview.read(str(tmp_path)).keys() == runs.keys()


def test_steps_are_sorted_and_the_last_written_wins(tmp_path: Path) -> None:
    first = LiveWriter(tmp_path, stamp=1_700_000_000)
    for step in (5, 3, 4, 3):
        first.timeline("net", step, named(f"first {step}"))
    first.timeline("net", 3, named("first 3 again"))
    first.close()
    second = LiveWriter(tmp_path, stamp=1_700_000_001)
    second.timeline("net", 4, named("second 4"))
    second.timeline("other", 0, named("other"))
    second.close()
    run = tb_rnnview.read(tmp_path)["."]
    assert run.timelines == {
        "net": [(3, named("first 3 again")), (4, named("second 4")), (5, named("first 5"))],
        "other": [(0, named("other"))],
    }


def test_single_event_file(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, stacked())
    writer.close()
    assert tb_rnnview.read(writer.path)["."].timelines == {"net": [(0, stacked())]}


def test_what_others_wrote_is_passed_over(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.scalar("loss", 0, 1.0)
    writer.scalar("rnnview", 0, 1.0)
    writer.close()
    (tmp_path / "events.out.tfevents.1.x.profile-empty").touch()
    assert tb_rnnview.read(tmp_path)["."].timelines == {}


def test_metadata_may_be_on_the_first_record_of_a_tag_only(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, named("zero"))
    summary = tb_rnnview.summary.timeline_pb("net", named("one"))
    summary.value[0].ClearField("metadata")
    writer.summary(1, summary)
    writer.close()
    assert tb_rnnview.read(tmp_path)["."].timelines["net"] == [
        (0, named("zero")),
        (1, named("one")),
    ]


@pytest.mark.parametrize("kept", [1, 11, 12, 13, 100, -1])
def test_half_a_record_at_the_end_of_a_live_file(tmp_path: Path, kept: int) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, stacked())
    whole = writer.path.stat().st_size
    writer.timeline("net", 1, named("half"))
    content = writer.path.read_bytes()
    writer.close()
    writer.path.write_bytes(content[: whole + kept] if kept > 0 else content[:kept])
    assert tb_rnnview.read(tmp_path)["."].timelines == {"net": [(0, stacked())]}


def test_flipped_bit_ends_the_file_there(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, stacked())
    whole = writer.path.stat().st_size
    writer.timeline("net", 1, stacked())
    writer.timeline("net", 2, stacked())
    writer.close()
    content = bytearray(writer.path.read_bytes())
    content[whole + 200] ^= 1
    writer.path.write_bytes(content)
    assert tb_rnnview.read(tmp_path)["."].timelines == {"net": [(0, stacked())]}


def test_tag_of_a_newer_schema_is_skipped_with_one_warning(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path / "run")
    writer.timeline("good", 0, stacked())
    writer.timeline("late", 0, stacked())
    writer.blob("late", 1, newer_schema(stacked()))
    writer.blob("late", 2, newer_schema(stacked()))
    writer.close()
    with pytest.warns(UserWarning, match="is skipped") as caught:
        run = tb_rnnview.read(tmp_path)["run"]
    assert run.timelines == {"good": [(0, stacked())]}
    (warning,) = caught
    assert "run 'run', tag 'late' is skipped: this timeline follows schema 2" in str(
        warning.message
    )
    assert warning.filename == __file__


def test_damaged_timelines_are_skipped_with_one_warning(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, stacked())
    writer.blob("net", 1, b"\xff")
    writer.blob("net", 2, b"")
    writer.timeline("net", 3, named("three"))
    summary = tb_rnnview.summary.timeline_pb("net", stacked())
    del summary.value[0].tensor.string_val[:]
    writer.summary(4, summary)
    writer.close()
    with pytest.warns(UserWarning, match="are skipped") as caught:
        run = tb_rnnview.read(tmp_path)["."]
    assert run.timelines == {"net": [(0, stacked()), (3, named("three"))]}
    (warning,) = caught
    assert "tag 'net': damaged records are skipped, step 1, 2, 4" in str(warning.message)


def test_record_that_is_no_event_is_passed_over(tmp_path: Path) -> None:
    from tb_rnnview.event_records import framed

    writer = LiveWriter(tmp_path)
    writer.raw(framed(b"\xff rnnview \xff"))
    writer.timeline("net", 0, stacked())
    writer.close()
    assert tb_rnnview.read(tmp_path)["."].timelines == {"net": [(0, stacked())]}


def test_empty_and_foreign_files_in_a_log_folder_are_passed_over(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, stacked())
    writer.close()
    (tmp_path / "events.out.tfevents.1.empty").touch()
    (tmp_path / "my tfevents notes.txt").write_text("a text that is longer than a header")
    assert tb_rnnview.read(tmp_path)["."].timelines == {"net": [(0, stacked())]}


def _bad_sources(folder: Path) -> dict[str, Path]:
    (folder / "empty").touch()
    (folder / "text").write_text("a text that is longer than a header")
    (folder / "folder").mkdir()
    return {
        "no such file or folder": folder / "missing",
        "is empty": folder / "empty",
        "is no event file": folder / "text",
        "no event files in this folder": folder / "folder",
    }


def test_bad_sources_are_named_in_one_line(tmp_path: Path) -> None:
    for message, path in _bad_sources(tmp_path).items():
        with pytest.raises(SourceError, match=message) as raised:
            tb_rnnview.read(path)
        assert str(raised.value).startswith(f"{path}: ")
        assert "\n" not in str(raised.value)
