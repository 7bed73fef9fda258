"""What an operand from outside is at each timestep: always the same, counted, or an element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_rnnview.analysis.known import constant, whole
from tb_rnnview.analysis.rolled.operands import Outside
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.alike import alike
from tb_rnnview.graph.form import Graph, Tensor


@dataclass(frozen=True)
class Same:
    """The same tensor at each timestep."""

    tensor: Tensor


@dataclass(frozen=True)
class Counted:
    """Whole numbers that grow by a fixed amount from timestep to timestep."""

    starts: tuple[int, ...]
    strides: tuple[int, ...]
    is_scalar: bool


@dataclass(frozen=True)
class Element:
    """One element of a sequence, or some side by side."""

    tensor: Tensor
    dimension: int
    first: int
    size: int | None
    """How many elements each timestep takes; None = one, without its dimension."""
    parts: tuple[int, ...] = ()
    """Where that is not known: the shape of the tensor with the dimension taken apart in two."""


@dataclass(frozen=True)
class Listed:
    """Tensors that have nothing else in common."""

    tensors: tuple[Tensor, ...]


Read = Same | Counted | Element | Listed


def what_is_read(values: Values, operand: Outside) -> Read:
    """What an operand from outside is at each timestep."""
    graph = values.graph
    nodes, ports = operand.nodes, operand.ports
    if operand.is_same:
        return Same((int(nodes[0]), int(ports[0])))
    if graph.edges.of_nodes({"Const"})[nodes].all():
        found = _constants(values, nodes.tolist())
        if found is not None:
            return found
    if (nodes == nodes[0]).all() and (np.diff(ports) == 1).all():
        element = _output(values, int(nodes[0]), int(ports[0]))
        if element is not None:
            return element
    return Listed(tuple(zip(nodes.tolist(), ports.tolist(), strict=True)))


def _constants(values: Values, nodes: list[int]) -> Read | None:
    graph = values.graph
    if _are_alike(graph, nodes):
        return Same((nodes[0], 0))
    found = [constant(graph, n) for n in nodes]
    known = [v for v in found if v is not None]
    if not known:
        return None
    table = np.array([v.items for v in known if v.rank == known[0].rank], dtype=object)
    if table.shape != (len(nodes), len(known[0].items)):
        return None
    steps = table[1:] - table[:-1]
    if (steps != steps[0]).any():
        return None
    if not steps[0].any():
        return Same((nodes[0], 0))
    starts, strides = ([int(x) for x in row] for row in (table[0], steps[0]))
    return Counted(tuple(starts), tuple(strides), known[0].rank == 0)


def _are_alike(graph: Graph, nodes: list[int]) -> bool:
    """Whether constants are the same but for their names."""
    different = dict.fromkeys(alike(graph, nodes))
    found = (graph.attr(n, "value").SerializeToString(deterministic=True) for n in different)
    first = next(found)
    return all(other == first for other in found)


def _output(values: Values, node: int, first: int) -> Element | None:
    """Outputs, one after the other, of an operation that takes a sequence apart."""
    graph = values.graph
    if graph.op(node) == "Unpack":
        tensor, axis, size = graph.inputs(node)[0], graph.number(node, "axis"), None
    elif graph.op(node) in ("Split", "SplitV"):
        slot, along = (1, 0) if graph.op(node) == "Split" else (0, 2)
        tensor = graph.inputs(node)[slot]
        place = whole(values.value(graph.inputs(node)[along]))
        if place is None:
            return None
        axis = place
        size = _size(values, node, tensor, axis)
        if size is None:
            parts = _parts(values, node, tensor, axis)
            return Element(tensor, axis % (len(parts) - 1), first, None, parts) if parts else None
    else:
        return None
    if axis < 0:
        rank = values.rank(tensor)
        if rank is None:
            return None
        axis += rank
    return Element(tensor, axis, first, size)


def _parts(values: Values, node: int, tensor: Tensor, axis: int) -> tuple[int, ...]:
    """The shape of what is split into even pieces whose size is not known; () = nor is that."""
    shape = values.shape(tensor)
    count = values.graph.number(node, "num_split")
    if shape is None or not count or not -len(shape) <= axis < len(shape):
        return ()
    sizes = [size if isinstance(size, int) else -1 for size in shape]
    axis %= len(sizes)
    sizes[axis : axis + 1] = [count, -1]
    return tuple(sizes) if sizes.count(-1) == 1 else ()


def _size(values: Values, node: int, tensor: Tensor, axis: int) -> int | None:
    """How large the pieces are that a split makes, if all are alike."""
    graph = values.graph
    if graph.op(node) == "SplitV":
        sizes = values.value(graph.inputs(node)[1])
        alike = sizes is not None and len(set(sizes.items)) == 1
        return whole(sizes) if alike else None
    count = graph.number(node, "num_split")
    shape = values.shape(tensor)
    whole_size = shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None
    if isinstance(whole_size, int) and count and whole_size % count == 0:
        return whole_size // count
    return None
