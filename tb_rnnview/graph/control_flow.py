"""TensorFlow 1's control flow operations by family, and how to follow a value through them."""

from __future__ import annotations

from collections.abc import Container

from tb_rnnview.graph.form import MERGE, NEXT, Graph, Tensor

ENTER = ("Enter", "RefEnter")
EXIT = ("Exit", "RefExit")
SWITCH = ("Switch", "RefSwitch")

__all__ = ["ENTER", "EXIT", "MERGE", "NEXT", "SWITCH", "origin", "steered_from", "through"]

_STEERING = frozenset({"Identity", "IdentityN", "Snapshot", *SWITCH, *ENTER})


def origin(graph: Graph, tensor: Tensor, handing_on: Container[str]) -> Tensor:
    """The tensor that operations of the given types, and nothing else, hand on as ``tensor``.

    Args:
        graph: the graph.
        tensor: where to start.
        handing_on: operation types that hand on what enters at their first input; IdentityN hands
            on each of its inputs.
    """
    while graph.op(tensor[0]) in handing_on:
        slot = tensor[1] if graph.op(tensor[0]) == "IdentityN" else 0
        source = graph.input(tensor[0], slot)
        if source is None:
            break
        tensor = source
    return tensor


def through(graph: Graph, node: int) -> int:
    """The node that a chain of Identity, Switch and Enter nodes takes its value from."""
    return steered_from(graph, (node, 0))[0]


def steered_from(graph: Graph, tensor: Tensor) -> Tensor:
    """The tensor that a chain of Identity, Switch and Enter nodes hands on."""
    return origin(graph, tensor, _STEERING)
