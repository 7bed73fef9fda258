"""The loss of a session's graph: given, or found and then held against what trains.

No operation says that it is the loss. A result of the network that is a single number may be one;
whether it is, the gradients tell that the optimizer applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tb_rnnview.errors import SourceError
from tb_rnnview.training.session_layers import WatchedLayer
from tb_rnnview.training.session_operations import reached

_APPLIES = ("grad", "delta")
"""What an optimizer's operation calls the gradient that it takes."""
_OFF = 1e-3
"""Much more than rounding makes of a gradient, and much less than another loss does."""

_HANDS_ON = ("Identity", "Exit", "Switch", "Merge", "NextIteration", "Enter")


def given_loss(loss: Any, graph: Any) -> Any:
    """The tensor that the user gave as the loss, by itself or by its name.

    Raises:
        SourceError: there is none in this graph.
    """
    if isinstance(loss, str):
        try:
            name = loss if ":" in loss else f"{loss}:0"
            return graph.get_tensor_by_name(name)
        except (KeyError, ValueError) as error:
            raise SourceError(f"loss={loss!r}: the graph has no tensor of that name") from error
    if getattr(loss, "graph", None) is not graph:
        raise SourceError("loss= must be a tensor of the session's graph, or the name of one")
    return loss


def found_loss(roots: Sequence[Any], layers: Sequence[WatchedLayer], graph: Any) -> Any:
    """The loss, as far as a graph tells: None = it does not.

    Args:
        roots: the network's results.
        layers: what has to have a part in it.
        graph: the ``tf.Graph``.
    """
    import tensorflow as tf

    losses = tf.compat.v1.losses
    with graph.as_default():
        if losses.get_losses():
            return losses.get_total_loss()
    states = (s for layer in layers for place in layer.places for s in place.states)
    ends = (end for layer in layers for end in layer.ends)
    parts = {tensor.op for tensor in (*states, *ends) if tensor is not None}
    numbers = [r for r in roots if r.dtype.is_floating and r.shape.rank == 0 and not _is_flow(r)]
    found = [r for r in numbers if not parts.isdisjoint(reached([r.op], _before))]
    return found[0] if len(found) == 1 else None


def differences(gradients: Sequence[tuple[Any, Any]]) -> Any:
    """How far gradients are from those that the optimizer applies; None = it applies none.

    Args:
        gradients: pairs of what stores a variable, and the loss' gradient with respect to it.

    Returns:
        float32 [2]: |found - applied| and |applied|.
    """
    import tensorflow as tf

    pairs = []
    for stored, gradient in gradients:
        for applied in _applied(stored):
            found = tf.cast(tf.convert_to_tensor(gradient), tf.float32)
            pairs.append((found, tf.cast(applied, tf.float32)))
    if not pairs:
        return None
    off = tf.add_n([tf.reduce_sum(tf.square(a - b)) for a, b in pairs])
    size = tf.add_n([tf.reduce_sum(tf.square(b)) for _, b in pairs])
    return tf.sqrt(tf.stack([off, size]))


def is_the_same(difference: Sequence[float]) -> bool:
    """Whether these `differences` are rounding. Of gradients that are not finite nothing tells."""
    off, size = difference
    return not off > _OFF * size


def _applied(stored: Any) -> list[Any]:
    """The gradients that optimizers apply to a variable."""
    found = []
    for taker in stored.consumers():
        names = [argument.name for argument in taker.op_def.input_arg]
        if "Apply" in taker.type and taker.inputs[0].name == stored.name:
            found += [taker.inputs[names.index(name)] for name in _APPLIES if name in names]
    return found


def _is_flow(tensor: Any) -> bool:
    """Whether a number only orders the accesses to an array."""

    def before(operation: Any) -> list[Any]:
        return _before(operation)[:1] if operation.type in _HANDS_ON else []

    return any(op.type.startswith("TensorArray") for op in reached([tensor.op], before))


def _before(operation: Any) -> list[Any]:
    return [tensor.op for tensor in operation.inputs]
