"""Where the elements of a sequence are kept: in a TensorArray, or in a TensorList.

A TensorArray is one node, whose handle all accesses share. A TensorList is a value, and each write
makes a new one; all that come from one start are one array here, named by the node that made it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.analysis import ops
from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH, through
from tb_rnnview.graph.form import Graph, Tensor

_HANDED_ON = frozenset({"Identity", *ENTER, *EXIT, *SWITCH})


def array_of(graph: Graph, access: int, known: dict[int, int] | None = None) -> int:
    """The node that owns the elements which an access reads, writes, stacks or counts.

    Args:
        graph: the graph.
        access: the operation.
        known: as for `list_start`.
    """
    handle = graph.sources(access)[0]
    if graph.op(access) in ops.LIST_OPS:
        return list_start(graph, handle, known)
    return through(graph, handle)


def list_start(graph: Graph, node: int, known: dict[int, int] | None = None) -> int:
    """The node that made a TensorList, before any write to it.

    Args:
        graph: the graph.
        node: it holds the list.
        known: answers by node, which are added to; of use where many lists are asked for.
    """
    seen: set[int] = set()
    while node not in seen:
        if known is not None and node in known:
            node = known[node]
            break
        seen.add(node)
        op = graph.op(node)
        if op in _HANDED_ON or op in ops.LIST_CHANGES:
            node = graph.sources(node)[0]
        elif op in MERGE:
            # What comes round a loop, or out of either branch, began as the same list.
            ways = [s for s in graph.sources(node) if graph.op(s) not in NEXT]
            node = ways[-1] if ways else node
    if known is not None:
        known.update(dict.fromkeys(seen, node))
    return node


def written_last(graph: Graph, lists: int) -> Tensor | None:
    """One element that was written to a TensorList, the one nearest to a node that holds it."""
    seen = set()
    node = lists
    while node not in seen:
        seen.add(node)
        op = graph.op(node)
        if op in ops.LIST_ELEMENTS:
            return graph.input(node, ops.LIST_ELEMENTS[op])
        if op in MERGE:
            # Out of a loop comes what its steps wrote.
            ways = [s for s in graph.sources(node) if graph.op(s) in NEXT]
            node = (ways or graph.sources(node))[-1]
        elif op in _HANDED_ON or op in NEXT or op in ops.LIST_CHANGES:
            node = graph.sources(node)[0]
    return None


def filled_from(graph: Graph, array: int) -> Iterator[Tensor]:
    """The tensors whose elements, along the first dimension, fill an array at once."""
    own = graph.input(array, ops.LIST_FILLED_FROM.get(graph.op(array), -1))
    if own is not None:
        yield own
    for port, to, slot in graph.consumers(array):
        op = graph.op(to)
        value = graph.input(to, ops.FILLED_FROM.get(op, -1))
        if port == 0 and slot == 0 and value is not None:
            yield value


def is_array(graph: Graph, node: int) -> bool:
    """Whether a node owns elements that are accessed one by one."""
    return graph.op(node) in ops.TENSOR_ARRAYS or graph.op(node) in ops.LIST_STARTS
