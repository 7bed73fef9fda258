"""`tb_rnnview.read` gives back the statistics that were written, as a labelled table."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto import summary_pb2

import tb_rnnview
from tb_rnnview import LayerStatistics, StatisticsRow, timeline_pb2
from tests.server.logs import LiveWriter
from tests.timelines import stacked

ROWS = (
    StatisticsRow("vote", "lstm/kernel", "share", "sum"),
    StatisticsRow("activation", "h", "RMS"),
)


def statistics(length: int = 4, factor: float = 1.0, rows=ROWS) -> LayerStatistics:
    return LayerStatistics.from_timesteps(
        "lstm",
        rows,
        [np.full(length, 1 / length), factor * 0.5 ** np.arange(length)],
        whole=[3, 0.5],
        elsewhere=[0.25, np.nan],
    )


@pytest.fixture(autouse=True)
def _no_unexpected_warning() -> None:
    warnings.simplefilter("error")


def test_a_labelled_table_comes_back(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    writer.timeline("net", 0, stacked())
    for step, factor in ((20, 2.0), (10, 1.0), (20, 4.0)):
        writer.summary(step, tb_rnnview.summary.statistics_pb("net/lstm", statistics(4, factor)))
    writer.close()
    run = tb_rnnview.read(tmp_path)["."]
    assert run.timelines == {"net": [(0, stacked())]}
    table = run.statistics["net/lstm"]
    assert (table.layer, table.application, table.axis, table.rows) == ("lstm", 0, "time", ROWS)
    assert table.steps.tolist() == [10, 20]
    assert table.values("vote", "lstm/kernel").tolist() == [[0.25] * 4] * 2
    assert table.values("activation", "h").tolist() == [[1, 0.5, 0.25, 0.125], [4, 2, 1, 0.5]]
    assert table.whole("vote", "lstm/kernel").tolist() == [3, 3]
    assert table.elsewhere("vote", "lstm/kernel").tolist() == [0.25, 0.25]
    assert np.isnan(table.elsewhere("activation", "h")).all()
    assert table.at(20).length == 4
    with pytest.raises(KeyError, match=r"the first step is 10, the last is 20"):
        table.at(15)
    with pytest.raises(KeyError, match=r"no row 'vote of lstm'; there are: \('vote', 'lstm/k"):
        table.values("vote", "lstm")
    assert "2 training steps (10 – 20), 4 timesteps" in str(table)


def test_sequences_of_several_lengths(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    for step, length in enumerate((2, 4)):
        writer.summary(step, tb_rnnview.summary.statistics_pb("net/lstm", statistics(length)))
    writer.close()
    table = tb_rnnview.read(tmp_path)["."].statistics["net/lstm"]
    assert table.values("activation", "h").tolist()[1] == [1, 0.5, 0.25, 0.125]
    assert str(table.values("activation", "h").tolist()[0]) == "[1.0, 0.5, nan, nan]"
    assert "2 – 4 timesteps" in str(table)


def _newer(summary: summary_pb2.Summary) -> summary_pb2.Summary:
    label = summary.value[0].metadata.plugin_data
    message = timeline_pb2.StatisticsLabel.FromString(label.content)
    message.schema_version = 2
    label.content = message.SerializeToString()
    return summary


def test_a_newer_schema_is_skipped_with_one_warning(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    for step in range(2):
        writer.summary(step, tb_rnnview.summary.statistics_pb("good", statistics()))
        writer.summary(step, _newer(tb_rnnview.summary.statistics_pb("late", statistics())))
    writer.close()
    with pytest.warns(UserWarning, match="tag 'late' is skipped: these statistics follow") as seen:
        run = tb_rnnview.read(tmp_path)["."]
    assert len(seen) == 1
    assert list(run.statistics) == ["good"]


def _damaged(kind: str) -> summary_pb2.Summary:
    summary = tb_rnnview.summary.statistics_pb("net", statistics())
    tensor = summary.value[0].tensor
    table = np.frombuffer(tensor.tensor_content, "<f4").reshape(4, 6).copy()
    if kind == "empty":
        tensor.Clear()
    elif kind == "no numbers":
        tensor.ClearField("tensor_content")
    elif kind == "huge shape":
        tensor.tensor_shape.dim[1].size = 10**12
    elif kind == "cut":
        tensor.tensor_content = tensor.tensor_content[:-1]
    elif kind == "flat":
        del tensor.tensor_shape.dim[0]
        tensor.tensor_shape.dim[0].size = 24
    elif kind == "another type":
        tensor.dtype = 3
    elif kind == "another label":
        other = (ROWS[0], StatisticsRow("activation", "c", "RMS"))
        return tb_rnnview.summary.statistics_pb("net", statistics(rows=other))
    else:
        place, value = {
            "length": ((0, 0), 5),
            "no number": ((0, 0), np.nan),
            "position": ((0, 3), 1e38),
            "count": ((1, 3), 2),
            "part": ((0, 3), 0.5),
        }[kind]
        table[place] = value
        tensor.tensor_content = table.tobytes()
    return summary


@pytest.mark.parametrize(
    "kind",
    "empty, no numbers, huge shape, cut, flat, another type, another label, "
    "length, no number, position, count, part".split(", "),
)
def test_damaged_records_are_skipped_with_one_warning(tmp_path: Path, kind: str) -> None:
    writer = LiveWriter(tmp_path)
    writer.summary(0, tb_rnnview.summary.statistics_pb("net", statistics()))
    writer.summary(1, _damaged(kind))
    writer.summary(2, tb_rnnview.summary.statistics_pb("net", statistics()))
    writer.close()
    message = "tag 'net': damaged records are skipped, step 1$"
    with pytest.warns(UserWarning, match=message) as seen:
        run = tb_rnnview.read(tmp_path)["."]
    assert len(seen) == 1
    assert run.statistics["net"].steps.tolist() == [0, 2]


def test_a_tag_without_a_readable_label_is_skipped(tmp_path: Path) -> None:
    writer = LiveWriter(tmp_path)
    for step in range(2):
        summary = tb_rnnview.summary.statistics_pb("net", statistics())
        summary.value[0].metadata.plugin_data.content = b"\xff"
        writer.summary(step, summary)
    writer.close()
    with pytest.warns(UserWarning, match="damaged records are skipped, step 0, 1"):
        assert tb_rnnview.read(tmp_path)["."].statistics == {}


def test_data_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must be a tb_rnnview\.LayerStatistics, not Timeline"):
        tb_rnnview.summary.statistics_pb("net", stacked())
