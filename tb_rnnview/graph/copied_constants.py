"""Constants that are copies of one: what optimises a frozen graph puts one wherever it is read.

In a frozen graph a constant has taken a variable's place. Two that hold the same trained numbers
are copies of one variable; zeros, ones and the like may be those of two that nobody has trained.
"""

from __future__ import annotations

from typing import Any

from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.identities import with_identities

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
# The size of float32, float64, bfloat16 and float16, by TensorFlow's numbers for them, and how many
# different numbers are not the same twice by chance, nor by how variables are first set.
_TELLING = {1: (4, 2), 2: (8, 2), 14: (2, 8), 19: (2, 8)}


def unite_copies(graph: Graph) -> Graph:
    """The graph in which each copy of a constant hands on the first one."""
    if graph.nodes_of(*_VARIABLES):
        return graph
    first: dict[tuple[object, ...], int] = {}
    instead: dict[int, Tensor] = {}
    for node in graph.nodes_of("Const"):
        value = graph.attr(node, "value")
        if value is None or not is_telling(value.tensor):
            continue
        tensor = value.tensor
        shape = tuple(d.size for d in tensor.tensor_shape.dim)
        one = first.setdefault((tensor.dtype, shape, tensor.tensor_content), node)
        if one != node:
            instead[node] = one, 0
    return with_identities(graph, instead) if instead else graph


def is_telling(tensor: Any) -> bool:
    """Whether a constant holds enough different numbers to be known by them.

    Those that only take a few bits, as 0, 1 and 0.5, tell nothing.
    """
    if tensor.dtype not in _TELLING:
        return False
    size, enough = _TELLING[tensor.dtype]
    content = tensor.tensor_content
    found: set[bytes] = set()
    for at in range(0, len(content), size):
        if any(content[at : at + size // 2]):  # numbers are stored from their last bits on
            found.add(content[at : at + size])
            if len(found) == enough:
                return True
    return False
