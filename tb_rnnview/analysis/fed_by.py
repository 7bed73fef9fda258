"""Places of one layer in the order of data flow, then of what the program feeds.

Of two sentences, the first comes first; what goes on from another place comes after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.ordering import in_order
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


def in_order_of_inputs(graph: Graph, instances: Sequence[Instance]) -> list[int]:
    """The positions of instances, those first that others, or the first inputs, are made of.

    Where two are made of the same input, and neither of the other, the order stays as it is.
    """
    made_of = [set(walk(instance.nodes, graph.sources)) for instance in instances]
    fed = [{n for n in nodes if graph.op(n) in ops.INPUTS} for nodes in made_of]
    if all(fed) and len(set[int]().union(*fed)) == sum(map(len, fed)):
        return sorted(range(len(instances)), key=lambda i: min(fed[i]))
    before = [
        [j for j, other in enumerate(instances) if j != i and not other.nodes.isdisjoint(nodes)]
        for i, nodes in enumerate(made_of)
    ]
    return in_order(before, range(len(instances)))
