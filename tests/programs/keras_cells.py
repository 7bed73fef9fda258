"""The variables of Keras layers: what each is to its layer. For Keras 3 and Keras 2 alike."""

from __future__ import annotations

from typing import Any

from tests.programs import cells
from tests.programs.program import Uses, Weight
from tests.programs.tf2 import name_of

GATES = {
    "LSTM": cells.KERAS_LSTM_GATES,
    "GRU": cells.KERAS_GRU_GATES,
    "SimpleRNN": (),
}


def recurrent(
    layer: Any, key: str, axes: tuple[str, ...] = ("time",), cell: str = ""
) -> cells.Weights:
    """The variables of an LSTM, GRU or SimpleRNN layer, or of its cell.

    Args:
        layer: it.
        key: what the truth calls it.
        axes: on which it runs.
        cell: "LSTM", "GRU" or "SimpleRNN". "" = as its class is called.
    """
    own = getattr(layer, "cell", layer)
    gates = GATES[cell or type(own).__name__.removesuffix("Cell")]
    blocks = cells.columns(gates, own.units)
    use = cells.uses(key, axes)
    return {
        name_of(own.kernel): Weight("kernel", use, blocks),
        name_of(own.recurrent_kernel): Weight("recurrent_kernel", use, blocks),
        name_of(own.bias): Weight("bias", use),
    }


def dense(layer: Any, key: str, axis: str = "", times: int = 1) -> cells.Weights:
    """The variables of a Dense layer, applied in so many places."""
    use = (Uses(key, axis),) * times
    return {name_of(layer.kernel): Weight("kernel", use), name_of(layer.bias): Weight("bias", use)}


def embedding(layer: Any, key: str, axis: str = "", times: int = 1) -> cells.Weights:
    """The variable of an Embedding layer."""
    return {name_of(layer.embeddings): Weight("embedding", (Uses(key, axis),) * times)}
