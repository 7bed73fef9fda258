"""Layers that a program calls on one element after the other, handing their states on itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
import tensorflow as tf

from tb_rnnview import analyze
from tb_rnnview.analysis import analyze as passes
from tb_rnnview.analysis import chained_steps
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.timeline import Timeline


def test_loops_that_feed_each_other_come_to_their_axis_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each call reads what the one before it wrote, so that all loops are on one axis already."""
    keras = pytest.importorskip("keras", minversion="3")
    gru = keras.layers.GRU(3, return_sequences=True, return_state=True)
    seen: list[Analysis] = []
    describe = passes.describe

    def described(found: Analysis, lengths: Mapping[str, int]) -> Timeline:
        seen.append(found)
        return describe(found, lengths)

    monkeypatch.setattr(passes, "describe", described)

    @tf.function
    def decode(y: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        for _ in range(5):
            y, state = gru(y, initial_state=state)
        return y

    timeline = analyze(decode, inputs=(tf.zeros((2, 1, 3)), tf.zeros((2, 3))))
    assert [axis.length for axis in timeline.axes] == [5]
    assert [len(axis.loops) for axis in seen[-1].axes.all] == [5]


def two_cells(run: Callable[..., Any]) -> dict[str, list[tuple[int, int | None, int]]]:
    """The uses (start, stop, reads) of each variable in three calls of a layer with two cells."""
    keras = pytest.importorskip("keras", minversion="3")
    cells = [keras.layers.GRUCell(4, name="low"), keras.layers.GRUCell(4, name="high")]
    stack = keras.layers.RNN(cells, return_state=True)
    state = tf.zeros((2, 4))
    given = (tf.zeros((2, 3, 5)), state, state, state)
    timeline = analyze(tf.function(partial(run, stack)), inputs=given)
    assert [axis.length for axis in timeline.axes] == [3]
    return {v.name: [(u.start, u.stop, u.reads) for u in v.uses] for v in timeline.variables}


def test_a_cell_that_starts_anew_in_a_loop_in_which_another_one_goes_on() -> None:
    """The lower cell hands its state on twice. The upper one does so once, and then starts anew."""

    def run(stack: Any, x: tf.Tensor, low: tf.Tensor, high: tf.Tensor, anew: tf.Tensor) -> Any:
        found = []
        for t in range(3):
            start = [low, anew if t == 2 else high]
            y, low, high = stack(x[:, t : t + 1], initial_state=start)
            found.append(y)
        return found

    for name, uses in two_cells(run).items():
        each = [(0, 1, 1), (1, 2, 1), (2, 3, 1)] if "high" in name else [(0, 3, 1)]
        assert uses == each, name


def test_a_cell_of_which_only_the_last_timestep_counts() -> None:
    """What the upper cell makes of the first two elements goes nowhere: it is never run."""

    def run(stack: Any, x: tf.Tensor, low: tf.Tensor, high: tf.Tensor, anew: tf.Tensor) -> Any:
        y = x
        for t in range(3):
            start = [low, anew if t == 2 else high]
            y, low, high = stack(x[:, t : t + 1], initial_state=start)
        return y

    for name, uses in two_cells(run).items():
        assert uses == ([(2, 3, 1)] if "high" in name else [(0, 3, 1)]), name


def test_many_steps_in_a_row_do_not_take_much_longer_each() -> None:
    """What each step leads to is told of all nodes at once, whatever goes round in their loops."""
    asked = 0
    count = 400

    def sources(node: int) -> list[int]:
        nonlocal asked
        asked += 1
        # In each step two nodes that lead to each other; the first also comes after the step before
        return [node + 1, node - 1] if node % 2 == 0 else [node - 1]

    def readers(node: int) -> list[int]:
        return [node + 1] if node % 2 == 0 else [node - 1, node + 1]

    def within(nodes: list[int]) -> list[int]:
        return [n for n in nodes if 0 <= n < 2 * count]

    steps = [{2 * k} for k in range(count)]
    bits = chained_steps._spread(steps, lambda n: within(sources(n)), lambda n: within(readers(n)))
    assert bits[2 * count - 1] == (1 << count) - 1
    assert bits[0] == 1
    assert bits[3] == 0b11
    assert asked <= 6 * count
