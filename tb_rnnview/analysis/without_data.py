"""Which values no input of the network has a part in: what is made of constants and chance."""

from __future__ import annotations

import re

from tb_rnnview.analysis import ops
from tb_rnnview.graph.control_flow import MERGE
from tb_rnnview.graph.form import Graph

_RANDOM = re.compile(
    r"^(Stateless)?(Random(Uniform|UniformInt|StandardNormal|Gamma|Poisson)"
    r"|(Parameterized)?TruncatedNormal)(V\d)?$"
)


def is_without_data(graph: Graph, node: int, known: dict[int, bool]) -> bool:
    """Whether a value depends on no input of the network, no variable and no step before.

    Args:
        graph: the graph.
        node: what makes the value.
        known: what is known already; what is found out on the way is added.
    """
    way = [(node, iter(graph.sources(node)))]
    while way:
        here, left = way[-1]
        answer = known.get(here, _at_once(graph, here))
        if answer is None:
            source = next((s for s in left if known.get(s) is not True), None)
            if source is not None and source not in known:
                way.append((source, iter(graph.sources(source))))
                continue
            answer = source is None
        known[here] = answer
        way.pop()
        if way and not answer:
            known[way[-1][0]] = False
    return known[node]


def _at_once(graph: Graph, node: int) -> bool | None:
    """What the operation alone says; None = its sources decide."""
    op = graph.op(node)
    if op in ops.SHAPE_READERS:
        return True
    if op in ops.VARIABLES or op in ops.INPUTS or op in MERGE:
        return False
    if not len(graph.sources(node)):
        return op == "Const" or _RANDOM.match(op) is not None
    return None
