"""What operation types mean to the analysis: tables of facts about TensorFlow's operations."""

from __future__ import annotations

import re

from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH
from tb_rnnview.graph.transposed_convolutions import TRANSPOSED

VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp", "TemporaryVariable"})

_WRITE = re.compile(
    r"^(Resource)?(Sparse)?Apply[A-Z]|^Assign"
    r"|^(Resource)?Scatter(Nd)?(Add|Sub|Mul|Div|Min|Max|Update)$"
    r"|^(Save|SaveV2|SaveSlices|MergeV2Checkpoints|CountUpTo|ResourceCountUpTo)$"
)
_SUMMARY = re.compile(r"Summary(V2)?$|^WriteSummary|^Write[A-Z][a-z]+Summary$|^ImportEvent$")
_DERIVATIVE = re.compile(
    r"Grad(V\d+|WithShape)?$|Grad(ient)?Args$|Backprop|^ConcatOffset$|^Stack(Push|Pop)(V2)?$"
    r"|^TensorListPopBack$|^SymbolicGradient$"
)

# Where the incoming gradient enters an operation that only differentiation makes. The other
# inputs are forward values that were kept for it.
_GRADIENT_FIRST = re.compile(
    r"^(Relu|Relu6|Elu|Selu|Softplus|Softsign|LeakyRelu|BiasAdd|FusedBatchNorm|"
    r"ResizeBilinear|ResizeNearestNeighbor|ResizeBicubic)Grad"
)
_NO_GRADIENT_INPUT = re.compile(
    r"^TensorArrayGrad|^Stack(Push|Pop)|^ConcatOffset$|^BroadcastGradientArgs$|^TensorListPopBack$"
)
_JOINS = frozenset({"Add", "AddV2", "AddN", "ConcatV2", "Pack", *MERGE, *ENTER, *NEXT})
# A derivative that says how to cut or sum up a gradient: the gradient is what is cut.
_RESHAPED_BY_DERIVATIVES = frozenset({"Slice", "StridedSlice", "Sum", "Reshape", "Tile", "Pad"})
_FIRST_OF_THREE_GRADIENTS = {
    "CudnnRNNBackprop": 7,
    "CudnnRNNBackpropV2": 7,
    "CudnnRNNBackpropV3": 8,
}
_TWO_GRADIENTS = frozenset({"LSTMBlockCellGrad", "BlockLSTMGrad", "BlockLSTMGradV2"})

SHAPE_READERS = frozenset(
    {
        "Shape",
        "ShapeN",
        "Size",
        "Rank",
        "ZerosLike",
        "OnesLike",
        "VariableShape",
        "TensorListLength",
        "TensorListElementShape",
    }
)
"""They read what a tensor's shape is; its data do not matter to them."""

LAYOUT = frozenset(
    {
        "Reshape",
        "Transpose",
        "ConjugateTranspose",
        "ExpandDims",
        "Squeeze",
        "SpaceToBatchND",
        "BatchToSpaceND",
    }
)
"""They move elements about and compute nothing."""

HIDDEN_SPLITS = frozenset({"CudnnRNNParamsToCanonical", "CudnnRNNParamsToCanonicalV2"})
"""They take the buffer of a cuDNN layer apart, at places that only cuDNN knows."""

SPLITS = frozenset({"Split", "SplitV", "Slice", "StridedSlice", "Unpack"}) | HIDDEN_SPLITS

PASS_ON = (
    frozenset(
        {
            "Identity",
            "IdentityN",
            "Cast",
            "Dequantize",
            "ReadVariableOp",
            "StopGradient",
            "PreventGradient",
            "Snapshot",
            "CheckNumerics",
            "Print",
        }
    )
    | LAYOUT
    | SPLITS
    | frozenset(ENTER)
    | frozenset(SWITCH)
    | frozenset(MERGE)
)
"""They hand a variable's value on (through slot 0): reading is no use."""


GIVES_BACK = frozenset({"Assign", "AssignAdd", "AssignSub"})
"""Writes whose result is the variable that they wrote to, at slot 0."""


def handed_on_slot(op: str) -> int:
    """The input that an operation which passes a value on takes it from."""
    return 3 if op in HIDDEN_SPLITS else int(op == "Split")


PLUMBING = (
    frozenset({"Identity", "IdentityN", "LoopCond", "StopGradient", "PreventGradient", "Snapshot"})
    | frozenset(ENTER)
    | frozenset(EXIT)
    | frozenset(MERGE)
    | frozenset(SWITCH)
    | frozenset(NEXT)
)
"""They move values through control flow and compute nothing."""

