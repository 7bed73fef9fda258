"""Layers that a program calls on one element after the other, handing their states on itself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import tensorflow as tf

from tb_rnnview import analyze
from tb_rnnview.analysis import analyze as passes
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
