"""Sequences one behind the other."""

from __future__ import annotations

import pytest

from tb_rnnview.graph.joined import Joined, ScopedNames


def test_items_of_several_sequences() -> None:
    joined: Joined[int] = Joined()
    assert len(joined) == 0
    grows = [3]
    for part in ((0, 1, 2), grows):
        joined.extend(part)
    grows.append(4)
    assert list(joined) == joined[:] == [0, 1, 2, 3, 4]
    assert (joined[0], joined[3], joined[-1], joined[1:4:2]) == (0, 3, 4, [1, 3])
    for at in (5, -6):
        with pytest.raises(IndexError):
            joined[at]


def test_names_below_a_scope() -> None:
    names = ScopedNames("a/", ["b", "a/c", "d"], {2: "e"})
    assert list(names) == names[:] == ["a/b", "a/c", "e"]
    assert len(names) == 3
