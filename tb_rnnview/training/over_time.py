"""Elements of sequences for a loop over time, so that time and memory grow with T and no faster.

A TensorArray would do, but for the gradient of reading it: that makes, at each timestep, an array
of T elements for the one that was read, and adds it to the others. The gradient of taking the last
element off a list is putting one back.
"""

from __future__ import annotations

from typing import Any


class Elements:
    """The elements of a tensor [T, …], taken one after the other."""

    def __init__(self, over_time: Any) -> None:
        import tensorflow as tf

        self._dtype = over_time.dtype
        self._shape = over_time.shape[1:]
        self.first = tf.raw_ops.TensorListFromTensor(
            tensor=tf.reverse(over_time, [0]), element_shape=_shape(self._shape)
        )
        """What the loop carries, before it begins."""

    def taken(self, carried: Any) -> tuple[Any, Any]:
        """What the loop carries on, and the next element."""
        import tensorflow as tf

        after, element = tf.raw_ops.TensorListPopBack(
            input_handle=carried, element_shape=_shape(self._shape), element_dtype=self._dtype
        )
        element.set_shape(self._shape)
        return after, element


def as_bits(tensor: Any) -> Any:
    """The tensor as whole numbers, which have no gradient; `from_bits` gives it back.

    What a loop only keeps would else be followed back through all timesteps, to add nothing.
    """
    import tensorflow as tf

    return tf.bitcast(tensor, bits_of(tensor.dtype)) if tensor.dtype.is_floating else tensor


def bits_of(dtype: Any) -> Any:
    """The dtype that `as_bits` gives."""
    import tensorflow as tf

    if not dtype.is_floating:
        return dtype
    return {2: tf.int16, 4: tf.int32, 8: tf.int64}[dtype.size]


def from_bits(bits: Any, dtype: Any) -> Any:
    """The opposite of `as_bits`."""
    import tensorflow as tf

    return tf.bitcast(bits, dtype) if dtype.is_floating else bits


def _shape(shape: Any) -> Any:
    import tensorflow as tf

    return tf.constant([-1 if size is None else size for size in shape.as_list()], tf.int32)
