"""What is joined in pairs, what comes after what, and where a reshape puts time: by hand."""

from __future__ import annotations

from tb_rnnview.analysis.ordering import in_order
from tb_rnnview.analysis.time_in_reshape import before_reshape
from tb_rnnview.analysis.unions import Unions
from tb_rnnview.analysis.where import Where


def test_pairs_with_a_number_in_common_are_one_group() -> None:
    found = Unions(range(6))
    assert found.join(4, 2) == 2
    assert found.join(4, 1) == 1
    found.join(3, 5)
    assert [found.of(k) for k in range(6)] == [0, 1, 1, 3, 1, 3]
    assert found.groups() == [[0], [1, 2, 4], [3, 5]]


def test_a_number_that_nobody_gave_is_a_group_of_its_own() -> None:
    found = Unions()
    assert found.of(7) == 7
    found.join(9, 8)
    assert found.groups() == [[7], [9, 8]]


def test_a_long_chain_of_pairs_is_one_group() -> None:
    found = Unions(range(5000))
    for k in reversed(range(4999)):
        found.join(k, k + 1)
    assert found.groups() == [list(range(5000))]


def test_everything_comes_after_what_is_before_it() -> None:
    """0 waits for 2, and 2 for 1; 3 waits for nothing, and has the highest rank."""
    assert in_order([[2], [], [1], []], [0, 1, 2, 3]) == [1, 2, 0, 3]


def test_on_a_circle_the_lowest_rank_comes_first() -> None:
    assert in_order([[1], [0]], [5, 4]) == [1, 0]


def test_time_that_was_joined_with_a_batch_is_found_there() -> None:
    """[6, 4] becomes [2, 3, 4]: its 3 positions lie within the 6, behind a batch of 2."""
    assert list(before_reshape((6, 4), (2, 3, 4), Where(1))) == [Where(0, outer=(2,), size=3)]
