"""Where differentiation starts: the ones that stand for the derivative of a result by itself.

A gradient may flow through nothing but ordinary operations (products, sums, reshapes), so that no
operation type gives it away. Its start does: ones in the shape of a scalar result, or of a result
that nothing else reads, from which an optimiser's update, or an operation that only
differentiation makes, is reached. Where the result's shape is fixed, its ones are a constant, like
many others; but what a gradient multiplies by a kernel, it multiplies the other way round.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.ordering import components
from tb_rnnview.analysis.takers import AS_IT_IS, takers_of
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.alike import alike
from tb_rnnview.graph.control_flow import SWITCH
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk

# float32, float64, bfloat16, float16: DataType number, and how one 1.0 is stored in bytes
_ONES = {
    1: struct.pack("<f", 1.0),
    2: struct.pack("<d", 1.0),
    14: b"\x80\x3f",
    19: struct.pack("<e", 1.0),
}

# The operations that a derivative begins with, and where the gradient enters them.
_BEGINS_WITH = {
    **dict.fromkeys(
        ("Reshape", "Tile", "BroadcastTo", "RealDiv", "DivNoNan", "Neg", "Cast", "Sum", "Squeeze"),
        (0,),
    ),
    **dict.fromkeys(("Identity", "IdentityN", "Switch", "Enter", "ExpandDims"), (0,)),
    **dict.fromkeys(("Select", "SelectV2"), (1, 2)),
    "Mul": (0, 1),
}
_MOST_SLOTS = 1 + max(slot for slots in _BEGINS_WITH.values() for slot in slots)
_TURNED = {
    "MatMul": ("transpose_a", "transpose_b"),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), ("adj_x", "adj_y")),
}
"""Products of two matrices, and the attributes that turn an operand around."""
_AT_ONCE = 1024
"""Of so many constants it is found out at once what they go into."""
_MOST = 256 * _AT_ONCE
"""More constants from which a gradient might start are no program's."""


def find_seeds(graph: Graph) -> list[int]:
    """The nodes from which gradients start."""
    filled = [
        node
        for node in graph.nodes_of("Fill")
        if _fills_with_ones(graph, node)
        and _in_shape_of_a_result(graph, node)
        and _trains(graph, node)
    ]
    return filled + _constant_seeds(graph)


def _constant_seeds(graph: Graph) -> list[int]:
    taken = _taken_for_gradients(graph)
    stand_ins = alike(graph, taken)
    ones = [node for node in set(stand_ins.tolist()) if _is_one(graph, node)]
    made = ~(graph.edges.of_targets(SWITCH) & (graph.edges.slot > 0))
    trains = graph.edges.reached(_training(graph), made, forwards=False)
    found = zip(taken, np.isin(stand_ins, ones), strict=True)
    constants = [node for node, is_one in found if is_one and trains[node]]
    if not constants:
        return []
    if len(constants) > _MOST:
        raise SourceError(
            f"the graph holds {len(constants):,} constants from which a gradient might start; "
            "where training begins is not told of so many: export the graph without its training"
        )
    takers = [takers_of(graph, v, AS_IT_IS) for v in graph.nodes_of(*ops.VARIABLES)]
    met = graph.edges.reached(constants, made, forwards=True)
    in_turn = components(
        [node for node, is_met in enumerate(met) if is_met],
        lambda node: [source for source in _made_of(graph, node) if met[source]],
    )
    return [
        constant
        for first in range(0, len(constants), _AT_ONCE)
        for constant in _run_back(graph, takers, in_turn, constants[first : first + _AT_ONCE])
    ]


def _made_of(graph: Graph, node: int) -> Sequence[int]:
    """What a value is made of. A condition that chooses, as an optimiser's may, makes nothing."""
    return graph.sources(node)[: 1 if graph.op(node) in SWITCH else None]


def _taken_for_gradients(graph: Graph) -> list[int]:
    """The constants that are read by nothing but what derivatives of operations begin with."""
    edges = graph.edges
    read = edges.of_sources({"Const"})
    begins = np.zeros(len(read), bool)
    for slot in range(_MOST_SLOTS):
        here = {op for op, slots in _BEGINS_WITH.items() if slot in slots}
        begins |= (edges.slot == slot) & edges.of_targets(here)
    taken = np.zeros(len(graph), bool)
    taken[edges.source[read & begins]] = True
    taken[edges.source[read & ~begins]] = False
    found: list[int] = taken.nonzero()[0].tolist()
    return found


