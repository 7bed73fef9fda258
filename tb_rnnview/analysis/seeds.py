"""Where differentiation starts: the ones that stand for the derivative of a result by itself.

A gradient may flow through nothing but ordinary operations (products, sums, reshapes), so that no
operation type gives it away. Its start does: ones in the shape of a scalar result, or of a result
that nothing else reads, from which an optimiser's update, or an operation that only
differentiation makes, is reached.
"""

from __future__ import annotations

import struct

from tb_rnnview.analysis import ops
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

# float32, float64, bfloat16, float16: DataType number, and how one 1.0 is stored in bytes
_ONES = {
    1: struct.pack("<f", 1.0),
    2: struct.pack("<d", 1.0),
    14: b"\x80\x3f",
    19: struct.pack("<e", 1.0),
}


def find_seeds(graph: Graph) -> list[int]:
    """The nodes from which gradients start."""
    return [
        node
        for node in graph.nodes_of("Fill")
        if _fills_with_ones(graph, node)
        and _in_shape_of_a_result(graph, node)
        and _trains(graph, node)
    ]


def _fills_with_ones(graph: Graph, node: int) -> bool:
    value = graph.input(node, 1)
    while value is not None and graph.op(value[0]) == "Identity":
        value = graph.input(value[0], 0)
    if value is None or graph.op(value[0]) != "Const":
        return False
    attr = graph.attr(value[0], "value")
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
    return any(
        ops.is_derivative(graph.op(n)) or (ops.is_write(graph.op(n)) and "Apply" in graph.op(n))
        for n in walk([node], lambda n: (to for _, to, _ in graph.consumers(n)))
    )
