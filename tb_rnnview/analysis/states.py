"""What a carried value starts from, and its shape."""

from __future__ import annotations

from collections.abc import Callable

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import ENTER, EXIT, SWITCH, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.timeline import Shape

_KEEPS_ZERO = frozenset(
    "Identity Cast Tile ExpandDims Reshape Squeeze Transpose StridedSlice Slice Sum Mean Max Min "
    "Neg Relu Tanh Sqrt Square BroadcastTo Switch Snapshot StopGradient Unpack".split()
) | frozenset(ENTER)


def initial_value(graph: Graph, carried: Carried, name_of: Callable[[int], str]) -> str:
    """What the state starts from: "zeros", or the name of a variable or tensor; "" = not known.

    Args:
        graph: the graph.
        carried: the state.
        name_of: what the program calls the variable that a node stores.
    """
    if carried.in_array:
        return ""  # what the array's first element is
    node, port = _first(graph, graph.inputs(carried.enter)[0])
    if is_zero(graph, (node, port)):
        return "zeros"
    while True:
        op = graph.op(node)
        if node in graph.parts and op == "Slice":
            node, port = graph.inputs(node)[0]
            continue
        if node in graph.parts:
            return _whole(graph, node)
        if op in ops.VARIABLES:
            return name_of(node)
        if op in EXIT or op not in (*ENTER, "Identity", "ReadVariableOp", "Tile", "ExpandDims"):
            return graph.names[node] + (f":{port}" if port else "")
        node, port = graph.inputs(node)[0]


def _whole(graph: Graph, part: int) -> str:
    """What the program calls the states that left a loop together, of which one is a part."""
    node = part
    while node in graph.parts:
        joined = (to for _, to, _ in graph.consumers(node) if graph.op(to) == "ConcatV2")
        whole = next(joined, -1)
        if whole < 0:
            break
        node = whole
    return graph.names[node]


def _first(graph: Graph, tensor: Tensor) -> Tensor:
    """The first value of a tensor: of what a loop around carries, what that starts from."""
    while True:
        source = origin(graph, tensor, (*SWITCH, "Identity"))
        enters = [n for n in graph.sources(source[0]) if graph.op(n) in ENTER]
        if source[0] not in graph.loop_merges or not enters:
            return tensor
        tensor = graph.inputs(enters[0])[0]


def is_zero(graph: Graph, tensor: Tensor) -> bool:
    """Whether every element is zero, as far as the graph shows."""
    pending, seen = [tensor], set()
    while pending:
        here = pending.pop()
        node = here[0]
        if node in seen:
            continue
        seen.add(node)
        op = graph.op(node)
        inputs = graph.inputs(node)
        if op == "ZerosLike":
            continue
        if op == "Const":
            if not _const_is_zero(graph, node):
                return False
        elif op == "Fill":
            pending.append(inputs[1])
        elif op in _KEEPS_ZERO or op in ops.MATRIX:
            pending.append(inputs[0])
        elif op in ("Pack", "AddN", "Add", "AddV2"):
            pending.extend(inputs)
        elif op == "ConcatV2":
            pending.extend(inputs[:-1])
        elif op in ("Mul",):
            if not any(_is_plain_zero(graph, t) for t in inputs):
                return False
        else:
            return False
    return True


def _is_plain_zero(graph: Graph, tensor: Tensor) -> bool:
    op = graph.op(tensor[0])
    if op == "ZerosLike":
        return True
    if op == "Fill":
        value = graph.inputs(tensor[0])[1][0]
        return graph.op(value) == "Const" and _const_is_zero(graph, value)
    return op == "Const" and _const_is_zero(graph, tensor[0])


def _const_is_zero(graph: Graph, node: int) -> bool:
    tensor = graph.attr(node, "value").tensor
    if tensor.tensor_content:
        return not any(tensor.tensor_content)
    for name in ("float_val", "double_val", "int_val", "int64_val", "half_val"):
        if any(x != 0 for x in getattr(tensor, name)):
            return False
    return tensor.dtype in (1, 2, 3, 9, 14, 19)


def state_shape(graph: Graph, carried: Carried, values: Values) -> Shape:
    """The shape of a carried value; None for what the graph leaves open."""
    if carried.in_array:
        return None
    shapes = []
    for node in (carried.enter, carried.next):
        shapes.append(values.shape(graph.inputs(node)[0]))
    known = [s for s in shapes if s is not None]
    if not known:
        return None
    ranks = {len(s) for s in known}
    if len(ranks) > 1:
        return None
    return tuple(
        next((d for d in column if isinstance(d, int)), None) for column in zip(*known, strict=True)
    )
