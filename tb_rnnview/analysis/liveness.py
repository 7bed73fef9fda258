"""Which nodes the network's own results need, training and bookkeeping apart.

Roots are the sinks of the forward computation. What is left out: derivatives and what only they
need, writes, summaries. Edges that carry no data do not count: reading a tensor's shape, and the
forward values that differentiation keeps.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.forward_again import find_forward_again
from tb_rnnview.analysis.seeds import find_seeds
from tb_rnnview.analysis.training_uses import find_uses
from tb_rnnview.analysis.variables import holds_weights
from tb_rnnview.graph.control_flow import ENTER, EXIT, SWITCH, origin, through
from tb_rnnview.graph.edges import Flags, flags
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

_RESOURCE = 20
"""TensorFlow's DataType number of handles."""

_READING = frozenset({"ReadVariableOp", "Identity", "Cast", *ENTER, *SWITCH})


def needed_by(graph: Graph, roots: Iterable[int], derivative: bytearray | None = None) -> bytearray:
    """One flag per node: some root reads data from it, through any number of nodes.

    Whoever asks for nothing but a tensor's shape needs none of its data.

    Args:
        graph: the graph.
        roots: where to begin.
        derivative: one flag per node: what a gradient computes does not count, though what comes
            after it needs it.
    """
    edges = graph.edges
    needs = ~edges.of_targets(ops.SHAPE_READERS)
    if derivative is not None:
        needs &= ~flags(derivative)[edges.source]
    return edges.reached(roots, needs, forwards=False)


def find_derivatives(graph: Graph) -> bytearray:
    """One flag per node: it descends from what only differentiation makes.

    Where the network begins again with what a gradient has changed, that ends.
    """
    made_by_type = graph.edges.of_nodes(ops.is_derivative).nonzero()[0].tolist()
    starts = [*find_seeds(graph), *made_by_type]
    if not starts:
        return bytearray(len(graph))
    found = graph.edges.reached(starts, _carry_data(graph), forwards=True)
    again = list(find_forward_again(graph, found))
    if not again:
        return found
    is_again = flags(bytearray(len(graph)))
    is_again[again] = True
    gradients = _carry_data(graph) & ~is_again[graph.edges.target]
    return graph.edges.reached(starts, gradients, forwards=True)


def forward_results(graph: Graph, results: Iterable[int], derivative: bytearray) -> list[int]:
    """Those of a program's results that its forward computation gives.

    None where not one of them is made of what is fed: a step of training may return nothing but
    its metrics, which it reads back from where they are summed up.
    """
    forward = [n for n in results if not derivative[n]]
    if not forward:
        return []
    inputs = _inputs(graph)
    fed = _made_of(graph, inputs)
    return forward if not inputs or any(fed[n] for n in forward) else []


def find_roots(graph: Graph, frame: array[int], derivative: bytearray) -> list[int]:
    """The sinks of the forward computation.

    Args:
        graph: the graph.
        frame: the while frame of each node: nothing that stays in one can be a result.
        derivative: one flag per node: it descends from what only differentiation makes.
    """
    uses = find_uses(graph, derivative, lambda: _made_of(graph, _inputs(graph)))
    edges = graph.edges
    can_be = ~flags(derivative) & (uses.forward == 0) & (edges.count > 0)
    can_be &= ~uses.training | uses.watched
    can_be &= ~edges.of_nodes(_stores_or_reads_shapes)
    can_be &= (np.frombuffer(frame, np.int32) == 0) | edges.of_nodes(EXIT)
    roots = [
        node
        for node in can_be.nonzero()[0].tolist()
        # A write that a condition guards is none.
        if graph.op(node) not in ops.PLUMBING
        or not (_hands_on_a_write(graph, node) or _marks_a_branch(graph, node))
    ]
    return _without_statistics(graph, roots, uses.watched)


def _stores_or_reads_shapes(op: str) -> bool:
    return ops.is_write(op) or ops.is_summary(op) or op in ops.SHAPE_READERS


def _hands_on_a_write(graph: Graph, node: int) -> bool:
    def before(here: int) -> Iterable[int]:
        return graph.sources(here) if graph.op(here) in ops.PLUMBING else ()

    return any(ops.is_write(graph.op(here)) for here in walk([node], before))


def _marks_a_branch(graph: Graph, node: int) -> bool:
    """Whether a node only runs in one branch of a condition, for others to wait for."""
    source = graph.input(node, 0)
    if source is None or graph.op(source[0]) not in SWITCH:
        return False
    return len(set(graph.inputs(source[0]))) == 1  # it is its own predicate


def _without_statistics(graph: Graph, roots: list[int], watched: Flags) -> list[int]:
    """Drops what only summaries or derivatives look at and what depends on no input.

    A loss is looked at by both and depends on the input; the mean of a kernel, or a setting of an
    optimiser, does not. Neither does a metric, which is read from where it is summed up.
    """
    summed_up = _summed_up(graph)
    inputs = _inputs(graph)
    if not inputs or not (summed_up or watched[roots].any()):
        return roots
    fed = _made_of(graph, inputs)
    return [n for n in roots if fed[n] or not (watched[n] or _is_metric(graph, n, summed_up))]


def _summed_up(graph: Graph) -> set[int]:
    """The variables to which something is added with each run."""
    writes = graph.nodes_of("AssignAdd", "AssignAddVariableOp")
    found = {through(graph, graph.sources(n)[0]) for n in writes}
    for write in graph.nodes_of("Assign", "AssignVariableOp"):
        variable, value = (through(graph, source) for source in graph.sources(write)[:2])
        if graph.op(value) in ("Add", "AddV2") and variable in (
            _read_from(graph, source) for source in graph.sources(value)
        ):
            found.add(variable)
    return found


def _read_from(graph: Graph, node: int) -> int:
    """The variable that a node reads, if it does nothing else."""
    return origin(graph, (node, 0), _READING)[0]


def _is_metric(graph: Graph, root: int, summed_up: set[int]) -> bool:
    """Whether all variables that a result is made of are sums over runs."""
    variables = (n for n in walk([root], graph.sources) if graph.op(n) in ops.VARIABLES)
    made_of = [n for n in variables if holds_weights(graph, n)]
    return bool(made_of) and summed_up.issuperset(made_of)


def _inputs(graph: Graph) -> list[int]:
    """The nodes through which data come in; a handle (of a table, say) is none."""
    return [n for n in _nodes(graph, _feeds) if not _is_handle(graph, n)]


def _feeds(op: str) -> bool:
    return op in ops.INPUTS or "Iterator" in op or "Dequeue" in op


def _nodes(graph: Graph, is_one: Callable[[str], bool]) -> list[int]:
    return graph.nodes_of(*filter(is_one, graph.op_names))


def _is_handle(graph: Graph, node: int) -> bool:
    dtype = graph.attr(node, "dtype")
    return dtype is not None and dtype.type == _RESOURCE


def _made_of(graph: Graph, inputs: Iterable[int]) -> bytearray:
    """One flag per node: it is made of the data themselves, not of their shape."""
    of_data = _carry_data(graph) & ~graph.edges.of_targets(ops.SHAPE_READERS)
    return graph.edges.reached(inputs, of_data, forwards=True)


def _carry_data(graph: Graph) -> Flags:
    """For each edge, whether what it leads to is made of what it leads from."""
    edges = graph.edges
    # Whether data go on is not what they are.
    return ~(edges.of_targets(SWITCH) & (edges.slot > 0))
