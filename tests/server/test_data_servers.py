"""The plugin inside real TensorBoards, over both of their data servers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_rnnview.timeline import Timeline
from tb_rnnview.writing import write_timeline
from tests.server.logs import LiveWriter, newer_schema
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

HOSTILE_TAG = "a/b?&#'<script>\u202e é"
QUOTED_TAG = 'say "hello"\n'
PREFIX = "/some/prefix"


def named(name: str) -> Timeline:
    return dataclasses.replace(stacked(), name=name)


def fill(log: Path) -> None:
    """Several runs, tags and steps, and everything that can be wrong with them."""
    writer = LiveWriter(log / "train")
    for step in range(30):
        writer.timeline("net", step, named(f"net {step}"), "what *I* built")
        writer.scalar("loss", step, 1.0)
    # The program went back to step 20, as after a restart, and went on to 25.
    for step in range(20, 26):
        writer.timeline("net", step, named(f"again {step}"))
    writer.timeline(HOSTILE_TAG, 0, named("hostile"))
    writer.timeline(QUOTED_TAG, 0, named("quoted"))
    writer.close()
    root = LiveWriter(log)
    root.timeline("net", 4, stacked())
    root.blob("newer", 1, newer_schema(stacked()))
    root.blob("damaged", 1, b"\xff no timeline")
    root.close()
    write_timeline(named("late"), log / "exported", tag="net", step=5)
    write_timeline(named("early"), log / "exported", tag="net", step=0)
    write_timeline(named("first"), log / "exported", tag="other", step=0)
    write_timeline(named("second"), log / "exported", tag="other", step=0)
    plain = LiveWriter(log / "scalars only")
    plain.scalar("loss", 0, 1.0)
    plain.close()


RESTARTED = ("train", "net")
OTHERS = {
    (".", "damaged"): [1],
    (".", "net"): [4],
    (".", "newer"): [1],
    ("exported/rnnview", "net"): [0, 5],
    ("exported/rnnview", "other"): [0],
    ("train", HOSTILE_TAG): [0],
    ("train", QUOTED_TAG): [0],
}


@pytest.fixture(scope="module", params=["true", "false"], ids=["load_fast", "load_slow"])
def board(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TensorBoardProcess]:
    log = tmp_path_factory.mktemp("log")
    fill(log)
    arguments = ("--load_fast", request.param, "--path_prefix", PREFIX)
    with TensorBoardProcess(log, *arguments) as process:
        process.wait_for(lambda: OTHERS.items() <= process.steps().items())
        process.wait_for(lambda: 25 in process.steps().get(RESTARTED, []))
        yield process


def test_tab_is_listed_as_active_under_the_prefix(board: TensorBoardProcess) -> None:
    listing = board.get("/data/plugins_listing").json["rnnview"]
    assert listing["enabled"] is True
    assert listing["tab_name"] == "RNN VIEW"
    assert listing["loading_mechanism"] == {
        "type": "IFRAME",
        "module_path": f"{PREFIX}/data/plugin/rnnview/index.js",
    }


def test_steps_are_sorted_and_each_there_once(board: TensorBoardProcess) -> None:
    listed = board.steps()
    restarted = listed.pop(RESTARTED)
    assert listed == OTHERS
    # The data servers differ in whether steps after the restart are kept; not in anything else.
    assert restarted in (list(range(26)), list(range(30)))


def test_runs_without_timelines_are_not_listed(board: TensorBoardProcess) -> None:
    assert "scalars only" not in board.plugin("runs").json["runs"]


def test_description_is_listed(board: TensorBoardProcess) -> None:
    runs = board.plugin("runs").json["runs"]
    assert runs["train"]["net"]["description"] == "what *I* built"
    assert runs["."]["net"]["description"] == ""


def test_timeline_is_the_same_json_as_to_json(board: TensorBoardProcess) -> None:
    answer = board.plugin("timeline", run=".", tag="net", step=4)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert answer.json == json.loads(stacked().to_json())
    assert Timeline.from_json(answer.body) == stacked()


def test_without_a_step_it_is_the_latest(board: TensorBoardProcess) -> None:
    assert board.plugin("timeline", run="exported/rnnview", tag="net").json["name"] == "late"
    assert board.plugin("timeline", run="exported/rnnview", tag="net", step="").status == 200


def test_of_equal_steps_the_last_written_is_shown(board: TensorBoardProcess) -> None:
    assert board.plugin("timeline", run="train", tag="net", step=19).json["name"] == "net 19"
    assert board.plugin("timeline", run="train", tag="net", step=22).json["name"] == "again 22"
    answer = board.plugin("timeline", run="exported/rnnview", tag="other", step=0)
    assert answer.json["name"] == "second"


def test_export_of_an_earlier_step_keeps_the_later_ones(board: TensorBoardProcess) -> None:
    for step, name in ((0, "early"), (5, "late")):
        answer = board.plugin("timeline", run="exported/rnnview", tag="net", step=step)
        assert answer.json["name"] == name


def test_tag_may_hold_anything(board: TensorBoardProcess) -> None:
    answer = board.plugin("timeline", run="train", tag=HOSTILE_TAG)
    assert answer.json["name"] == "hostile"


def test_tag_that_the_fast_data_server_cannot_read(board: TensorBoardProcess) -> None:
    # TensorBoard 2.21's own limit: its key of a blob is JSON that it reads without unescaping.
    answer = board.plugin("timeline", run="train", tag=QUOTED_TAG)
    if board.arguments[:2] == ("--load_fast", "false") or answer.status == 200:
        assert answer.json["name"] == "quoted"
    else:
        assert answer.status == 422
        assert "--load_fast=false" in answer.text
        assert "\n" not in answer.text


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"tag": "net"}, 400, "'run' is missing"),
        ({"run": "."}, 400, "'tag' is missing"),
        ({"run": ".", "tag": "net", "step": "three"}, 400, "'three' is no whole number"),
        ({"run": "nowhere", "tag": "net"}, 404, "run 'nowhere' has no timeline with tag 'net'"),
        ({"run": ".", "tag": "loss"}, 404, "run '.' has no timeline with tag 'loss'"),
        ({"run": "train", "tag": "loss"}, 404, "no timeline with tag 'loss'"),
        ({"run": ".", "tag": "net", "step": 7}, 404, "at step 7; the latest is at step 4"),
        ({"run": ".", "tag": "net", "step": -(10**30)}, 404, "the latest is at step 4"),
        ({"run": ".", "tag": "newer"}, 422, "schema 2, and this tb_rnnview knows up to schema 1"),
        ({"run": ".", "tag": "newer"}, 422, "pip install -U tb-rnnview"),
        ({"run": ".", "tag": "damaged"}, 422, "run '.', tag 'damaged', step 1: not a timeline"),
        ({"run": "\n\u202e<b>", "tag": "\n"}, 404, r"run '\n\u202e<b>' has no timeline"),
    ],
)
def test_mistakes_are_answered_in_one_line_of_plain_text(
    board: TensorBoardProcess, query: dict[str, object], status: int, text: str
) -> None:
    answer = board.plugin("timeline", **query)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert text in answer.text
    assert "\n" not in answer.text
    assert "Traceback" not in board.log


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "..%2f..%2fsetup.py",
        "../../../../etc/passwd",
        "%2e%2e/timeline.py",
        "__init__.py",
    ],
)
def test_nothing_but_the_page_is_served(board: TensorBoardProcess, path: str) -> None:
    assert board.plugin(path).status == 404


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_growing_file_is_followed(tmp_path: Path, load_fast: str) -> None:
    writer = LiveWriter(tmp_path / "run")
    with TensorBoardProcess(tmp_path, "--load_fast", load_fast) as board:
        assert board.steps() == {}
        assert board.get("/data/plugins_listing").json["rnnview"]["enabled"] is False
        writer.timeline("net", 0, named("zero"))
        board.wait_for_steps({("run", "net"): [0]})
        assert board.get("/data/plugins_listing").json["rnnview"]["enabled"] is True
        writer.timeline("net", 1, named("one"))
        board.wait_for_steps({("run", "net"): [0, 1]})
        assert board.plugin("timeline", run="run", tag="net").json["name"] == "one"
        # An export beside the live run is seen too, and the live run goes on.
        write_timeline(named("export"), tmp_path / "run", tag="net", step=9)
        board.wait_for(lambda: ("run/rnnview", "net") in board.steps())
        writer.timeline("net", 2, named("two"))
        board.wait_for_steps({("run", "net"): [0, 1, 2], ("run/rnnview", "net"): [9]})
        # So is a second export into the same folder while TensorBoard is running.
        write_timeline(named("another"), tmp_path / "run", tag="net", step=10)
        board.wait_for_steps({("run", "net"): [0, 1, 2], ("run/rnnview", "net"): [9, 10]})
    writer.close()


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_three_hundred_steps_are_kept(tmp_path: Path, load_fast: str) -> None:
    writer = LiveWriter(tmp_path)
    for step in range(300):
        writer.timeline("net", step, stacked(1))
    writer.close()
    with TensorBoardProcess(tmp_path, "--load_fast", load_fast) as board:
        board.wait_for_steps({(".", "net"): list(range(300))})


def test_what_the_user_says_about_samples_counts(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    for step in range(20):
        writer.timeline("net", step, stacked(1))
    writer.close()
    with TensorBoardProcess(tmp_path, "--samples_per_plugin", "rnnview=5") as board:
        board.wait_for(lambda: 19 in board.steps().get((".", "net"), []))
        assert len(board.steps()[".", "net"]) == 5
