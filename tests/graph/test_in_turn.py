"""The order in which nodes come after what they read."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tb_rnnview.graph.in_turn import in_turn


def place(count: int, edges: list[tuple[int, int]]) -> np.ndarray | None:
    ends = np.array(edges, np.int32).reshape(-1, 2)
    return in_turn(count, ends[:, 0], ends[:, 1])


def after_all_that_it_reads(count: int, edges: list[tuple[int, int]]) -> bool:
    found = place(count, edges)
    assert found is not None
    return all(found[a] < found[b] for a, b in edges)


def test_rows_forks_and_joins() -> None:
    row = [(k, k + 1) for k in range(9)]
    assert after_all_that_it_reads(10, row)
    assert after_all_that_it_reads(10, row[::-1])
    assert after_all_that_it_reads(10, [*row, (0, 5), (2, 9), (2, 9)])
    assert after_all_that_it_reads(3, [])


@pytest.mark.parametrize("seed", range(30))
def test_any_graph_in_any_order(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randrange(2, 60)
    names = chance.sample(range(count), count)
    edges = []
    for node in range(1, count):
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            edges.append((names[chance.randrange(max(0, node - 6), node)], names[node]))
    chance.shuffle(edges)
    assert after_all_that_it_reads(count, edges)


@pytest.mark.parametrize(
    "circle",
    [
        [(10, 10)],
        [(10, 11), (11, 10)],
        [(10, 11), (11, 12), (12, 10)],
        [(5, 5)],
        [(5, 6), (6, 5)],
        [(8, 4)],
        [(8, 4), (3, 4)],
        [(9, 0)],
    ],
)
def test_a_circle_has_no_order(circle: list[tuple[int, int]]) -> None:
    assert place(13, [(k, k + 1) for k in range(9)] + circle) is None