def _run_back(
    graph: Graph, takers: list[list[Tensor]], in_turn: list[list[int]], constants: list[int]
) -> list[int]:
    """Those of some constants of which all that they reach takes weights only as a gradient does.

    Something else has taken them first; and a product with a kernel goes back from its columns to
    its rows, where the other one went from rows to columns.

    Args:
        graph: the graph.
        takers: the operations that take each variable.
        in_turn: what constants reach, in circles, each after what leads to it.
        constants: the constants.
    """
    bits = {constant: 1 << k for k, constant in enumerate(constants)}
    for circle in in_turn:
        found = 0
        for node in circle:
            found |= bits.get(node, 0)
            for source in _made_of(graph, node):
                found |= bits.get(source, 0)
        if found:
            bits.update(dict.fromkeys(circle, found))
    everything = (1 << len(constants)) - 1
    forward = 0
    for taken in takers:
        # By the dimension that is summed over: the constants that reach all who do.
        reach_all: dict[int | None, int] = {}
        for taker in taken:
            dimension = _summed_dimension(graph, taker)
            reaching = bits.get(taker[0], 0)
            reach_all[dimension] = reach_all.get(dimension, everything) & reaching
        nobody_first = everything
        for reaching in reach_all.values():
            nobody_first &= reaching
        forward |= nobody_first if taken else 0
        for taker in taken:
            dimension = _summed_dimension(graph, taker)
            if dimension is not None:
                forward |= bits.get(taker[0], 0) & reach_all.get(1 - dimension, everything)
    return [constant for k, constant in enumerate(constants) if not forward >> k & 1]


def _summed_dimension(graph: Graph, taker: Tensor) -> int | None:
    """The dimension of a kernel that a product sums over, from the last but one; None = others."""
    node, slot = taker
    flags = _TURNED.get(graph.op(node))
    if flags is None or slot > 1:
        return None
    return int(graph.flag(node, flags[slot]) == bool(slot))


def _fills_with_ones(graph: Graph, node: int) -> bool:
    value = graph.input(node, 1)
    while value is not None and graph.op(value[0]) == "Identity":
        value = graph.input(value[0], 0)
    return value is not None and graph.op(value[0]) == "Const" and _is_one(graph, value[0])


def _is_one(graph: Graph, constant: int) -> bool:
    attr = graph.attr(constant, "value")
    if attr is None or attr.tensor.dtype not in _ONES:
        return False
    tensor = attr.tensor
    if tensor.tensor_content:
        return bool(tensor.tensor_content == _ONES[tensor.dtype])
    stored = tensor.float_val or tensor.double_val
    if not stored and tensor.half_val:  # the bits of a short float
        return [n.to_bytes(2, "little") for n in tensor.half_val] == [_ONES[tensor.dtype]]
    return list(stored) == [1.0]


def _in_shape_of_a_result(graph: Graph, node: int) -> bool:
    shape = graph.input(node, 0)
    if shape is None:
        return False
    if graph.op(shape[0]) == "Const":
        attr = graph.attr(shape[0], "value")
        return attr is not None and [d.size for d in attr.tensor.tensor_shape.dim] == [0]
    if graph.op(shape[0]) != "Shape":
        return False
    result = graph.input(shape[0], 0)
    return result is not None and all(
        graph.op(to) in ops.SHAPE_READERS or ops.is_summary(graph.op(to))
        for _, to, _ in graph.consumers(result[0])
    )


def _trains(graph: Graph, node: int) -> bool:
    reached = walk([node], lambda n: (to for _, to, _ in graph.consumers(n)))
    return any(_is_training(graph.op(n)) for n in reached)


def _training(graph: Graph) -> list[int]:
    return graph.nodes_of(*filter(_is_training, graph.op_names))


def _is_training(op: str) -> bool:
    return ops.is_derivative(op) or (ops.is_write(op) and ("Apply" in op or "Sub" in op))
