"""Statistics: what fits together, how timesteps are merged, and the way there and back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_rnnview import LayerStatistics, Statistics, StatisticsRow, timeline_pb2
from tb_rnnview.statistics_codec import from_message, from_tensor, label_of, tensor_message

VOTE = StatisticsRow("vote", "kernel", "share", "sum")
ACTIVATION = StatisticsRow("activation", "h", "RMS")
ROWS = (VOTE, ACTIVATION)


def of_length(length: int, **more: int) -> LayerStatistics:
    return LayerStatistics.from_timesteps(
        "lstm",
        ROWS,
        [np.full(length, 1 / max(1, length)), np.arange(length)],
        whole=[2, 1],
        **more,
    )


@pytest.mark.parametrize(
    ("length", "columns", "last_count"),
    [(0, 0, 0), (1, 1, 1), (1024, 1024, 1), (1025, 513, 1), (2048, 1024, 2), (10_000, 1000, 10)],
)
def test_long_sequences_are_merged(length: int, columns: int, last_count: int) -> None:
    data = of_length(length)
    assert data.values.shape == (2, columns)
    assert data.counts.sum() == length
    assert not columns or data.counts[-1] == last_count
    assert data.values[0].sum() == pytest.approx(min(1, length), abs=1e-5)
    ends = data.starts + data.counts - 1
    assert data.values[1].tolist() == ends.tolist(), "the largest of 0, 1, 2, … is the last"


def test_what_is_not_defined_takes_part_in_a_sum_and_not_in_a_maximum() -> None:
    nan = np.nan
    data = LayerStatistics.from_timesteps(
        "lstm",
        ROWS,
        [[0.25, 0.75, nan, 1, 0.5], [nan, 2, nan, nan, np.inf]],
        whole=[1, nan],
        max_columns=3,
    )
    assert data.starts.tolist() == [0, 2, 4]
    assert data.counts.tolist() == [2, 2, 1]
    assert str(data.values.tolist()) == "[[1.0, nan, 0.5], [2.0, nan, inf]]"
    assert np.isnan(data.elsewhere).all()


@pytest.mark.parametrize("length", [0, 1, 3, 10_000])
def test_the_tensor_gives_back_what_was_put_in(length: int) -> None:
    data = of_length(length, application=2)
    read = from_message(label_of(data), tensor_message(data))
    for field in dataclasses.fields(LayerStatistics):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(data, field.name))


def test_arrays_cannot_be_written_to() -> None:
    data = of_length(3)
    table = Statistics(np.array([1]), (data,))
    for array in (data.values, data.whole, data.starts, table.steps):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.zeros((1, 3))}, r"values has shape \(1, 3\), not \(2, 3\)"),
        ({"whole": np.zeros(3)}, r"whole has shape \(3,\), not \(2,\)"),
        ({"counts": np.array([1, 1, 2])}, "do not cover the 3 timesteps once each"),
        ({"starts": np.array([1, 2, 3])}, "do not cover the 3 timesteps once each"),
        ({"length": 4}, "do not cover the 4 timesteps once each"),
        ({"length": -1}, "is no count"),
        ({"rows": (VOTE, VOTE)}, "two rows are of the same measure"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(of_length(3), **changes)


def test_readable() -> None:
    data = of_length(3, application=1)
    assert str(data).splitlines() == [
        "lstm (application 1): 3 timesteps",
        "                   unit   over t         all t",
        "  vote of kernel   share  0.333 … 0.333  |G| 2",
        "  activation of h  RMS    0 … 2          1",
    ]
    table = Statistics(np.array([0, 100]), (data, of_length(3)))
    assert str(table).splitlines()[:2] == [
        "lstm (application 1): 2 training steps (0 – 100), 3 timesteps",
        "                   unit   step 0  step 100",
    ]


def test_a_row_has_the_fields_of_its_message() -> None:
    ours = [f.name for f in dataclasses.fields(StatisticsRow)]
    assert ours == [f.name for f in timeline_pb2.StatisticsRow.DESCRIPTOR.fields]
    fields = set(timeline_pb2.StatisticsLabel.DESCRIPTOR.fields_by_name)
    names = {f.name for f in dataclasses.fields(LayerStatistics)}
    assert fields - {"schema_version"} <= names


def test_numbers_under_another_label_are_refused() -> None:
    data = of_length(3)
    label = label_of(dataclasses.replace(data, layer="gru"))
    with pytest.raises(ValueError, match="under another label"):
        from_message(label, tensor_message(data))
    with pytest.raises(ValueError, match="does not fit its label"):
        from_tensor(label, np.zeros((3, 5), np.float32))
