"""Operations that put several tensors together: stacked, or one behind the other."""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.analysis.known import whole
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Tensor


@dataclass(frozen=True)
class Together:
    """Tensors that are put together along a dimension."""

    tensors: list[Tensor]
    dimension: int
    rank: int
    """Of what they are, stacked along a new dimension."""
    shape: tuple[int, ...] = ()
    """Where they come one behind the other: the shape of the result."""


def together(values: Values, node: int) -> Together | None:
    """What an operation puts together; None = it is not known along which dimension."""
    graph = values.graph
    tensors = graph.inputs(node)
    if graph.op(node) == "Pack":
        dimension, rank = graph.number(node, "axis"), values.rank((node, 0))
        if rank is None:
            return Together(tensors, 0, 1) if not dimension else None
        return Together(tensors, dimension % rank, rank)
    at = tensors.pop(0 if graph.op(node) == "Concat" else -1)
    along, shape = whole(values.value(at)), values.shape((node, 0))
    if along is None or shape is None or not tensors:
        return None
    sizes = tuple(size if isinstance(size, int) else -1 for size in shape)
    if sizes.count(-1) > 1:
        return None
    return Together(tensors, along % len(sizes), len(sizes) + 1, sizes)
