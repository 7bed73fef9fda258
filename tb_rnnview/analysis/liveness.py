"""Which nodes the network's own results need, training and bookkeeping apart.

Roots are the sinks of the forward computation. What is left out: derivatives and what only they
need, writes, summaries. Edges that carry no data do not count: reading a tensor's shape, and the
forward values that differentiation keeps.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.forward_again import find_forward_again
from tb_rnnview.analysis.seeds import find_seeds
from tb_rnnview.analysis.variables import holds_weights
from tb_rnnview.graph.control_flow import ENTER, EXIT, SWITCH, origin, through
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

_RESOURCE = 20
"""TensorFlow's DataType number of handles."""

_SUMS = frozenset({"Add", "AddV2", "AddN"})
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
    live = bytearray(len(graph))
    shape_readers = {i for i, op in enumerate(graph.op_names) if op in ops.SHAPE_READERS}

    def needs(node: int) -> Iterable[int]:
        if graph.op_ids[node] in shape_readers:
            return ()
        return [s for s in graph.sources(node) if derivative is None or not derivative[s]]

    for node in walk(roots, needs):
        live[node] = 1
    return live


def find_derivatives(graph: Graph) -> bytearray:
    """One flag per node: it descends from what only differentiation makes.

    Where the network begins again with what a gradient has changed, that ends.
    """
    kinds = [ops.is_derivative(op) for op in graph.op_names]
    made_by_type = [n for n, op in enumerate(graph.op_ids) if kinds[op]]
    starts = [*find_seeds(graph), *made_by_type]
    found = _descendants(graph, starts)
    again = find_forward_again(graph, found)
    return _descendants(graph, starts, again) if again else found


def forward_results(graph: Graph, results: Iterable[int], derivative: bytearray) -> list[int]:
    """Those of a program's results that its forward computation gives.

    None where not one of them is made of what is fed: a step of training may return nothing but
    its metrics, which it reads back from where they are summed up.
    """
    forward = [n for n in results if not derivative[n]]
    inputs = _inputs(graph)
    fed = _made_of(graph, inputs)
    return forward if not inputs or any(fed[n] for n in forward) else []


def find_roots(graph: Graph, frame: Sequence[int], derivative: bytearray) -> list[int]:
    """The sinks of the forward computation.

    Args:
        graph: the graph.
        frame: the while frame of each node: nothing that stays in one can be a result.
        derivative: one flag per node: it descends from what only differentiation makes.
    """
    kinds = [
        (ops.is_derivative(op), ops.is_write(op), ops.is_summary(op), op in ops.SHAPE_READERS)
        for op in graph.op_names
    ]
    # A gradient is summed up with other gradients, never with what was made of the data: that sum
    # is a loss with a penalty on a gradient, say.
    fed = _made_of(graph, _inputs(graph))
    forward_uses = [0] * len(graph)
    training_uses = bytearray(len(graph))
    watched = bytearray(len(graph))  # by summaries, or kept for differentiation
    for node, op_id in enumerate(graph.op_ids):
        by_type, write, summary, shape_reader = kinds[op_id]
        first, last = graph.first_input[node], graph.first_input[node + 1]
        for edge in range(first, last):
            source = graph.source[edge]
            if derivative[source] or shape_reader:
                continue
            if summary:
                watched[source] = 1
            elif write:
                training_uses[source] = 1
            elif by_type:
                slot = edge - first
                if ops.takes_gradient(graph.op_names[op_id], slot, last - first):
                    training_uses[source] = 1
                else:
                    watched[source] = 1
            elif not derivative[node]:
                forward_uses[source] += 1
            elif ops.joins_gradients(graph.op_names[op_id], edge - first) and not (
                fed[source] and graph.op_names[op_id] in _SUMS
            ):
                training_uses[source] = 1
            else:
                watched[source] = 1
    # What has training uses only is itself part of training: strip it, and what then has only
    # training uses, until nothing changes.
    trained = bytearray(len(graph))
    pending = [
        n for n in range(len(graph)) if training_uses[n] and not forward_uses[n] and not watched[n]
    ]
    while pending:
        node = pending.pop()
        if trained[node] or derivative[node]:
            continue
        trained[node] = 1
        if any(kinds[graph.op_ids[node]][1:]):
            continue  # its inputs were never counted as forward uses
        for source in graph.sources(node):
            if derivative[source] or trained[source]:
                continue
            forward_uses[source] -= 1
            training_uses[source] = 1
            if forward_uses[source] == 0 and not watched[source]:
                pending.append(source)
    roots = []
    for node, op_id in enumerate(graph.op_ids):
        if derivative[node] or trained[node] or forward_uses[node] or any(kinds[op_id][1:3]):
            continue
        if graph.first_input[node] == graph.first_input[node + 1] or kinds[op_id][3]:
            continue  # nothing flows into it
        if frame[node] and graph.op(node) not in EXIT:
            continue
        if graph.op(node) in ops.PLUMBING and _hands_on_a_write(graph, node):
            continue  # a write that a condition guards
        roots.append(node)
    return _without_statistics(graph, roots, watched)


def _hands_on_a_write(graph: Graph, node: int) -> bool:
    def before(here: int) -> Iterable[int]:
        return graph.sources(here) if graph.op(here) in ops.PLUMBING else ()

    return any(ops.is_write(graph.op(here)) for here in walk([node], before))


def _without_statistics(graph: Graph, roots: list[int], watched: bytearray) -> list[int]:
    """Drops what only summaries or derivatives look at and what depends on no input.

    A loss is looked at by both and depends on the input; the mean of a kernel, or a setting of an
    optimiser, does not. Neither does a metric, which is read from where it is summed up.
    """
    inputs = _inputs(graph)
    if not inputs:
        return roots
    fed = _made_of(graph, inputs)
    summed_up = _summed_up(graph)
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
    feeds = [op in ops.INPUTS or "Iterator" in op or "Dequeue" in op for op in graph.op_names]
    return [n for n, op in enumerate(graph.op_ids) if feeds[op] and not _is_handle(graph, n)]


def _is_handle(graph: Graph, node: int) -> bool:
    dtype = graph.attr(node, "dtype")
    return dtype is not None and dtype.type == _RESOURCE


def _made_of(graph: Graph, inputs: Iterable[int]) -> bytearray:
    """One flag per node: it is made of the data themselves, not of their shape."""
    return _descendants(graph, inputs, set(graph.nodes_of(*ops.SHAPE_READERS)))


def _descendants(
    graph: Graph, seeds: Iterable[int], without: Container[int] = frozenset()
) -> bytearray:
    found = bytearray(len(graph))

    def following(node: int) -> Iterable[int]:
        return (to for to in _data_consumers(graph, node) if to not in without)

    for node in walk(seeds, following):
        found[node] = 1
    return found


def _data_consumers(graph: Graph, node: int) -> Iterable[int]:
    if graph.op(node) == "OptionalHasValue":
        return ()  # whether there is more of the data is not what they are
    return (to for _, to, slot in graph.consumers(node) if slot == 0 or graph.op(to) not in SWITCH)
