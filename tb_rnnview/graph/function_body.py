"""The body of a function, with its inputs resolved to positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.outputs import position


@dataclass(frozen=True)
class FunctionBody:
    """Nodes by position in the FunctionDef; argument ``k`` is the node ``-1 - k``."""

    nodes: tuple[Any, ...]
    """The raw NodeDefs."""
    inputs: tuple[tuple[Tensor, ...], ...]
    controls: tuple[tuple[int, ...], ...]
    results: tuple[Tensor, ...]


def function_body(function: Any, library: Mapping[str, Any]) -> FunctionBody:
    """Reads a FunctionDef.

    Args:
        function: the raw FunctionDef.
        library: all functions by name; a node may be a call of one, by its operation type.

    Raises:
        SourceError: something in it reads what is not there.
    """
    name = function.signature.name
    nodes = tuple(function.node_def)
    index = {node.name: i for i, node in enumerate(nodes)}
    index.update({arg.name: -1 - k for k, arg in enumerate(function.signature.input_arg)})

    def node_of(text: str) -> int:
        if text not in index:
            raise SourceError(
                f"the graph is incomplete: function {name!r} reads {text!r}, which is not in it; "
                "export the whole graph again"
            )
        return index[text]

    def tensor(text: str) -> Tensor:
        head, _, rest = text.partition(":")
        node = node_of(head)
        if node < 0 or not rest:
            return node, 0
        output, _, number = rest.partition(":")
        offset = int(number) if number.isdecimal() else 0
        op = nodes[node].op
        if op in library:
            names = [arg.name for arg in library[op].signature.output_arg]
            return node, names.index(output) + offset if output in names else offset
        return node, position(op, output, offset)

    data = tuple(tuple(tensor(t) for t in node.input if t[:1] != "^") for node in nodes)
    controls = tuple(
        tuple(i for t in node.input if t[:1] == "^" and (i := node_of(t[1:])) >= 0)
        for node in nodes
    )
    results = tuple(tensor(function.ret[arg.name]) for arg in function.signature.output_arg)
    return FunctionBody(nodes, data, controls, results)
