"""Which steps are logged, and their numbers."""

from __future__ import annotations

import pytest

from tb_rnnview.errors import SourceError
from tb_rnnview.training.schedule import Schedule


def fit(
    schedule: Schedule, epochs: range, calls: list[int], batches: int | None, trained: int = 0
) -> list[int]:
    """The numbers of the steps that one ``fit`` logs; ``calls``: what each call trains on."""
    logged = []
    schedule.begin_training(trained, batches)
    for epoch in epochs:
        schedule.begin_epoch(epoch)
        for size in calls:
            step = schedule.due(size)
            if step is not None:
                logged.append(step)
            schedule.trained(size)
    return logged


def test_the_first_batch_and_every_so_many() -> None:
    assert fit(Schedule(3), range(2), [1] * 5, 5) == [1, 3, 6, 9]


def test_batch_is_every_batch() -> None:
    assert fit(Schedule("batch"), range(1), [1] * 3, 3) == [1, 2, 3]


def test_a_second_fit_goes_on_counting() -> None:
    schedule = Schedule(4)
    assert fit(schedule, range(1), [1] * 5, 5) == [1, 4]
    assert fit(schedule, range(1), [1] * 5, 5) == [8]


def test_what_the_optimizer_made_without_us_counts() -> None:
    assert fit(Schedule(10), range(1), [1] * 10, 10, trained=95) == [96, 100]


def test_an_initial_epoch_counts_the_epochs_before_it() -> None:
    assert fit(Schedule(10), range(3, 4), [1] * 5, 5) == [16, 20]


def test_several_batches_at_once_are_called_by_their_first() -> None:
    # 10 batches an epoch in calls of 4, 4 and then 2, of which Keras 3 does not tell.
    assert fit(Schedule(5), range(2), [4, 4, 4], 10) == [1, 5, 9, 15, 19]


def test_once_an_epoch_is_its_last_batch() -> None:
    schedule = Schedule("epoch")
    schedule.begin_training(0, 3)
    schedule.begin_epoch(0)
    assert schedule.due(1) is None
    schedule.trained(1)
    assert schedule.due(1) is None
    schedule.trained(1)
    assert schedule.due(1) == 0


def test_once_an_epoch_of_unknown_size_is_its_first_batch() -> None:
    assert fit(Schedule("epoch"), range(2), [1] * 4, None) == [0, 1]


def test_the_epochs_of_a_second_fit_follow_those_of_the_first() -> None:
    schedule = Schedule("epoch")
    assert fit(schedule, range(2), [1] * 4, 4) == [0, 1]
    assert fit(schedule, range(2), [1] * 4, 4) == [2, 3]
    assert fit(schedule, range(4, 6), [1] * 4, 4) == [4, 5]


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "epochs", True, None])
def test_what_is_no_frequency_is_refused(wrong: object) -> None:
    with pytest.raises(SourceError, match="update_freq must be"):
        Schedule(wrong)
