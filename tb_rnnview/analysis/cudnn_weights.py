"""The kernels and biases of each layer and direction of a cuDNN operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.analysis.cudnn_buffer import (
    Piece,
    brought_in,
    matrix,
    pieces_of,
    vector,
    where_joined,
)
from tb_rnnview.analysis.fused_loop import Around, SequenceLoop
from tb_rnnview.analysis.known import Number
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Tensor

PARTS_OF_BUFFER = "CudnnRNNParamsToCanonical"
"""TensorFlow's operation that takes a buffer apart: only cuDNN knows where its parts lie."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of one layer in one direction."""

    gates: int
    units: Number
    """Rows of each matrix."""
    width: Number
    """Columns of the input's matrices; 0 = the input enters the gates as it is."""
    state: Number
    """Columns of the state's matrices: the width of h."""
    projects: bool

    def matrices(self) -> Iterator[tuple[Number, Number]]:
        """Rows and columns, in cuDNN's order: the input's, the state's, the projection."""
        if self.width != 0:
            yield from [(self.units, self.width)] * self.gates
        yield from [(self.units, self.state)] * self.gates
        if self.projects:
            yield self.state, self.units


@dataclass(frozen=True)
class Weights:
    """The weights of one layer in one direction, by gate; made when a loop takes them."""

    products: Callable[[SequenceLoop, Tensor, int], Tensor]
    """The product of a value with the k-th matrix."""
    biases: Sequence[Tensor | None]
    """Those of the input's products, then those of the state's; None = zeros."""
    sizes: Sizes

    def seen(self, loop: SequenceLoop, x: Tensor, gates: Sequence[str]) -> Mapping[str, Tensor]:
        """What enters each gate from the input, but for its bias."""
        if self.sizes.width == 0:
            return dict.fromkeys(gates, x)
        return {gate: self.products(loop, x, k) for k, gate in enumerate(gates)}

    def kept(self, loop: SequenceLoop, h: Tensor, gates: Sequence[str]) -> Mapping[str, Tensor]:
        """What enters each gate from the state, with its bias."""
        first = 0 if self.sizes.width == 0 else len(gates)
        return {
            gate: self._biased(loop, self.products(loop, h, first + k), len(gates) + k)
            for k, gate in enumerate(gates)
        }

    def projected(self, loop: SequenceLoop, h: Tensor) -> Tensor:
        """The output after its projection; as it is where there is none."""
        last = len(list(self.sizes.matrices())) - 1
        return self.products(loop, h, last) if self.sizes.projects else h

    def added(self, loop: SequenceLoop, seen: Tensor, kept: Tensor, k: int) -> Tensor:
        """What enters the k-th gate from the input and from the state, with the input's bias."""
        return self._biased(loop, loop.op("AddV2", [seen, kept]), k)

    def _biased(self, loop: SequenceLoop, product: Tensor, k: int) -> Tensor:
        bias = self.biases[k]
        return product if bias is None else loop.op("BiasAdd", [product, loop.given(bias)])


def weights_of(
    around: Around, values: Values, buffer: Tensor, layers: Sequence[Sizes]
) -> list[Weights]:
    """The weights of each layer and direction, in cuDNN's order."""
    shapes = [list(sizes.matrices()) for sizes in layers]
    counts = [2 * sizes.gates for sizes in layers]
    elements = [_times(*shape) for own in shapes for shape in own]
    elements += [_known(sizes.units) for sizes in layers for _ in range(2 * sizes.gates)]
    joined, way = where_joined(values, buffer)
    pieces = pieces_of(values, joined, elements)
    if pieces is None or not all(isinstance(rows, int) for own in shapes for rows, _ in own):
        return _hidden(around, buffer, layers)
    # What is cut out of variables is cut where they are joined.
    there = Around(around.graph, joined[0]) if way else around

    def kernel(piece: Piece, rows: Number, columns: Number) -> tuple[Tensor, bool]:
        found, turned = matrix(there, values, piece, _whole(rows), _known(columns))
        return brought_in(around, found, way), turned

    def bias_of(piece: Piece) -> Tensor | None:
        found = vector(there, values, piece)
        return None if found is None else brought_in(around, found, way)

    found = []
    first, bias = 0, sum(map(len, shapes))
    for sizes, own, count in zip(layers, shapes, counts, strict=True):
        kernels = [kernel(piece, *shape) for piece, shape in zip(pieces[first:], own, strict=False)]
        biases = [bias_of(piece) for piece in pieces[bias : bias + count]]
        found.append(Weights(_product_with(kernels), biases, sizes))
        first, bias = first + len(own), bias + count
    return found


def _hidden(around: Around, buffer: Tensor, layers: Sequence[Sizes]) -> list[Weights]:
    """The weights of layers whose places in the buffer only cuDNN knows."""
    units, width = _known(layers[0].units), _known(layers[0].width)
    numbers = [around.number(n or 0) for n in (len(layers), units, width)]
    total = sum(len(list(sizes.matrices())) for sizes in layers)
    apart, _ = around.op(PARTS_OF_BUFFER, [*numbers, buffer], num_params=AttrValue(i=total))
    found = []
    first, bias = 0, total
    for sizes in layers:
        count = len(list(sizes.matrices()))
        kernels = [((apart, first + k), True) for k in range(count)]
        biases = [(apart, bias + k) for k in range(2 * sizes.gates)]
        found.append(Weights(_product_with(kernels), biases, sizes))
        first, bias = first + count, bias + 2 * sizes.gates
    return found


def _product_with(
    kernels: Sequence[tuple[Tensor, bool]],
) -> Callable[[SequenceLoop, Tensor, int], Tensor]:
    def product(loop: SequenceLoop, value: Tensor, k: int) -> Tensor:
        kernel, turned = kernels[k]
        return loop.op("MatMul", [value, loop.given(kernel)], transpose_b=AttrValue(b=turned))

    return product


def _known(number: Number) -> int | None:
    return number if isinstance(number, int) else None


def _whole(number: Number) -> int:
    assert isinstance(number, int)
    return number


def _times(rows: Number, columns: Number) -> int | None:
    return rows * columns if isinstance(rows, int) and isinstance(columns, int) else None
