"""Values that a while frame hands on from step to step as they are: constants of the loop.

TensorFlow 2 lets a loop carry all that its steps read, and writes that down as frames where its
functional loops are put in the place of calls, as freezing a model does.
"""

from __future__ import annotations

from tb_rnnview.graph.control_flow import ENTER, EXIT, NEXT, SWITCH, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.identities import with_identities

_HANDED_ON = frozenset({"Identity", *SWITCH})


def leave_unchanged_outside(graph: Graph) -> Graph:
    """The graph in which such a value enters its loop once, and leaves it without having been in.

    Values of loops within loops need a round for each loop around.
    """
    while True:
        instead: dict[int, Tensor] = {}
        for merge in graph.loop_merges:
            enters = [n for n in graph.sources(merge) if graph.op(n) in ENTER]
            rounds = [n for n in graph.sources(merge) if graph.op(n) in NEXT]
            if len(enters) != 1 or len(rounds) != 1:
                continue
            if origin(graph, graph.inputs(rounds[0])[0], _HANDED_ON)[0] == merge:
                instead[merge] = enters[0], 0
                outside = graph.inputs(enters[0])[0]
                instead.update((leaves, outside) for leaves in _exits(graph, merge))
        if not instead:
            return graph
        graph = with_identities(graph, instead)


def _exits(graph: Graph, merge: int) -> list[int]:
    """Where the value that comes round at a Merge leaves its loop."""
    return [
        leaves
        for _, switch, slot in graph.consumers(merge)
        if slot == 0 and graph.op(switch) in SWITCH
        for port, leaves, _ in graph.consumers(switch)
        if port == 0 and graph.op(leaves) in EXIT
    ]
