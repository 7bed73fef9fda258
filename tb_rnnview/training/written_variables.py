"""Puts back the variables that a traced function writes.

A layer may write any variable while it is called: statistics of a normalisation, the states of a
stateful layer, the seeds of random numbers, a count of its own. Whatever a trace writes stands in
its graph.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

# Types of operations that only look at the variable that they are handed.
READS = {
    "ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape", "VarIsInitializedOp",
}  # fmt: skip
_DEEPEST = 30


def written_handles(graph: Any) -> list[Any]:
    """The variables' handles, outside of a function's graph, that something in it may write to."""
    inside = {
        inner.name: outer for outer, inner in graph.captures if inner.dtype.name == "resource"
    }
    written = _written(graph, set(inside), _DEEPEST)
    return [outer for name, outer in inside.items() if name in written]


def _written(graph: Any, handles: set[str], depth: int) -> set[str]:
    """Those of the handles, by the names of their tensors, that are written."""
    found: set[str] = set()
    for operation in graph.get_operations():
        taken = [(i, x.name) for i, x in enumerate(operation.inputs) if x.name in handles]
        if not taken or operation.type in READS:
            continue
        bodies = list(functions_of(operation))
        if not bodies or depth == 0:
            found.update(name for _, name in taken)
        for body, skipped in bodies if depth else ():
            inner = {body.inputs[i - skipped].name: name for i, name in taken if i >= skipped}
            written = _written(body, set(inner), depth - 1)
            found.update(outer for name, outer in inner.items() if name in written)
    return found


def functions_of(operation: Any) -> Iterator[tuple[Any, int]]:
    """The graphs of the functions that an operation runs, and how many inputs are not for them."""
    names = []
    for attribute in operation.node_def.attr.values():
        if attribute.HasField("func"):
            names.append(attribute.func.name)
        names += [function.name for function in attribute.list.func]
    skipped = 1 if operation.type in ("If", "StatelessIf", "Case", "StatelessCase") else 0
    for name in names:
        body = graph_of(operation.graph, name)
        if body is not None:
            yield body, skipped


def graph_of(graph: Any, name: str) -> Any:
    """The graph of a function that an operation in a graph names; None = there is none."""
    while graph is not None:
        found = graph._functions.get(name) if hasattr(graph, "_functions") else None
        if found is not None:
            return getattr(found, "graph", None)
        graph = getattr(graph, "outer_graph", None)
    return None


@contextlib.contextmanager
def kept(handles: Iterable[Any]) -> Iterator[None]:
    """The variables of these handles have the same values afterwards."""
    import tensorflow as tf

    values = [(handle, _value(handle)) for handle in handles]
    try:
        yield
    finally:
        for handle, value in values:
            if value is not None:
                tf.raw_ops.AssignVariableOp(resource=handle, value=value)


def dtype_of(handle: Any) -> Any:
    """The dtype of a variable, by its handle; None = it is no variable of numbers."""
    import tensorflow as tf

    data = getattr(handle, "_handle_data", None)
    if data is None or not data.shape_and_type:
        return None
    return tf.as_dtype(data.shape_and_type[0].dtype)


def _value(handle: Any) -> Any:
    """What is stored; None = nothing, or it is no variable of numbers."""
    import tensorflow as tf

    dtype = dtype_of(handle)
    if dtype is None or not tf.raw_ops.VarIsInitializedOp(resource=handle):
        return None
    return tf.raw_ops.ReadVariableOp(resource=handle, dtype=dtype)