MATRIX = {
    "MatMul": (0, 1),
    "BatchMatMul": (0, 1),
    "BatchMatMulV2": (0, 1),
    "BatchMatMulV3": (0, 1),
    "SparseMatMul": (0, 1),
    "SparseTensorDenseMatMul": (3,),
    "Einsum": (0, 1),
    "Conv2D": (1,),
    "Conv3D": (1,),
    "DepthwiseConv2dNative": (1,),
    **dict.fromkeys(TRANSPOSED.values(), (1,)),
}
"""Matrix products and convolutions, with the slots that can hold a weight."""

TURNS = (("transpose_a", "adj_x"), ("transpose_b", "adj_y"))
"""The flags by which a matrix product turns its first and its second operand around."""

FUSED_CELLS = {
    "LSTMBlockCell": (3, 4, 5, 6, 7),
    "GRUBlockCell": (2, 3, 4, 5),
}
"""One step of a cell as one operation, with the slots that hold its weights."""

FUSED_CELL_SLOTS = {
    "LSTMBlockCell": {3: "kernel", 4: "peephole", 5: "peephole", 6: "peephole", 7: "bias"},
    "GRUBlockCell": {2: "kernel", 3: "kernel", 4: "bias", 5: "bias"},
}

GATHERS = {"Gather": 0, "GatherV2": 0, "ResourceGather": 0, "GatherNd": 0}
"""Look-ups, with the slot of the table."""

BIAS_ADDS = frozenset({"BiasAdd", "BiasAddV1"})
ADDITIVE = frozenset({"Add", "AddV2", "Sub"}) | BIAS_ADDS
MULTIPLICATIVE = frozenset({"Mul", "RealDiv", "Div"})
FUSED_NORMS = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
SELECTS = frozenset({"Select", "SelectV2"})

ELEMENTWISE_UNARY = frozenset(
    "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil CheckNumerics Cos Cosh Elu Erf Erfc Exp Expm1 "
    "Print "
    "Floor Identity Inv IsFinite IsInf IsNan LeakyRelu Lgamma Log Log1p LogicalNot LogSoftmax Neg "
    "PreventGradient Reciprocal Relu Relu6 Rint Round Rsqrt Selu Sigmoid Sign Sin Sinh Snapshot "
    "Softmax Softplus Softsign Sqrt Square StopGradient Tan Tanh ZerosLike OnesLike".split()
)
ELEMENTWISE_BINARY = frozenset(
    "Add AddV2 Atan2 BiasAdd BiasAddV1 Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual "
    "Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul MulNoNan NotEqual Pow RealDiv "
    "SquaredDifference Sub TruncateDiv Xdivy Xlogy".split()
)
ELEMENTWISE_MANY = frozenset({"AddN", "Select", "SelectV2", "ClipByValue"})
ELEMENTWISE = ELEMENTWISE_UNARY | ELEMENTWISE_BINARY | ELEMENTWISE_MANY

LIST_FILLED_FROM = {
    "TensorListFromTensor": 0,
    "TensorListScatter": 0,
    "TensorListScatterV2": 0,
}
"""Operations that make a TensorList of the elements of one tensor, and the slot of that tensor."""
LIST_STARTS = frozenset(
    {"TensorListReserve", "EmptyTensorList", "TensorListSplit", *LIST_FILLED_FROM}
)
LIST_CHANGES = frozenset(
    {
        "TensorListSetItem",
        "TensorListPushBack",
        "TensorListResize",
        "TensorListScatterIntoExistingList",
    }
)
"""Operations that make a TensorList from the one at slot 0."""
LIST_ELEMENTS = {"TensorListSetItem": 2, "TensorListPushBack": 1}
"""Operations that put one element into a TensorList, and the slot of that element."""
LIST_OPS = LIST_CHANGES | frozenset(
    {
        "TensorListGetItem",
        "TensorListStack",
        "TensorListGather",
        "TensorListConcat",
        "TensorListConcatV2",
        "TensorListLength",
    }
)
"""Operations that take a TensorList at slot 0."""

