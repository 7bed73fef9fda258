"""Whether a graph is one that TensorFlow could run, as far as whoever reads it relies on that.

Everything behind this point takes for granted: the operations below have the inputs and the
attributes that their definition demands, and only a loop's NextIteration leads back.
"""

from __future__ import annotations

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.alike import alike
from tb_rnnview.graph.form import MERGE, NEXT, CircleError, Graph


def _counts(text: str) -> dict[str, int]:
    """{operation: inputs} from lines of a count and the operations that have it."""
    found = {}
    for line in text.strip().splitlines():
        count, *names = line.split()
        found.update(dict.fromkeys(names, int(count)))
    return found


EXACTLY = _counts("""
1 Abs Acos Acosh Asin Asinh Atan Atanh AvgPool AvgPool3D Cast Ceil CheckNumerics Cos Cosh Elu Empty
1 Enter Erf Erfc Exit Exp Expm1 Floor Identity Inv IsFinite IsInf IsNan IteratorGetNext
1 IteratorGetNextSync LRN LeakyRelu Lgamma Log Log1p LogSoftmax LogicalNot LoopCond MaxPool
1 MaxPool3D Neg NextIteration OnesLike OptionalGetValue OptionalHasValue PlaceholderWithDefault
1 PreventGradient RandomStandardNormal RandomUniform Rank ReadVariableOp Reciprocal RefEnter RefExit
1 RefNextIteration Relu Relu6 Rint Round Rsqrt Selu Shape Sigmoid Sign Sin Sinh Size Snapshot
1 Softmax Softplus Softsign Sqrt Square Squeeze StopGradient Tan Tanh TensorArray TensorArrayV2
1 TensorArrayV3 TensorListConcat TensorListLength TruncatedNormal Unpack VariableShape ZerosLike
2 Add AddV2 All Any ArgMax ArgMin Assign AssignAdd AssignAddVariableOp AssignSub AssignSubVariableOp
2 AssignVariableOp Atan2 BatchMatMul BatchMatMulV2 BatchMatMulV3 BiasAdd BiasAddV1 BroadcastTo
2 ConjugateTranspose Conv2D Conv3D DepthwiseConv2dNative Div DivNoNan Equal ExpandDims Fill FloorDiv
2 FloorMod Gather GatherNd Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr MatMul Max
2 Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan NotEqual Pad Pow Prod RealDiv RefSwitch
2 Reshape ResizeBicubic ResizeBilinear ResizeNearestNeighbor ResourceGather Reverse ReverseSequence
2 ReverseV2 SparseMatMul Split SquaredDifference Sub Sum Switch TensorArrayConcat
2 TensorArrayConcatV2 TensorArrayConcatV3 TensorArrayPack TensorArraySize TensorArraySizeV2
2 TensorArraySizeV3 TensorListFromTensor TensorListPushBack TensorListReserve TensorListResize
2 TensorListStack Tile Transpose TruncateDiv Xdivy Xlogy
3 BatchToSpaceND ClipByValue Conv2DBackpropInput Conv3DBackpropInputV2 GatherV2 PadV2
3 RandomUniformInt Range Select SelectV2 Slice SpaceToBatchND SplitV TensorArrayGather
3 TensorArrayGatherV2 TensorArrayGatherV3 TensorArrayRead TensorArrayReadV2 TensorArrayReadV3
3 TensorArrayUnpack TensorListConcatV2 TensorListGather TensorListGetItem TensorListScatter
3 TensorListScatterIntoExistingList TensorListSetItem TensorListSplit
4 OneHot SparseTensorDenseMatMul StridedSlice TensorArrayScatter TensorArrayScatterV2
4 TensorArrayScatterV3 TensorArraySplit TensorArraySplitV2 TensorArraySplitV3 TensorArrayWrite
4 TensorArrayWriteV2 TensorArrayWriteV3 TensorListScatterV2
5 FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3
4 CudnnRNN CudnnRNNParamsToCanonical CudnnRNNParamsToCanonicalV2 CudnnRNNV2
5 CudnnRNNV3
6 GRUBlockCell
8 LSTMBlockCell
9 BlockLSTM BlockLSTMV2
""")
"""Operations with a fixed number of inputs."""

AT_LEAST = _counts("""
1 AddN Einsum IdentityN Merge Pack Print RefMerge ShapeN
3 Concat ConcatV2
4 RaggedTensorToTensor
""")
"""Operations that take a list, with the shortest that they take."""

ATTRIBUTES = {
    "Const": ("value",),
    "Enter": ("frame_name",),
    "RefEnter": ("frame_name",),
    "ReverseSequence": ("seq_dim",),
    "Split": ("num_split",),
    **dict.fromkeys(("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"), ("ksize", "padding")),
    **dict.fromkeys(
        (
            *("Conv2D", "Conv3D", "DepthwiseConv2dNative"),
            *("Conv2DBackpropInput", "Conv3DBackpropInputV2"),
        ),
        ("strides", "padding"),
    ),
}
"""Attributes that have no default and are read."""


def check_sound(graph: Graph) -> None:
    """Passes a graph that can be relied on.

    Raises:
        SourceError: a node lacks inputs or attributes, or reads its own result.
    """
    lacks_inputs = _lacking_inputs(graph)
    lacks_attribute = _lacking_attribute(graph)
    if lacks_inputs is not None and lacks_inputs <= (lacks_attribute or (len(graph),))[0]:
        raise _damaged(graph, lacks_inputs, _inputs_lacked(graph, lacks_inputs))
    if lacks_attribute is not None:
        raise _damaged(graph, lacks_attribute[0], f"has no attribute {lacks_attribute[1]!r}")
    try:
        graph.edges.order  # noqa: B018 - asking for it is the check
    except CircleError as error:
        node = _on_circle(graph, error.waiting)
        raise _damaged(graph, node, "reads its own result, and not in a loop") from None


def _lacking_inputs(graph: Graph) -> int | None:
    """The first node that has too few inputs, or too many."""
    import numpy as np

    exactly = np.array([EXACTLY.get(op, -1) for op in graph.op_names], int)[graph.edges.op]
    at_least = np.array([AT_LEAST.get(op, 0) for op in graph.op_names], int)[graph.edges.op]
    count = graph.edges.count
    lacking = np.flatnonzero(((exactly >= 0) & (count != exactly)) | (count < at_least))
    return int(lacking[0]) if len(lacking) else None


def _inputs_lacked(graph: Graph, node: int) -> str:
    op, count = graph.op(node), len(graph.sources(node))
    if op in EXACTLY:
        return f"has {count} inputs, not {EXACTLY[op]}"
    return f"has {count} inputs, not at least {AT_LEAST[op]}"


def _lacking_attribute(graph: Graph) -> tuple[int, str] | None:
    """The first node that lacks an attribute, and which."""
    for node in sorted(set(alike(graph, graph.nodes_of(*ATTRIBUTES)).tolist())):
        for name in ATTRIBUTES[graph.op(node)]:
            if graph.attr(node, name) is None:
                return node, name
    return None


def _damaged(graph: Graph, node: int, what: str) -> SourceError:
    return SourceError(
        f"the graph is damaged: node {graph.names[node]!r} ({graph.op(node)}) {what}; "
        "export the graph again"
    )


def _on_circle(graph: Graph, waiting: list[int]) -> int:
    node = next(n for n, count in enumerate(waiting) if count)
    seen: set[int] = set()
    while node not in seen:
        seen.add(node)
        comes_round = NEXT if graph.op(node) in MERGE else ()
        node = next(s for s in graph.sources(node) if waiting[s] and graph.op(s) not in comes_round)
    return node
