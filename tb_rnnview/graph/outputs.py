"""The order of an operation's named outputs.

Inside a function an input is written ``node:name:index``, by the name of an output; everywhere
else outputs have positions. Operations with a single (possibly repeated) output need no entry.
"""

from __future__ import annotations

_NORM = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2")
_OUTPUTS = {
    "Switch": ("output_false", "output_true"),
    "RefSwitch": ("output_false", "output_true"),
    "Merge": ("output", "value_index"),
    "RefMerge": ("output", "value_index"),
    "TensorArrayV2": ("handle",),
    "TensorArrayV3": ("handle", "flow"),
    "TensorArrayGradV3": ("grad_handle", "flow_out"),
    "TensorArrayConcatV3": ("value", "lengths"),
    "TensorListPopBack": ("output_handle", "tensor"),
    "TensorListConcatV2": ("tensor", "lengths"),
    "SoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "SparseSoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "FusedBatchNorm": _NORM,
    "FusedBatchNormV2": _NORM,
    "FusedBatchNormV3": (*_NORM, "reserve_space_3"),
    "BroadcastGradientArgs": ("r0", "r1"),
    "TopK": ("values", "indices"),
    "TopKV2": ("values", "indices"),
    "Unique": ("y", "idx"),
    "UniqueV2": ("y", "idx"),
    "LSTMBlockCell": ("i", "cs", "f", "o", "ci", "co", "h"),
    "GRUBlockCell": ("r", "u", "c", "h"),
    "BlockLSTM": ("i", "cs", "f", "o", "ci", "co", "h"),
    "BlockLSTMV2": ("i", "cs", "f", "o", "ci", "co", "h"),
    "CudnnRNN": ("output", "output_h", "output_c", "reserve_space"),
    "CudnnRNNV2": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
    "CudnnRNNV3": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
}


def position(op: str, name: str, index: int) -> int:
    """The position of output ``index`` of the group that ``name`` names."""
    names = _OUTPUTS.get(op)
    if names is None:
        return index
    return names.index(name) + index if name in names else index