TENSOR_ARRAYS = frozenset({"TensorArray", "TensorArrayV2", "TensorArrayV3"})
ARRAY_READS = frozenset(
    {"TensorArrayRead", "TensorArrayReadV2", "TensorArrayReadV3", "TensorListGetItem"}
)
ARRAY_WRITES = frozenset(
    {"TensorArrayWrite", "TensorArrayWriteV2", "TensorArrayWriteV3", "TensorListSetItem"}
)
ARRAY_FILLS = frozenset(
    {
        "TensorArrayScatter",
        "TensorArrayScatterV2",
        "TensorArrayScatterV3",
        "TensorArrayUnpack",
        "TensorArraySplit",
        "TensorArraySplitV2",
        "TensorArraySplitV3",
        "TensorListScatterIntoExistingList",
        *LIST_FILLED_FROM,
    }
)
FILLED_FROM = {
    "TensorArrayScatter": 2,
    "TensorArrayScatterV2": 2,
    "TensorArrayScatterV3": 2,
    "TensorArrayUnpack": 1,
    "TensorListScatterIntoExistingList": 1,
}
"""Operations that fill an array with the elements of one tensor, and the slot of that tensor."""
ARRAY_SIZES = frozenset(
    {"TensorArraySize", "TensorArraySizeV2", "TensorArraySizeV3", "TensorListLength"}
)
ARRAY_STACKS = frozenset(
    {
        "TensorArrayGather",
        "TensorArrayGatherV2",
        "TensorArrayGatherV3",
        "TensorArrayPack",
        "TensorArrayConcat",
        "TensorArrayConcatV2",
        "TensorArrayConcatV3",
        "TensorListStack",
        "TensorListGather",
        "TensorListConcat",
        "TensorListConcatV2",
    }
)

NOT_COVERED = {
    "While": "a loop whose functions are not in the graph",
    "StatelessWhile": "a loop whose functions are not in the graph",
    "CudnnRNN": "a cuDNN operation whose number of layers the graph leaves open",
    "CudnnRNNV2": "a cuDNN operation whose number of layers the graph leaves open",
    "CudnnRNNV3": "a cuDNN operation whose number of layers the graph leaves open",
    "PartitionedCall": "a call of a function that is not in the graph",
    "StatefulPartitionedCall": "a call of a function that is not in the graph",
    "If": "a condition whose functions are not in the graph",
    "StatelessIf": "a condition whose functions are not in the graph",
    "Case": "a condition whose functions are not in the graph",
    "StatelessCase": "a condition whose functions are not in the graph",
    "XlaCallModule": "a program that another compiler made",
}
"""Operations that may hold a recurrence, and which this version does not look into."""

INPUTS = frozenset(
    "Placeholder PlaceholderV2 PlaceholderWithDefault IteratorGetNext IteratorV2 QueueDequeue "
    "QueueDequeueV2 QueueDequeueMany QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 "
    "ReaderRead ReaderReadV2 ReadFile OneShotIterator PyFunc EagerPyFunc".split()
)


def takes_next(op: str) -> bool:
    """Whether the operation takes the next element of a data set or a queue, or waits for it."""
    return "IteratorGetNext" in op or "Dequeue" in op


def is_write(op: str) -> bool:
    """Whether the operation stores something."""
    return _WRITE.search(op) is not None


def is_summary(op: str) -> bool:
    """Whether the operation makes or writes a summary."""
    return _SUMMARY.search(op) is not None


def is_derivative(op: str) -> bool:
    """Whether only differentiation makes operations of this type."""
    return _DERIVATIVE.search(op) is not None


def joins_gradients(op: str, slot: int) -> bool:
    """Whether an operation that descends from derivatives takes another gradient at this slot.

    Elsewhere it takes a forward value that was kept for it.
    """
    if op in LIST_FILLED_FROM:
        return slot == LIST_FILLED_FROM[op]
    if op in ARRAY_FILLS or op in ARRAY_WRITES:
        return slot == FILLED_FROM.get(op, 2)
    return op in _JOINS or (slot == 0 and op in _RESHAPED_BY_DERIVATIVES)


def takes_gradient(op: str, slot: int, slots: int) -> bool:
    """Whether the gradient enters a derivative operation at this input slot."""
    if _NO_GRADIENT_INPUT.search(op):
        return False
    if _GRADIENT_FIRST.search(op):
        return slot == 0
    if op in _FIRST_OF_THREE_GRADIENTS:
        return 0 <= slot - _FIRST_OF_THREE_GRADIENTS[op] < 3
    if op in _TWO_GRADIENTS:
        return slot >= slots - 2
    return slot == slots - 1
