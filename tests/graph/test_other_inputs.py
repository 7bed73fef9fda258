"""Edges with other inputs for some nodes, and sequences of which some items are left."""

from __future__ import annotations

import numpy as np
import pytest

from tb_rnnview.graph.other_inputs import starts, with_other_inputs
from tb_rnnview.graph.picked import Picked, PickedPlaces


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def test_nodes_that_read_something_else() -> None:
    # Node 1 reads 0; node 2 reads 0 and 1:5; node 3 reads 2.
    count, source, port = ints(0, 1, 2, 1), ints(0, 0, 1, 2), ints(0, 0, 5, 0)
    found = with_other_inputs(count, source, port, {2: [], 1: [(3, 7), (2, 8)]})
    assert [x.tolist() for x in found] == [[0, 2, 0, 1], [3, 2, 2], [7, 8, 0]]
    assert list(starts(found[0])) == [0, 0, 2, 2, 3]


def test_nothing_that_changes() -> None:
    found = with_other_inputs(ints(0, 1), ints(0), ints(4), {})
    assert [x.tolist() for x in found] == [[0, 1], [0], [4]]


def test_items_that_are_left_and_others_behind_them() -> None:
    names = Picked(["a", "b", "c", "d"], np.array([1, 3]), ["e"])
    assert list(names) == ["b", "d", "e"]
    assert (names[-1], names[-3], names[1:]) == ("e", "b", ["d", "e"])
    with pytest.raises(IndexError):
        names[3]
    old = {"a": 0, "b": 1, "c": 2, "d": 3}
    places = PickedPlaces(names, old, np.array([-1, 0, -1, 1]))
    assert dict(places) == {"b": 0, "d": 1, "e": 2}
    assert "a" not in places
    assert places.get("nobody") is None
