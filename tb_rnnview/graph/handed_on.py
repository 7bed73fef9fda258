"""Which results of a function are nothing but its arguments, at whatever depth of functions."""

from __future__ import annotations

from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.function_body import FunctionBody
from tb_rnnview.graph.growing import Growing

_DEEPEST = 64
"""Functions within functions that are looked into."""


def handed_on(graph: Growing, function: str, depth: int = 0) -> list[int | None]:
    """For each result of a function, the argument that it is; None = it is computed."""
    if function not in graph.handed_on and depth < _DEEPEST:
        # While it is being found out, nothing is known of a function that calls itself.
        graph.handed_on[function] = []
        body = graph.body(function)
        found = [_argument(graph, body, result, depth + 1) for result in body.results]
        graph.handed_on[function] = found
    return graph.handed_on.get(function, [])


def _argument(graph: Growing, body: FunctionBody, tensor: Tensor, depth: int) -> int | None:
    seen: set[Tensor] = set()
    while tensor[0] >= 0:
        before = _before(graph, body, tensor, depth)
        if before is None or tensor in seen:
            return None  # seen: a damaged function, that goes in a circle
        seen.add(tensor)
        tensor = before
    return -1 - tensor[0]


def _before(graph: Growing, body: FunctionBody, tensor: Tensor, depth: int) -> Tensor | None:
    """The input that an operation hands on as one of its outputs."""
    node, port = tensor
    op, inputs = body.op(node), body.inputs(node)
    if op == "Identity":
        return inputs[0] if inputs else None
    if op not in _ANY_OF:
        return None
    raw = body.nodes[node]
    functions = [raw.attr[name].func.name for name in _ANY_OF[op] if name in raw.attr]
    if not functions or any(name not in graph.library for name in functions):
        return None
    ways = {_result(handed_on(graph, name, depth), port) for name in functions}
    argument = ways.pop()
    if ways or argument is None:
        return None
    if op in ("While", "StatelessWhile") and argument != port:
        return None  # it comes round in another place
    slot = argument + (op in ("If", "StatelessIf"))
    return inputs[slot] if slot < len(inputs) else None


def _result(results: list[int | None], port: int) -> int | None:
    return results[port] if port < len(results) else None


_ANY_OF = {
    "PartitionedCall": ("f",),
    "StatefulPartitionedCall": ("f",),
    "While": ("body",),
    "StatelessWhile": ("body",),
    "If": ("then_branch", "else_branch"),
    "StatelessIf": ("then_branch", "else_branch"),
}
"""The functions of which each, where it runs, gives the results."""
