"""Places of one layer in the order of what the program feeds: of two sentences, the first first."""

from __future__ import annotations

from collections.abc import Sequence

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


def in_order_of_inputs(graph: Graph, instances: Sequence[Instance]) -> list[int]:
    """The positions of instances, those first that are made of what the program is fed first.

    Where two are made of the same input, the order says nothing, and stays as it is.
    """
    fed = [_inputs(graph, instance) for instance in instances]
    together = set[int]().union(*fed)
    order = list(range(len(instances)))
    if all(fed) and len(together) == sum(map(len, fed)):
        order.sort(key=lambda i: min(fed[i]))
    return order


def _inputs(graph: Graph, instance: Instance) -> set[int]:
    """The inputs of the program that an instance is made of."""
    return {n for n in walk(instance.nodes, graph.sources) if graph.op(n) in ops.INPUTS}
