"""Tensors of all timesteps of a layer, kept where each timestep runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tb_rnnview.training.session_layers import WatchedLayer


class OverTime:
    """A tensor for each timestep, kept where the timestep runs."""

    def __init__(self, layer: WatchedLayer, dtype: Any, rank: int, missing: float) -> None:
        """Takes the rank of the tensors, the batch first, and what stands for one never kept."""
        self._layer, self._dtype, self._rank, self._missing = layer, dtype, rank, missing
        self._graph = layer.graph
        self._kept: dict[int, Any] = {}
        self._array: tuple[Any, Any] | None = None
        self.is_there = False

    def keep(self, position: Any, value: Any) -> list[Any]:
        """Keeps a value; gives what has to run for that."""
        import tensorflow as tf

        self.is_there = True
        value = tf.cast(value, self._dtype)
        if not self._layer.is_loop:
            self._kept[position] = value
            return []
        if self._array is None:
            # Outside of the loop whose derivative is being made.
            with self._graph.as_default(), tf.control_dependencies(None):
                self._array = tf.raw_ops.TensorArrayV3(
                    size=tf.constant(0),
                    dtype=self._dtype,
                    dynamic_size=True,
                    clear_after_read=False,
                )
        handle, flow = self._array
        return [
            tf.raw_ops.TensorArrayWriteV3(
                handle=handle, index=tf.cast(position, tf.int32), value=value, flow_in=flow
            )
        ]

    def stacked(self, after: Sequence[Any]) -> Any:
        """All of them: [T, batch, …]; T is how many timesteps ran."""
        import tensorflow as tf

        if self._array is None:
            like = next(iter(self._kept.values()))
            nothing = tf.fill(tf.shape(like), tf.constant(self._missing, self._dtype))
            return tf.stack([self._kept.get(t, nothing) for t in range(self._layer.length)])
        handle, flow = self._array
        with tf.control_dependencies(after):
            flow = tf.identity(flow)
        size = tf.raw_ops.TensorArraySizeV3(handle=handle, flow_in=flow)
        found = tf.compat.v1.cond(
            size > 0,
            lambda: tf.raw_ops.TensorArrayGatherV3(
                handle=handle, indices=tf.range(size), flow_in=flow, dtype=self._dtype
            ),
            lambda: tf.zeros([0] * (self._rank + 1), self._dtype),  # no timestep, no shape
        )
        found.set_shape([None] * (self._rank + 1))
        return found
