"""What becomes of a mask on its way through the layers of a configuration.

Keras hands masks on beside the data, as far as each layer can. A layer that cannot drops them, and
the layers after it do not learn of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tb_rnnview.sources.configured_layer import Mask
from tb_rnnview.sources.keras_calls import Value
from tb_rnnview.sources.keras_classes import is_recurrent

_HAND_ON = frozenset(
    "Activation ActivityRegularization AlphaDropout BatchNormalization Dense Dropout ELU "
    "GaussianDropout GaussianNoise Identity LayerNormalization LeakyReLU PReLU ReLU Softmax "
    "SpatialDropout1D".split()
)
# They work along time, and know of no masks.
_DROP = frozenset(
    "AveragePooling1D Conv1D Conv1DTranspose Cropping1D DepthwiseConv1D MaxPooling1D "
    "SeparableConv1D UpSampling1D ZeroPadding1D".split()
)
_OPERATIONS = frozenset("Add Divide Multiply Subtract TrueDivide".split())


def mask_after(
    kind: str,
    config: Mapping[str, Any],
    name: str,
    values: Sequence[Value],
    *,
    is_operation: bool,
) -> Mask | None:
    """The mask that is known beside what a layer gives, or was there; None = nothing is known.

    Args:
        kind: the layer's class.
        config: its configuration.
        name: what the program calls it.
        values: what it takes.
        is_operation: it is an operation on tensors (``a + b``), and no layer.
    """
    mask = values[0].mask if len(values) == 1 else None
    if is_operation:
        return _lost(mask, name) if kind in _OPERATIONS else None
    if kind == "Masking" or (kind == "Embedding" and config.get("mask_zero") is True):
        return Mask(name)
    if kind in _HAND_ON:
        return mask
    if kind in _DROP:
        return _lost(mask, name)
    inside = config.get("layer")
    if kind == "Bidirectional" and isinstance(inside, Mapping):
        kind, config = str(inside.get("class_name")), inside.get("config", {})
    if (is_recurrent(kind) or kind == "RNN") and config.get("return_sequences"):
        return values[0].mask
    return None


def takes_mask(call: Any) -> bool:
    """Whether a call is given a mask by its arguments."""
    pending = [call]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if any(key.endswith("mask") and part[key] is not None for key in part):
                return True
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
    return False


def _lost(mask: Mask | None, at: str) -> Mask | None:
    return mask if mask is None or mask.lost_at else replace(mask, lost_at=at)
