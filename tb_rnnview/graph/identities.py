"""Operations that come to do nothing but hand a value on."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import replace

from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.other_inputs import ints, starts, with_other_inputs
from tb_rnnview.graph.replaced_nodes import ReplacedNodes


def with_identities(graph: Graph, instead: Mapping[int, Tensor]) -> Graph:
    """The graph in which each given node hands on the given tensor."""
    op_names = graph.op_names if "Identity" in graph.op_names else [*graph.op_names, "Identity"]
    kind = op_names.index("Identity")
    op_ids = array("i", graph.op_ids)
    for node in instead:
        op_ids[node] = kind
    made = {node: NodeDef(name=graph.names[node], op="Identity") for node in instead}
    count, source, port = with_other_inputs(
        graph.edges.count,
        graph.edges.source,
        graph.edges.port,
        {node: [tensor] for node, tensor in instead.items()},
    )
    return replace(
        graph,
        op_ids=op_ids,
        op_names=op_names,
        nodes=ReplacedNodes(graph.nodes, made),
        first_input=starts(count),
        source=ints(source),
        source_port=ints(port),
    )
