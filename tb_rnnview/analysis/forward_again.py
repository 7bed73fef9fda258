"""What goes through the network again after a gradient: no derivative, though it is made of one.

A program may change its input by a gradient and run the network on the result, or hand a gradient
to a network. No derivative applies an activation to what it is made of: where one does, and a
product with a kernel stands before it, that is the network. From there back to the last product of
the gradient, and to the loop around it, nothing is part of the gradient any more.
"""

from __future__ import annotations

from collections.abc import Iterable

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.takers import takers_of
from tb_rnnview.graph.control_flow import EXIT
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

_ACTIVATIONS = frozenset(
    "BiasAdd Elu LeakyRelu LogSoftmax Relu Relu6 Selu Sigmoid Softmax Softplus Softsign "
    "Tanh".split()
)
_BEFORE_ACTIVATION = ops.ADDITIVE | ops.SPLITS | ops.LAYOUT | {"AddN", "Identity", "Cast"}
_PRODUCTS = ops.MATRIX.keys() | ops.FUSED_CELLS.keys()


def find_forward_again(graph: Graph, derivative: bytearray) -> set[int]:
    """The nodes that descend from derivatives, and with which the network begins again.

    Args:
        graph: the graph.
        derivative: one flag per node: it descends from what only differentiation makes.
    """
    activations = [
        n
        for n in graph.nodes_of(*_ACTIVATIONS, *ops.FUSED_CELLS)
        if derivative[n] and derivative[graph.sources(n)[0]]
    ]
    if not activations:
        return set()
    takers = {taker for v in graph.nodes_of(*ops.VARIABLES) for taker, _ in takers_of(graph, v)}

    def to_product(node: int) -> Iterable[int]:
        op = graph.op(node)
        goes_on = op in _ACTIVATIONS or op in _BEFORE_ACTIVATION
        return (s for s in graph.sources(node) if derivative[s]) if goes_on else ()

    begins: set[int] = set()
    for activation in activations:
        met = list(walk([activation], to_product))
        if any(n in takers and graph.op(n) in _PRODUCTS for n in met):
            begins.update(n for n in met if not ops.is_derivative(graph.op(n)))

    def to_gradient(node: int) -> Iterable[int]:
        for source in graph.sources(node):
            op = graph.op(source)
            if derivative[source] and not (
                ops.is_derivative(op) or op in EXIT or source in takers or op in ops.MATRIX
            ):
                yield source

    return begins | set(walk(begins, to_gradient))
