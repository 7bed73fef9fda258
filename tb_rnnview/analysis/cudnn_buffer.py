"""Of which weights is the one flat buffer made that a cuDNN layer takes?

cuDNN wants all kernels, then all biases, each as a matrix or vector of its own, one after the
other. A program that has them as variables lays them out so: it reshapes, transposes and joins
them. That is followed back here, piece by piece. Where the buffer itself is a variable, only cuDNN
knows what lies where in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.analysis.cuts import cut_of, cut_source
from tb_rnnview.analysis.fused_loop import Around
from tb_rnnview.analysis.known import ShapeOf, product, whole
from tb_rnnview.analysis.states import is_zero
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import ENTER, SWITCH, origin
from tb_rnnview.graph.form import Tensor

_SAME_ORDER = ("Identity", "Reshape", "ExpandDims", "Squeeze")
"""They keep the order of the elements."""
_JOINS_FOR_CUDNN = ("CudnnRNNCanonicalToParams", "CudnnRNNCanonicalToParamsV2")
"""They lay kernels and biases out as cuDNN wants them."""


@dataclass(frozen=True)
class Piece:
    """Some elements of a tensor that lie one after the other."""

    tensor: Tensor
    start: int = 0
    size: int | None = None
    """None = all of them."""


def where_joined(values: Values, buffer: Tensor) -> tuple[Tensor, list[Tensor]]:
    """A buffer where it is joined, and how it comes from there into loops and conditions.

    Returns:
        The joined tensor, and the outputs of the Enter and Switch nodes that it comes through,
        outer ones first; the buffer itself where what comes in is not joined.
    """
    graph = values.graph
    here, way = origin(graph, buffer, _SAME_ORDER), []
    while graph.op(here[0]) in (*ENTER, *SWITCH):
        way.append(here)
        here = origin(graph, graph.inputs(here[0])[0], _SAME_ORDER)
    return (buffer, []) if _parts(values, here) is None else (here, way[::-1])


def brought_in(around: Around, tensor: Tensor, way: list[Tensor]) -> Tensor:
    """A tensor from where a buffer is joined, along the way that the buffer takes."""
    for node, port in way:
        raw = around.graph.nodes[node]
        if raw.op in ENTER:
            frame = raw.attr["frame_name"]
            constant = AttrValue(b=True)  # or else it would not come in as it is
            tensor = around.op("Enter", [tensor], frame_name=frame, is_constant=constant)
        else:
            chosen_by = around.graph.inputs[node][1]
            tensor = around.op("Switch", [tensor, chosen_by])[0], port
    return tensor


def pieces_of(values: Values, buffer: Tensor, sizes: list[int | None]) -> list[Piece] | None:
    """The pieces that a buffer was joined of; None = it was not joined of these.

    Args:
        values: what is known of shapes.
        buffer: the flat buffer.
        sizes: how many elements each piece has, as far as that is known.
    """
    leaves = _joined(values, buffer, len(sizes))
    if len(leaves) == len(sizes):
        for leaf, size in zip(leaves, sizes, strict=True):
            if None not in (size, own := _size(values, leaf)) and own != size:
                return None
        return [_traced(values, Piece(leaf)) for leaf in leaves]
    known = [size for size in sizes if size is not None]
    own_sizes = [n for leaf in leaves if (n := _size(values, leaf)) is not None]
    if len(leaves) < 2 or len(known) < len(sizes) or len(own_sizes) < len(leaves):
        return None
    # Some leaves hold several pieces: fine, as long as no piece is in two of them.
    ends, own_ends = list(accumulate(known)), list(accumulate(own_sizes))
    if not set(own_ends) <= set(ends) or own_ends[-1] != ends[-1]:
        return None
    found = []
    for end, size in zip(ends, known, strict=True):
        k = next(k for k, own_end in enumerate(own_ends) if end <= own_end)
        start = end - size - (own_ends[k] - own_sizes[k])
        found.append(_traced(values, Piece(leaves[k], start, size)))
    return found


def vector(around: Around, values: Values, piece: Piece) -> Tensor | None:
    """A piece as a vector; None = it is all zeros."""
    graph = values.graph
    if is_zero(graph, piece.tensor):
        return None
    if piece.size is None:
        flat = values.rank(piece.tensor) == 1
        return piece.tensor if flat else around.reshaped(piece.tensor, -1)
    found, rank = _narrowed(around, values, piece)
    return found if rank == 1 else around.reshaped(found, -1)


def matrix(
    around: Around, values: Values, piece: Piece, rows: int, columns: int | None
) -> tuple[Tensor, bool]:
    """A piece as a matrix of the given shape, and whether that is the kernel's turned around."""
    shape = values.shape(piece.tensor)
    turned = _turned(values, piece.tensor)
    whole_matrix = piece.size is None and _may_be(shape, rows, columns)
    if turned is not None and (whole_matrix or shape == (rows, columns)):
        return turned, False
    in_rows = bool(columns and shape and shape[-1] == columns and not piece.start % columns)
    if turned is not None and columns and in_rows:
        # Rows of the turned matrix are columns of the one that was turned.
        return around.part(turned, 1, piece.start // columns, rows, 2), False
    if piece.size is None:
        found, is_matrix = piece.tensor, whole_matrix
    else:
        found, rank = _narrowed(around, values, piece)
        is_matrix = rank == 2 and in_rows
    return found if is_matrix else around.reshaped(found, rows, columns or -1), True


def _may_be(shape: ShapeOf, rows: int, columns: int | None) -> bool:
    """Whether a shape is the given one, as far as both are known."""
    if shape is None or len(shape) != 2:
        return False
    pairs = zip(shape, (rows, columns), strict=True)
    return all(a == b for a, b in pairs if isinstance(a, int) and b is not None)


def _turned(values: Values, tensor: Tensor) -> Tensor | None:
    """The matrix of which a tensor is the transpose; None = it is none."""
    graph = values.graph
    if graph.op(tensor[0]) != "Transpose":
        return None
    source, order = graph.inputs(tensor[0])
    places = values.value(order)
    return source if places is not None and places.items == (1, 0) else None


def _joined(values: Values, tensor: Tensor, most: int) -> list[Tensor]:
    """What was joined, one after the other, to make a buffer; none where that is too much."""
    graph = values.graph
    found: list[Tensor] = []
    pending = [tensor]
    while pending:
        if len(found) + len(pending) > most:
            return []
        here = origin(graph, pending.pop(), _SAME_ORDER)
        parts = _parts(values, here)
        if parts is None:
            found.append(here)
        else:
            pending.extend(reversed(parts))
    return found


def _parts(values: Values, tensor: Tensor) -> list[Tensor] | None:
    """What is joined one after the other to make a tensor; None = nothing is known to be."""
    graph = values.graph
    inputs = graph.inputs(tensor[0])
    if graph.op(tensor[0]) in _JOINS_FOR_CUDNN:
        return inputs[3:]  # behind three sizes: the kernels, then the biases
    if graph.op(tensor[0]) != "ConcatV2":
        return None
    axis = whole(values.value(inputs[-1]))
    first = axis == 0 or (axis == -1 and values.rank(tensor) == 1)
    return inputs[:-1] if first else None


def _size(values: Values, tensor: Tensor) -> int | None:
    shape = values.shape(tensor)
    size = product(shape) if shape is not None else None
    return size if isinstance(size, int) else None


def _traced(values: Values, piece: Piece) -> Piece:
    """The same elements in the tensor that they were taken from last, unless it turns them."""
    graph = values.graph
    while True:
        piece = Piece(origin(graph, piece.tensor, _SAME_ORDER), piece.start, piece.size)
        before = _before_cut(values, piece) or _before_joint(values, piece)
        if before is None:
            return piece
        piece = before


def _before_cut(values: Values, piece: Piece) -> Piece | None:
    """The elements in what a split or a slice cut them from; None = they lay apart there."""
    source = cut_source(values.graph, piece.tensor[0])
    cut = cut_of(values.graph, values, piece.tensor) if source is not None else None
    shape = values.shape(source) if source is not None else None
    own = piece.size if piece.size is not None else _size(values, piece.tensor)
    if source is None or cut is None or shape is None or own is None:
        return None
    dimension, start, _ = cut
    stride = product(shape[dimension + 1 :])
    if product(shape[:dimension]) != 1 or not isinstance(stride, int) or not stride:
        return None
    return Piece(source, start * stride + piece.start, own)


def _before_joint(values: Values, piece: Piece) -> Piece | None:
    """The elements in the one of several joined tensors that holds them all."""
    parts = _parts(values, piece.tensor)
    if parts is None or piece.size is None:
        return None
    start = piece.start
    for part in parts:
        size = _size(values, part)
        if size is None:
            return None
        if start < size:
            return Piece(part, start, piece.size) if start + piece.size <= size else None
        start -= size
    return None


def _narrowed(around: Around, values: Values, piece: Piece) -> tuple[Tensor, int]:
    """A tensor of nothing but the elements of a piece, and its rank."""
    assert piece.size is not None
    tensor, start = piece.tensor, piece.start
    shape = [d for d in values.shape(tensor) or () if isinstance(d, int)]
    while len(shape) > 1:
        row = _product(shape[1:])
        if start % row + piece.size > row:
            break
        tensor = around.element(tensor, start // row)
        start, shape = start % row, shape[1:]
    row = _product(shape[1:])
    if start % row or piece.size % row:
        tensor, row, shape = around.reshaped(tensor, -1), 1, [_product(shape)]
    if piece.size < _product(shape):
        tensor = around.part(tensor, 0, start // row, piece.size // row, len(shape))
    return tensor, len(shape)


def _product(sizes: list[int]) -> int:
    size = product(sizes)
    assert isinstance(size, int)
    return size
