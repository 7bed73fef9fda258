"""Tables of numbers that count up, so that looking up a counter gives what follows the counter.

tf.vectorized_map, which Keras' TimeDistributed uses, reads element ``places[i]`` of a sequence, and
``places`` is nothing but 0, 1, 2 ... in several disguises.
"""

from __future__ import annotations

from tb_rnnview.analysis.carried import constant_number
from tb_rnnview.graph.control_flow import through
from tb_rnnview.graph.form import Graph

_SAME = frozenset({"Cast", "ExpandDims", "Reshape", "Squeeze"})


def counts_up(graph: Graph, table: int) -> bool:
    """Whether element i of a table grows with i by one each time."""
    pending = [table]
    seen = set()
    while pending:
        node = through(graph, pending.pop())
        if node in seen:
            continue
        seen.add(node)
        op = graph.op(node)
        sources = graph.sources(node)
        if op == "Range":
            if constant_number(graph, sources[2]) != 1:
                return False
        elif op in _SAME or (op == "Pack" and len(sources) == 1):
            pending.append(sources[0])
        elif op in ("Gather", "GatherV2"):
            pending.extend(sources[:2])  # the numbers at places that count up
        elif op == "SelectV2":
            pending.append(sources[1])  # else there is but one element
        elif op in ("Add", "AddV2") and constant_number(graph, sources[1]) is not None:
            pending.append(sources[0])
        else:
            return False
    return True
