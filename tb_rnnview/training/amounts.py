"""Sums over the sequences that run at a timestep: root mean squares, and what is not finite."""

from __future__ import annotations

from typing import Any


def sums_of_squares(over_time: Any, is_live: Any) -> Any:
    """The sum of squares at each timestep, of the sequences that run.

    Args:
        over_time: [T, batch, …]
        is_live: bool [T, batch]; None = all run.

    Returns:
        float64 [T]: a gradient of 1e-30 has a square that float32 does not hold.
    """
    import tensorflow as tf

    squares = tf.square(tf.cast(over_time, tf.float64))
    return _of_live(squares, is_live)


def not_finite(over_time: Any, is_live: Any) -> Any:
    """How many values at each timestep are NaN or infinite, of the sequences that run.

    Args:
        over_time: [T, batch, …]
        is_live: bool [T, batch]; None = all run.

    Returns:
        float64 [T]
    """
    import tensorflow as tf

    return _of_live(tf.cast(~tf.math.is_finite(over_time), tf.float64), is_live)


def norm(values: Any) -> Any:
    """The Euclidean norm of a tensor: float64 []."""
    import tensorflow as tf

    return tf.sqrt(tf.reduce_sum(tf.square(tf.cast(values, tf.float64))))


def _of_live(values: Any, is_live: Any) -> Any:
    import tensorflow as tf

    if is_live is not None:
        per_sequence = tf.reduce_sum(values, list(range(2, len(values.shape))))
        return tf.reduce_sum(tf.where(is_live, per_sequence, tf.zeros_like(per_sequence)), 1)
    return tf.reduce_sum(values, list(range(1, len(values.shape))))
