"""Operations that come to do nothing but hand a value on."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import replace

from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.replaced_nodes import ReplacedNodes


def with_identities(graph: Graph, instead: Mapping[int, Tensor]) -> Graph:
    """The graph in which each given node hands on the given tensor."""
    op_names = graph.op_names if "Identity" in graph.op_names else [*graph.op_names, "Identity"]
    kind = op_names.index("Identity")
    op_ids = array("i", graph.op_ids)
    made: dict[int, NodeDef] = {}
    first, source, port = array("i", [0]), array("i"), array("i")
    for node in range(len(graph)):
        inputs = graph.inputs(node)
        if node in instead:
            inputs = [instead[node]]
            op_ids[node] = kind
            made[node] = NodeDef(name=graph.names[node], op="Identity")
        source.extend(a for a, _ in inputs)
        port.extend(b for _, b in inputs)
        first.append(len(source))
    return replace(
        graph,
        op_ids=op_ids,
        op_names=op_names,
        nodes=ReplacedNodes(graph.nodes, made),
        first_input=first,
        source=source,
        source_port=port,
    )
