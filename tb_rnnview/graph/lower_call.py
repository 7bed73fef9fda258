"""A call becomes the body of the function that it calls."""

from __future__ import annotations

from tb_rnnview.graph.growing import Growing

CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def lower_call(graph: Growing, node: int) -> None:
    """Puts a function's body in the place of a call; the operation's type may be its name."""
    function = graph.ops[node]
    if function in CALLS:
        function = graph.nodes[node].attr["f"].func.name
    graph.replace(node, graph.put_in(node, function, graph.inputs[node], node))
