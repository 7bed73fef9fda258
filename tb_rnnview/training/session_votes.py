"""What timesteps give to the gradient of a variable, from what its uses took and gave.

A use is linear in the variable: z = f(x, W). With d = dL/dz the part of a timestep in the gradient
is G_t = (df/dW)^T d, and so <G_t, G> = <f(x, G), d>: a product for each timestep, and no G_t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tb_rnnview.training.session_arrays import OverTime
from tb_rnnview.training.session_layers import Part


@dataclass
class Uses:
    """One operation of a layer's timestep that takes a variable, over time."""

    part: Part
    shape: tuple[int, ...]
    """Of the variable."""
    taken: OverTime
    given: OverTime

    @property
    def is_there(self) -> bool:
        """Whether a derivative has come by."""
        return self.given.is_there

    def keep(self, position: Any, operation: Any, slot: int, gradient: Any) -> list[Any]:
        """Keeps what a timestep took beside the variable, and the gradient of what it gave."""
        import tensorflow as tf

        kept = self.given.keep(position, tf.convert_to_tensor(gradient))
        if operation.type in ("MatMul", "Mul"):
            kept += self.taken.keep(position, operation.inputs[1 - slot])
        return kept

    def stacked(self, after: Any) -> Stacked:
        """All timesteps."""
        taken = self.taken.stacked(after) if self.taken.is_there else None
        return Stacked(self.part, self.shape, taken, self.given.stacked(after))


@dataclass
class Stacked:
    """One operation's inputs and gradients over all timesteps."""

    part: Part
    shape: tuple[int, ...]
    taken: Any
    """float32 [T, batch, inputs]; None = the operation adds the variable."""
    given: Any
    """float32 [T, batch, outputs]"""

    def gradient(self) -> Any:
        """What it gives to the gradient of the variable, all timesteps together."""
        import tensorflow as tf

        sizes, paddings = list(self.shape), [[0, 0] for _ in self.shape]
        for dimension, start, stop in self.part.region:
            sizes[dimension] = stop - start
            paddings[dimension] = [start, self.shape[dimension] - stop]
        variable = tf.zeros(sizes)
        total = tf.reduce_sum(self._applied(variable) * self._rows(self.given))
        (found,) = tf.gradients(total, [variable])
        return tf.pad(found, paddings)

    def products(self, direction: Any) -> Any:
        """<G_t, direction> of each sequence: float32 [T, batch].

        Args:
            direction: of the variable's shape.
        """
        import tensorflow as tf

        slices = [slice(None)] * len(self.shape)
        for dimension, start, stop in self.part.region:
            slices[dimension] = slice(start, stop)
        found = self._applied(direction[tuple(slices)]) * self._rows(self.given)
        return tf.reshape(tf.reduce_sum(found, -1), tf.shape(self.given)[:2])

    def _applied(self, variable: Any) -> Any:
        """What the operation makes of another value of the variable, or of the part it takes."""
        import tensorflow as tf

        operation = self.part.operation
        if operation.type == "MatMul":
            turned = operation.get_attr("transpose_b")
            return tf.matmul(self._rows(self.taken), variable, transpose_b=turned)
        if operation.type == "Mul":
            return self._rows(self.taken) * variable
        return tf.broadcast_to(variable, tf.shape(self._rows(self.given)))

    def _rows(self, over_time: Any) -> Any:
        import tensorflow as tf

        # Its columns are known where it was made, and not where it comes out of an array.
        width = self.part.operation.inputs[1 - self.part.slot].shape[-1]
        if over_time is self.given:
            width = self.part.operation.outputs[0].shape[-1]
        return tf.reshape(over_time, [-1, width or tf.shape(over_time)[-1]])
