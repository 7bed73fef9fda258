"""Statistics inside real TensorBoards, over both of their data servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tb_rnnview import LayerStatistics, StatisticsRow, timeline_pb2
from tb_rnnview.statistics_codec import from_tensor, label_of
from tb_rnnview.summary import statistics_pb
from tests.server.logs import LiveWriter
from tests.server.tensorboard_process import TensorBoardProcess
from tests.timelines import stacked

ROWS = (
    StatisticsRow("vote", "lstm/kernel", "share", "sum"),
    StatisticsRow("activation", "h", "RMS"),
)
HOSTILE_TAG = "a/b?&#'<script>\u202e é"


def table(length: int, factor: float = 1.0) -> LayerStatistics:
    curve = factor * 0.5 ** np.arange(length)
    curve[:1] = np.nan
    return LayerStatistics.from_timesteps(
        "lstm", ROWS, [np.full(length, 1 / length), curve], whole=[3, factor], elsewhere=[2, np.nan]
    )


def fill(log: Path) -> None:
    writer = LiveWriter(log / "train")
    writer.timeline("net", 0, stacked())
    for step in range(30):
        writer.summary(step, statistics_pb("net/lstm", table(4, 1.0)))
    # The program went back to step 20, as after a restart, and went on to 25.
    for step in range(20, 26):
        writer.summary(step, statistics_pb("net/lstm", table(4, 2.0)))
    newer = statistics_pb("newer", table(4))
    label = newer.value[0].metadata.plugin_data
    message = timeline_pb2.StatisticsLabel.FromString(label.content)
    message.schema_version = 2
    label.content = message.SerializeToString()
    writer.summary(0, newer)
    other = LayerStatistics.from_timesteps("gru", ROWS, [[1], [1]], whole=[1, 1])
    for step, data in enumerate((table(3), other, table(5))):
        writer.summary(step, statistics_pb("mixed", data))
    broken = statistics_pb("broken", table(4))
    broken.value[0].tensor.tensor_content = b"\0" * 4
    writer.summary(0, broken)
    writer.summary(0, statistics_pb(HOSTILE_TAG, table(2)))
    writer.summary(0, statistics_pb("long", table(3000)))
    writer.close()


@pytest.fixture(scope="module", params=["true", "false"], ids=["load_fast", "load_slow"])
def board(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TensorBoardProcess]:
    log = tmp_path_factory.mktemp("log")
    fill(log)
    with TensorBoardProcess(log, "--load_fast", request.param) as process:
        process.wait_for(
            lambda: (
                "long"
                in [x["tag"] for x in process.plugin("statistics", run="train").json["layers"]]
            )
        )
        yield process


def over_training(board: TensorBoardProcess, tag: str) -> tuple[list[float], np.ndarray]:
    answer = board.plugin("statistics_over_training", run="train", tag=tag)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    count = len(answer.body) // (8 + 4 * (1 + 5 * len(ROWS)))
    steps = np.frombuffer(answer.body[: 8 * count], "<f8")
    numbers = np.frombuffer(answer.body[8 * count :], "<f4").reshape(count, -1)
    return steps.tolist(), numbers


def at_step(board: TensorBoardProcess, tag: str, **query: object) -> LayerStatistics:
    answer = board.plugin("statistics_at_step", run="train", tag=tag, **query)
    assert answer.status == 200, answer.text
    tensor = np.frombuffer(answer.body, "<f4").reshape(2 + len(ROWS), -1)
    return from_tensor(label_of(table(4)), tensor)


def test_what_there_is(board: TensorBoardProcess) -> None:
    answer = board.plugin("statistics", run="train").json
    layers = {entry["tag"]: entry for entry in answer["layers"]}
    assert list(layers) == sorted(["net/lstm", "mixed", "broken", HOSTILE_TAG, "long"])
    assert layers["net/lstm"].pop("version")
    assert layers["net/lstm"] == {
        "tag": "net/lstm",
        "layer": "lstm",
        "application": 0,
        "axis": "time",
        "rows": [
            {"measure": "vote", "of": "lstm/kernel", "unit": "share", "merged": "sum"},
            {"measure": "activation", "of": "h", "unit": "RMS", "merged": "maximum"},
        ],
    }
    (skipped,) = answer["skipped"]
    assert skipped["tag"] == "newer"
    assert "pip install -U tb-rnnview" in skipped["reason"]


def test_statistics_are_no_timelines(board: TensorBoardProcess) -> None:
    assert board.steps() == {("train", "net"): [0]}
    assert board.plugin("statistics", run="nowhere").json == {"layers": [], "skipped": []}


def test_steps_are_sorted_and_each_there_once(board: TensorBoardProcess) -> None:
    steps, numbers = over_training(board, "net/lstm")
    # The data servers differ in whether steps after the restart are kept; not in anything else.
    assert steps in (list(range(26)), list(range(30)))
    for step, factor in ((19, 1.0), (22, 2.0)):
        length, *rows = numbers[steps.index(step)].tolist()
        assert length == 4
        assert rows[:5] == [3, 2, 0.25, 0.25, 0.25]
        assert str(rows[5:]) == str([factor, float("nan"), factor / 8, factor / 8, factor / 2])


def test_all_the_numbers_of_a_step(board: TensorBoardProcess) -> None:
    for step, factor in ((19, 1), (22, 2)):
        found = at_step(board, "net/lstm", step=step)
        np.testing.assert_array_equal(found.values, table(4, factor).values)
    latest = at_step(board, "net/lstm")
    assert latest.whole.tolist() in ([3, 1], [3, 2])
    assert at_step(board, HOSTILE_TAG, step=0).length == 2


def test_a_long_sequence_is_compared_by_the_mean_of_its_columns(board: TensorBoardProcess) -> None:
    _, numbers = over_training(board, "long")
    assert numbers[0, 3:6].tolist() == pytest.approx([1 / 3000] * 3)
    assert at_step(board, "long").values[0, 0] == pytest.approx(3 / 3000)


@pytest.mark.parametrize(("timestep", "values"), [(0, 1 / 3000), (2999, 1 / 3000), (3000, None)])
def test_one_timestep_at_every_step(
    board: TensorBoardProcess, timestep: int, values: float | None
) -> None:
    for tag, expected in (("long", values), ("mixed", None if timestep else [1 / 3, 1 / 5])):
        answer = board.plugin("statistics_at_timestep", run="train", tag=tag, timestep=timestep)
        assert answer.status == 200
        count = len(answer.body) // (8 + 4 * len(ROWS))
        found = np.frombuffer(answer.body[8 * count :], "<f4").reshape(len(ROWS), count)[0]
        if expected is None:
            assert np.isnan(found).all()
        else:
            assert found.tolist() == pytest.approx(expected if count > 1 else [expected])


def test_a_timestep_is_a_number(board: TensorBoardProcess) -> None:
    for query in ({}, {"timestep": "x"}):
        answer = board.plugin("statistics_at_timestep", run="train", tag="long", **query)
        assert answer.status == 400
        assert "timestep" in answer.text


def test_damaged_records_are_left_out(board: TensorBoardProcess) -> None:
    steps, numbers = over_training(board, "mixed")
    assert steps == [0, 2]
    assert numbers[:, 0].tolist() == [3, 5]
    assert board.plugin("statistics_at_step", run="train", tag="mixed", step=1).status == 404
    answer = board.plugin("statistics_over_training", run="train", tag="broken")
    assert answer.status == 422
    assert answer.text.startswith("run 'train', tag 'broken': ")
    assert "\n" not in answer.text


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"tag": "net/lstm"}, 400, "'run' is missing"),
        ({"run": "train"}, 400, "'tag' is missing"),
        ({"run": "train", "tag": "net/lstm", "step": "x"}, 400, "'x' is no whole number"),
        ({"run": "train", "tag": "net/lstm", "step": 77}, 404, "logged at step 77; the first step"),
        ({"run": "train", "tag": "net/lstm", "step": 10**30}, 404, "nothing was logged"),
        ({"run": "train", "tag": "net"}, 404, "no statistics with tag 'net'"),
        ({"run": "nowhere", "tag": "net"}, 404, "run 'nowhere' has no statistics"),
        ({"run": "train", "tag": "newer"}, 422, "pip install -U tb-rnnview"),
    ],
)
def test_mistakes_are_answered_in_one_line_of_plain_text(
    board: TensorBoardProcess, query: dict[str, object], status: int, text: str
) -> None:
    answer = board.plugin("statistics_at_step", **query)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert text in answer.text
    assert "\n" not in answer.text
    assert "Traceback" not in board.log


@pytest.mark.parametrize("load_fast", ["true", "false"])
def test_a_thousand_steps_are_kept_and_followed(tmp_path: Path, load_fast: str) -> None:
    writer = LiveWriter(tmp_path / "train")
    writer.timeline("net", 0, stacked())
    for step in range(999):
        writer.summary(step, statistics_pb("net/lstm", table(8)))
    with TensorBoardProcess(tmp_path, "--load_fast", load_fast) as board:

        def steps() -> list[float]:
            listed = board.plugin("statistics", run="train").json["layers"]
            return over_training(board, "net/lstm")[0] if listed else []

        board.wait_for(lambda: steps() == list(range(999)))
        before = board.plugin("statistics", run="train").json["layers"][0]["version"]
        writer.summary(1500, statistics_pb("net/lstm", table(8)))
        board.wait_for(lambda: steps() == [*range(999), 1500])
        assert board.plugin("statistics", run="train").json["layers"][0]["version"] != before
    writer.close()
