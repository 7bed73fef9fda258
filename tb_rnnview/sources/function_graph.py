"""From a traced function to a graph to analyse.

A ConcreteFunction's graph takes what it captures as arguments: placeholders without a name or a
value. Here they become again what they stand for: variables, and constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.user_names import Held, free_name, handles
from tb_rnnview.timeline import Finding, Source

# Larger constants are not copied: nothing is read of them but their shape and whether they are 0.
_LARGEST_COPY = 1 << 20


def from_concrete_function(
    function: Any,
    source: Source,
    name: str,
    held: Sequence[Held] = (),
    *,
    program: str = "",
    fed: Mapping[str, Any] | None = None,
    findings: Iterable[Finding] = (),
) -> GraphSource:
    """The graph of a ConcreteFunction, with its variables and constants in place.

    Args:
        function: the ConcreteFunction.
        source: what the user gave.
        name: what to call the network.
        held: the variables that the user's objects hold, in their order.
        program: what the program itself calls what was traced.
        fed: example shapes by placeholder.
        findings: what is to be told about the choice of this function.
    """
    graph_def = GraphDef.FromString(
        # The shapes that TensorFlow inferred tell lengths that the operations alone leave open.
        function.graph.as_graph_def(add_shapes=True).SerializeToString()
    )
    nodes = {node.name: node for node in graph_def.node}
    storing: dict[int, NodeDef] = {}
    captured = list(function.captured_inputs)
    if captured:
        for value, inner in zip(captured, function.inputs[-len(captured) :], strict=True):
            node = nodes.get(inner.op.name)
            if node is None or node.op != "Placeholder":
                continue
            if inner.dtype.name == "resource":
                storing[id(value)] = node
            elif hasattr(value, "numpy"):
                _make_constant(node, value)
    held = _in_order_of_use(held, captured)
    declared = [*_declare(function, held, storing), *_unused(graph_def, nodes, held, storing)]
    return GraphSource(
        graph_def,
        source,
        name,
        tuple(declared),
        tuple(findings),
        tuple(dict.fromkeys(str(t.name) for t in function.outputs)),
        dict(fed or {}),
        program=program,
    )


def _in_order_of_use(held: Sequence[Held], captured: Sequence[Any]) -> list[Held]:
    """What each object holds in its own order; the objects as the function first uses them."""
    use = {id(value): i for i, value in reversed([*enumerate(captured)])}
    first: dict[int, int] = {}
    for item in held:
        uses = [use.get(id(handle), len(use)) for handle in item.handles]
        first[item.place] = min([first.get(item.place, len(use)), *uses])
    return sorted(held, key=lambda item: (first[item.place], item.place))


def _declared(item: Held, node: NodeDef) -> DeclaredVariable:
    return DeclaredVariable(item.name, item.trainable, node.name, item.layers, also=item.also)


def _declare(
    function: Any, held: Sequence[Held], storing: dict[int, NodeDef]
) -> Iterable[DeclaredVariable]:
    """The captured variables: those of the user's objects in their order, then the others."""
    free = dict(storing)
    taken: set[str] = set()
    for item in held:
        for handle in item.handles:
            node = free.pop(id(handle), None)
            if node is not None:
                _make_variable(node, item.shape, item.dtype, item.name)
                taken.add(item.name)
                yield _declared(item, node)
    if not free:
        return
    by_handle = {
        id(h): variable for variable in function.graph.variables for h in handles(variable)
    }
    for handle, node in free.items():
        variable = by_handle.get(handle)
        if variable is not None:  # else a table, or another resource
            name = free_name(str(variable.name).partition(":")[0], taken)
            _make_variable(node, variable.shape, variable.dtype, name)
            yield DeclaredVariable(name, bool(variable.trainable), node.name)


def _unused(
    graph_def: GraphDef,
    nodes: Mapping[str, NodeDef],
    held: Sequence[Held],
    storing: Mapping[int, NodeDef],
) -> Iterable[DeclaredVariable]:
    """Trained variables of the model that this function never reads: worth seeing, too."""
    taken = set(nodes)
    for item in held:
        if not item.is_part or not item.trainable or not item.dtype.is_floating:
            continue
        if any(id(handle) in storing for handle in item.handles):
            continue
        node = graph_def.node.add(name=free_name(item.name, taken))
        _make_variable(node, item.shape, item.dtype, item.name)
        yield _declared(item, node)


def _make_variable(node: NodeDef, shape: Any, dtype: Any, name: str) -> None:
    node.op = "VarHandleOp"
    del node.input[:]
    node.ClearField("attr")
    node.attr["dtype"].type = dtype.as_datatype_enum
    if shape.rank is None:
        node.attr["shape"].shape.unknown_rank = True
    else:
        for size in shape.as_list():
            node.attr["shape"].shape.dim.add(size=-1 if size is None else size)
        node.attr["shape"].shape.SetInParent()
    node.attr["shared_name"].s = name.encode()


def _make_constant(node: NodeDef, value: Any) -> None:
    import numpy as np
    import tensorflow as tf

    array = value.numpy()
    size = getattr(array, "nbytes", 0)
    if size <= _LARGEST_COPY:
        made = tf.make_tensor_proto(array, value.dtype, value.shape)
    elif value.dtype.is_floating:
        made = tf.make_tensor_proto(int(np.any(array)), value.dtype, value.shape)
    else:
        return  # numbers that may count for something; without them it stays an input
    shapes = node.attr["_output_shapes"]
    node.op = "Const"
    kept = AttrValue()
    kept.CopyFrom(shapes)
    node.ClearField("attr")
    node.attr["dtype"].type = value.dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(TensorProto.FromString(made.SerializeToString()))
    node.attr["_output_shapes"].CopyFrom(kept)
