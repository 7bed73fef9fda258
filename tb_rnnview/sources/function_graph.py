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
from tb_rnnview.sources.replicas import make_same
from tb_rnnview.sources.tracing import lost_variables
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
            elif hasattr(value, "numpy") and inner.dtype.name != "variant":  # no numbers: a dataset
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
    return DeclaredVariable(
        item.name,
        item.trainable,
        node.name,
        item.layers,
        also=item.also,
        is_part=item.is_part,
    )


def _declare(
    function: Any, held: Sequence[Held], storing: dict[int, NodeDef]
) -> Iterable[DeclaredVariable]:
    """The captured variables: those of the user's objects in their order, then the others."""
    free = dict(storing)
    taken: set[str] = set()
    for item in held:
        captured = [free.pop(id(handle), None) for handle in item.handles]
        nodes = [node for node in captured if node is not None]
        if nodes:
            _make_variable(nodes[0], item.shape, item.dtype, item.name)
            taken.add(item.name)
            yield _declared(item, nodes[0])
        for node in nodes[1:]:  # what each replica keeps for itself of one variable
            make_same(node, nodes[0].name)
    if not free:
        return
    by_handle = {id(h): variable for variable in _variables(function) for h in handles(variable)}
    # What is left is a table, or another resource.
    others = [(by_handle[handle], node) for handle, node in free.items() if handle in by_handle]
    for variable, node in _scopes_in_order_of_use(list(_one_each(others))):
        name = free_name(str(variable.name).partition(":")[0], taken)
        _make_variable(node, variable.shape, variable.dtype, name)
        yield DeclaredVariable(name, bool(variable.trainable), node.name)


def _one_each(used: Iterable[tuple[Any, NodeDef]]) -> Iterable[tuple[Any, NodeDef]]:
    """The variables; of what each replica keeps for itself of one, the first, which stands for all.

    A function refers to what each replica keeps; its handle knows of what it is kept.
    """
    first: dict[int, NodeDef] = {}
    for variable, node in used:
        known = getattr(getattr(variable, "handle", None), "_distributed_container", None)
        whole = known() if callable(known) else None
        if whole is not None:
            one = first.setdefault(id(whole), node)
            if one is not node:
                make_same(node, one.name)
                continue
        yield variable, node


def _scopes_in_order_of_use(
    used: Sequence[tuple[Any, NodeDef]],
) -> list[tuple[Any, NodeDef]]:
    """What was made in one scope in the order in which it was; the scopes as they are used."""
    first: dict[str, int] = {}
    places = []
    for i, (variable, _) in enumerate(used):
        scope = str(variable.name).rpartition("/")[0]
        places.append(first.setdefault(scope, i) if scope else i)
    order = sorted(range(len(used)), key=lambda i: (places[i], _made_as(used[i][0])))
    return [used[i] for i in order]


def _made_as(variable: Any) -> int:
    """A number that is greater for what was made later; 0 = not known, as out of a file."""
    if type(variable).__name__ == "UninitializedVariable":
        return 0
    number = str(getattr(variable, "_unique_id", "")).rpartition("_")[2]
    return int(number) if number.isdecimal() else 0


def _variables(function: Any) -> Sequence[Any]:
    """The variables that a function refers to: it does not keep them alive.

    Raises:
        SourceError: some are gone.
    """
    try:
        return tuple(function.graph.variables)
    except AssertionError as error:
        name = str(function.graph.name).removeprefix("__inference_")
        raise lost_variables(f"the function {name!r}") from error


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
