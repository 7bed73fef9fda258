"""Where the time dimension goes when windows slide along it: convolution, pooling, padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tb_rnnview.analysis.known import constant_pairs
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.where import Move, Operand, Where, size_of
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.transposed_convolutions import TRANSPOSED

POOLS = frozenset({"MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"})
CONVOLUTIONS = frozenset({"Conv2D", "Conv3D", "DepthwiseConv2dNative"})


def cut_off(values: Values, node: int, slot: int, where: Where) -> Iterator[Operand]:
    """An operand whose positions are no longer the result's; one position is no time."""
    if size_of(values, node, where) != 1:
        yield slot, where.cut_off(), False


def _window(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """A window at each position. Its rim makes the result shorter, if nothing pads it."""
    graph = values.graph
    listed = graph.attr(node, "ksize" if graph.op(node) in POOLS else "strides").list.i
    rank, d = len(listed), where.dimension
    layout = graph.attr(node, "data_format")
    channels = 1 if layout is not None and layout.s[:2] == b"NC" else rank - 1
    if d == 0 or (d == channels and graph.op(node) in POOLS):
        yield 0, where, False
        return
    if d >= rank or d == channels or where.outer or where.inner:
        return
    rim = _rim(values, node, d, channels)
    if rim is None:
        yield from cut_off(values, node, 0, where)
    else:
        yield 0, replace(where, longer=where.longer + rim * where.spread), False


def _transposed(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """The other way round: each position becomes a window."""
    graph = values.graph
    rank, d = len(graph.attr(node, "strides").list.i), where.dimension
    layout = graph.attr(node, "data_format")
    channels = 1 if layout is not None and layout.s[:2] == b"NC" else rank - 1
    kept = _listed(values, node, "strides", d, 1) == 1
    if d == 0 or (d != channels and kept and graph.attr(node, "padding").s == b"SAME"):
        yield 0, where, False
    elif d < rank and d != channels and not (where.outer or where.inner):
        yield from cut_off(values, node, 0, where)


def _rim(values: Values, node: int, d: int, channels: int) -> int | None:
    """How many positions more the operand has; None = they do not go one by one."""
    graph = values.graph
    padding = graph.attr(node, "padding").s
    if _listed(values, node, "strides", d, 1) != 1:
        return None
    if padding == b"SAME":
        return 0
    if graph.op(node) in POOLS:
        window = _listed(values, node, "ksize", d, 0)
    else:
        kernel = values.shape(graph.inputs(node)[1])
        at = d - 2 if channels == 1 else d - 1
        size = kernel[at] if kernel is not None and at < len(kernel) else None
        window = size if isinstance(size, int) else 0
    if window < 1:
        return None
    rim = (window - 1) * _listed(values, node, "dilations", d, 1)
    if padding == b"EXPLICIT":
        pads = [_listed(values, node, "explicit_paddings", i, 0) for i in (2 * d, 2 * d + 1)]
        return rim - sum(pads)
    return rim


def _listed(values: Values, node: int, name: str, at: int, default: int) -> int:
    """One number of a list attribute."""
    attr = values.graph.attr(node, name)
    return attr.list.i[at] if attr is not None and len(attr.list.i) > at else default


def _pad(values: Values, node: int, where: Where) -> Iterator[Operand]:
    pads = _pairs(values, values.graph.inputs(node)[1])
    d = where.dimension
    if pads is None or d >= len(pads):
        yield from cut_off(values, node, 0, where)
    elif sum(pads[d]) == 0:
        yield 0, where, False
    elif not (where.outer or where.inner):
        yield 0, replace(where, longer=where.longer - sum(pads[d])), False


def _space_to_batch(values: Values, node: int, where: Where) -> Iterator[Operand]:
    """Every n-th position comes into a batch of its own: what makes dilated windows dense."""
    graph = values.graph
    block, pads = values.value(graph.inputs(node)[1]), _pairs(values, graph.inputs(node)[2])
    d = where.dimension
    if block is None or d == 0 or where.outer or where.inner:
        return
    if d > len(block.items):
        yield 0, where, False
        return
    step = block.items[d - 1]
    if not isinstance(step, int) or pads is None or d > len(pads):
        yield from cut_off(values, node, 0, where)
    elif where.spread == step:
        yield 0, replace(where, spread=1, longer=where.longer - sum(pads[d - 1])), False
    elif where.somewhere and where.spread == 1:
        # It is asked from within: the positions of all these batches are meant.
        yield 0, replace(where, longer=where.longer * step - sum(pads[d - 1])), False
    else:
        yield from cut_off(values, node, 0, where)


def _batch_to_space(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    block, crops = values.value(graph.inputs(node)[1]), _pairs(values, graph.inputs(node)[2])
    d = where.dimension
    if block is None or d == 0 or where.outer or where.inner:
        return
    if d > len(block.items):
        yield 0, where, False
        return
    step = block.items[d - 1]
    if not isinstance(step, int) or crops is None or d > len(crops) or where.spread != 1:
        yield from cut_off(values, node, 0, where)
    else:
        yield 0, replace(where, spread=step, longer=where.longer + sum(crops[d - 1])), False


def _pairs(values: Values, tensor: Tensor) -> list[tuple[int, int]] | None:
    """What is added or taken off before and after each dimension; None = not known."""
    return constant_pairs(values.graph, origin(values.graph, tensor, ("Identity",))[0])


def _resize(values: Values, node: int, where: Where) -> Iterator[Operand]:
    if where.dimension in (1, 2):
        yield from cut_off(values, node, 0, where)
    else:
        yield 0, where, False


def _tile(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    times, before = values.value(graph.inputs(node)[1]), values.shape(graph.inputs(node)[0])
    d = where.dimension
    if times is None or before is None or d >= min(len(times.items), len(before)):
        return
    if times.items[d] == 1:
        yield 0, where, False
    elif before[d] != 1:  # one that is repeated makes positions of its own
        yield from cut_off(values, node, 0, where)


def _slice(values: Values, node: int, where: Where) -> Iterator[Operand]:
    graph = values.graph
    begin, size = (values.value(t) for t in graph.inputs(node)[1:3])
    before = values.shape(graph.inputs(node)[0])
    d = where.dimension
    starts = begin.items[d] if begin is not None and d < len(begin.items) else None
    taken = size.items[d] if size is not None and d < len(size.items) else None
    all_of_it = before is not None and d < len(before) and taken == before[d]
    if starts == 0 and (taken == -1 or all_of_it):
        yield 0, where, False
    elif taken != 1:
        yield from cut_off(values, node, 0, where)


MOVES: dict[str, Move] = {
    **dict.fromkeys(CONVOLUTIONS | POOLS, _window),
    **dict.fromkeys(TRANSPOSED.values(), _transposed),
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _pad),
    "SpaceToBatchND": _space_to_batch,
    "BatchToSpaceND": _batch_to_space,
    **dict.fromkeys(("ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic"), _resize),
    "Tile": _tile,
    "Slice": _slice,
}
