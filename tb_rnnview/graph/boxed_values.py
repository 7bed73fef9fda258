"""Values that are kept in a TensorList of one element: the list stands for its element.

``keras.ops.scan`` carries its state so. Where all accesses to a list are to one and the same place,
writing hands the value on and reading hands on what was written.
"""

from __future__ import annotations

import struct

from tensorboard.compat.proto.types_pb2 import DT_INT32

from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH, through
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.identities import with_identities
from tb_rnnview.graph.walk import walk

_READ, _WRITE = "TensorListGetItem", "TensorListSetItem"
_VALUE = {_READ: 0, _WRITE: 2}
"""The input that stands for the value which an access hands on."""
_HANDED_ON = frozenset({"Identity", *ENTER, *EXIT, *MERGE, *NEXT, *SWITCH})


def unbox_values(graph: Graph) -> Graph:
    """The graph with such lists replaced by their elements."""
    made = graph.nodes_of("TensorListReserve", "EmptyTensorList")
    reached = {start: list(walk([start], lambda n: _receivers(graph, n))) for start in made}
    times: dict[int, int] = {}
    for nodes in reached.values():
        for node in nodes:
            times[node] = times.get(node, 0) + 1
    instead: dict[int, Tensor] = {}
    for nodes in reached.values():
        accesses = [n for n in nodes[1:] if graph.op(n) not in _HANDED_ON]
        if {graph.op(n) for n in accesses} != {_READ, _WRITE} or any(times[n] > 1 for n in nodes):
            continue
        places = {_place(graph, n) for n in accesses}
        if len(places) == 1 and None not in places:
            instead.update((n, graph.inputs(n)[_VALUE[graph.op(n)]]) for n in accesses)
    return with_identities(graph, instead) if instead else graph


def _receivers(graph: Graph, node: int) -> list[int]:
    """What takes a list in, from the node that made it or changed it."""
    if graph.op(node) == _READ:
        return []
    return [to for _, to, slot in graph.consumers(node) if slot == 0 or graph.op(to) in MERGE]


def _place(graph: Graph, access: int) -> int | None:
    """The place that an access reads or writes; None = it is no constant."""
    index = graph.input(access, 1)
    node = through(graph, index[0]) if index is not None else access
    value = graph.attr(node, "value") if graph.op(node) == "Const" else None
    if value is None or value.tensor.dtype != DT_INT32 or value.tensor.tensor_shape.dim:
        return None
    if len(value.tensor.tensor_content) == 4:
        return int(struct.unpack("<i", value.tensor.tensor_content)[0])
    return int(value.tensor.int_val[0]) if value.tensor.int_val else 0
