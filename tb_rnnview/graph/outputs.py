"""The order of an operation's named outputs.

Inside a function an input is written ``node:name:index``, by the name of an output; everywhere
else outputs have positions. Operations with a single (possibly repeated) output need no entry.
"""

from __future__ import annotations

_LSTM = ("i", "cs", "f", "o", "ci", "co", "h")
_CUDNN = ("output", "output_h", "output_c", "reserve_space")
_SPARSE = ("output_indices", "output_values", "output_shape")
_SAMPLED = ("sampled_candidates", "true_expected_count", "sampled_expected_count")
_NORM_GRAD = ("x_backprop", "scale_backprop", "offset_backprop")
_CUDNN_GRAD = ("input_backprop", "input_h_backprop", "input_c_backprop", "params_backprop")
_LSTM_GRAD = ("cs_prev_grad", "h_prev_grad", "w_grad", "wci_grad", "wcf_grad", "wco_grad", "b_grad")
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
    "LSTMBlockCell": _LSTM,
    "LSTMBlockCellGrad": ("cs_prev_grad", "dicfo", "wci_grad", "wcf_grad", "wco_grad"),
    "GRUBlockCell": ("r", "u", "c", "h"),
    "GRUBlockCellGrad": ("d_x", "d_h_prev", "d_c_bar", "d_r_bar_u_bar"),
    "BlockLSTM": _LSTM,
    "BlockLSTMV2": _LSTM,
    "BlockLSTMGrad": ("x_grad", *_LSTM_GRAD),
    "BlockLSTMGradV2": ("x_grad", *_LSTM_GRAD),
    "CudnnRNN": _CUDNN,
    "CudnnRNNV2": (*_CUDNN, "host_reserved"),
    "CudnnRNNV3": (*_CUDNN, "host_reserved"),
    "CudnnRNNBackprop": _CUDNN_GRAD,
    "CudnnRNNBackpropV2": _CUDNN_GRAD,
    "CudnnRNNBackpropV3": _CUDNN_GRAD,
    "FusedBatchNormGrad": (*_NORM_GRAD, "reserve_space_3", "reserve_space_4"),
    "FusedBatchNormGradV2": (*_NORM_GRAD, "reserve_space_3", "reserve_space_4"),
    "FusedBatchNormGradV3": (*_NORM_GRAD, "reserve_space_4", "reserve_space_5"),
    "TensorArrayGradWithShape": ("grad_handle", "flow_out"),
    "TensorListConcat": ("tensor", "lengths"),
    "MaxPoolWithArgmax": ("output", "argmax"),
    "CTCLoss": ("loss", "gradient"),
    "CTCLossV2": ("loss", "gradient"),
    "UniqueWithCounts": ("y", "idx", "count"),
    "UniqueWithCountsV2": ("y", "idx", "count"),
    "ListDiff": ("out", "idx"),
    "SelfAdjointEigV2": ("e", "v"),
    "Qr": ("q", "r"),
    "Svd": ("s", "u", "v"),
    "Lu": ("lu", "p"),
    "LogMatrixDeterminant": ("sign", "log_abs_determinant"),
    "SparseReshape": ("output_indices", "output_shape"),
    "SparseReorder": ("output_indices", "output_values"),
    "SparseConcat": _SPARSE,
    "SparseSlice": _SPARSE,
    "SparseCross": _SPARSE,
    "SparseFillEmptyRows": (*_SPARSE[:2], "empty_row_indicator", "reverse_index_map"),
    "DenseToSparseSetOperation": ("result_indices", "result_values", "result_shape"),
    "StringSplit": ("indices", "values", "shape"),
    "StringSplitV2": ("indices", "values", "shape"),
    "RaggedRange": ("rt_nested_splits", "rt_dense_values"),
    "RaggedTensorToSparse": ("sparse_indices", "sparse_values", "sparse_dense_shape"),
    "StatelessRandomGetKeyCounter": ("key", "counter"),
    "StatelessRandomGetKeyCounterAlg": ("key", "counter", "alg"),
    "LogUniformCandidateSampler": _SAMPLED,
    "UniformCandidateSampler": _SAMPLED,
    "LearnedUnigramCandidateSampler": _SAMPLED,
    "FixedUnigramCandidateSampler": _SAMPLED,
    "AllCandidateSampler": _SAMPLED,
    "LookupTableExportV2": ("keys", "values"),
}


def position(op: str, name: str, index: int) -> int:
    """The position of output ``index`` of the group that ``name`` names."""
    names = _OUTPUTS.get(op)
    if names is None:
        return index
    return names.index(name) + index if name in names else index
