"""What the user gives beside a graph: outputs that count, and examples of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tb_rnnview.analysis.known import ShapeOf, Unknown
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Graph


def named_nodes(graph: Graph, names: Sequence[Any]) -> list[int]:
    """The nodes of tensors, operations or their names.

    Raises:
        SourceError: the graph has no node of that name.
    """
    ports: dict[int, list[tuple[str, int]]] = {}
    for (node, port), (result, _) in graph.replaced.items():
        ports.setdefault(node, []).append((str(port), result))
    found: list[int] = []
    for name in names:
        node = _node(graph, name)
        wanted = _text(name).partition(":")[2]
        stand_ins = ports.get(node, [("", node)])
        found.extend(result for port, result in stand_ins if not wanted or port in ("", wanted))
    return found


def _text(name: Any) -> str:
    return name if isinstance(name, str) else str(getattr(name, "name", name))


def _node(graph: Graph, name: Any) -> int:
    text = _text(name).removeprefix("^").partition(":")[0]
    if text not in graph.index:
        raise SourceError(
            f"the graph has no node {text!r}; names are those of tensors, without ':0'"
        )
    return graph.index[text]


def fed_shapes(graph: Graph, inputs: Mapping[Any, Any]) -> dict[int, ShapeOf]:
    """The shapes of the given examples, by node.

    Raises:
        SourceError: the graph has no such node, or an example has no shape.
    """
    shapes: dict[int, ShapeOf] = {}
    for name, example in inputs.items():
        shape = getattr(example, "shape", None)
        if shape is None and isinstance(example, (tuple, list)):
            plain = all(d is None or isinstance(d, int) for d in example)
            shape = example if plain else _nested_shape(example)
        if shape is None:
            raise SourceError(f"the example for {name!r} is neither an array nor a shape")
        node = _node(graph, name)
        if getattr(shape, "rank", 0) is not None:  # one of any rank tells nothing
            # TensorFlow writes -1 for an open dimension, too.
            shapes[node] = tuple(Unknown() if d is None or d < 0 else int(d) for d in shape)
    return shapes


def _nested_shape(example: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(example, (tuple, list)):
        shape.append(len(example))
        example = example[0] if example else None
    return tuple(shape)
