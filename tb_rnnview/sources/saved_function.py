"""Calls a function of a SavedModel in its graph, as a signature of it would have been called.

What the function captures is stored as the numbers of objects: each becomes the node that it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorboard.compat.proto.function_pb2 import FunctionDef
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.op_def_pb2 import OpDef
from tensorboard.compat.proto.saved_object_graph_pb2 import SavedObject, SavedObjectGraph
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.stored_graph import StoredGraph
from tb_rnnview.sources.user_names import free_name

_CALL = "StatefulPartitionedCall"
_SHAPES = "_output_shapes"


@dataclass(frozen=True)
class Called:
    """A function that is now called in its graph."""

    outputs: tuple[str, ...]
    inputs: Mapping[str, str]
    """The placeholders, by what the program calls its inputs."""
    storing: Mapping[int, str]
    """The nodes that store variables, by the numbers of their objects."""


def functions_of(objects: SavedObjectGraph) -> dict[str, str]:
    """The functions of the saved object itself, by name: for each its newest trace."""
    found: dict[str, str] = {}
    for child in objects.nodes[0].children if objects.nodes else ():
        if not 0 <= child.node_id < len(objects.nodes):
            continue
        node = objects.nodes[child.node_id]
        bare = node.bare_concrete_function.concrete_function_name
        traces = [*node.function.concrete_functions, bare]
        known = [name for name in traces if name in objects.concrete_functions]
        if known:
            found[child.local_name] = known[-1]
    return found


def call_function(
    path: str, graph: GraphDef | StoredGraph, objects: SavedObjectGraph, name: str
) -> Called:
    """Adds the call of a function to its graph, the nodes of which are parsed.

    Raises:
        SourceError: the graph does not hold the function.
    """
    function = next((f for f in graph.library.function if f.signature.name == name), None)
    bound = objects.concrete_functions[name].bound_inputs
    taken = {node.name for node in graph.node}
    if function is None or len(bound) > len(function.signature.input_arg):
        raise SourceError(
            f"{path}: is damaged: the function {name!r} is not whole; copy or write it again"
        )
    arguments = function.signature.input_arg
    free = len(arguments) - len(bound)
    inputs = {}
    given = []
    for index, argument in enumerate(arguments[:free]):
        node = _placeholder(graph, function, index, argument, taken)
        inputs[_name_of(function, index, argument)] = node.name
        given.append(node.name)
    storing = {}
    for number, argument in zip(bound, arguments[free:], strict=True):
        item = objects.nodes[number] if 0 <= number < len(objects.nodes) else SavedObject()
        given.append(_captured(graph, item, argument, taken))
        if item.HasField("variable"):
            storing[number] = given[-1]
    call = graph.node.add(name=free_name(_CALL, taken), op=_CALL)
    call.input.extend(given)
    call.attr["f"].func.name = name
    results = function.signature.output_arg
    call.attr["Tin"].list.type.extend(a.type for a in arguments)
    call.attr["Tout"].list.type.extend(a.type for a in results)
    return Called(tuple(f"{call.name}:{i}" for i in range(len(results))), inputs, storing)


def _captured(
    graph: GraphDef | StoredGraph, item: SavedObject, argument: OpDef.ArgDef, taken: set[str]
) -> str:
    """The node of an object that a function captures."""
    if item.HasField("constant") and item.constant.operation in taken:
        return str(item.constant.operation)
    if not item.HasField("variable"):  # a table, a file: it stays an input
        return str(_input(graph, argument, argument.name, taken).name)
    variable = item.variable
    node = graph.node.add(name=free_name(variable.name or argument.name, taken), op="VarHandleOp")
    node.attr["dtype"].type = variable.dtype
    node.attr["shape"].shape.CopyFrom(variable.shape)
    node.attr["shared_name"].s = node.name.encode()
    return str(node.name)


def _placeholder(
    graph: GraphDef | StoredGraph,
    function: FunctionDef,
    index: int,
    argument: OpDef.ArgDef,
    taken: set[str],
) -> NodeDef:
    node = _input(graph, argument, _name_of(function, index, argument), taken)
    shapes = function.arg_attr[index].attr[_SHAPES].list.shape if index in function.arg_attr else ()
    every: Sequence[TensorShapeProto] = function.attr["_input_shapes"].list.shape
    if not shapes and index < len(every):
        shapes = every[index : index + 1]
    for shape in shapes[:1]:
        node.attr["shape"].shape.CopyFrom(shape)
        node.attr[_SHAPES].list.shape.add().CopyFrom(shape)
    return node


def _input(
    graph: GraphDef | StoredGraph, argument: OpDef.ArgDef, name: str, taken: set[str]
) -> NodeDef:
    node = graph.node.add(name=free_name(name, taken), op="Placeholder")
    node.attr["dtype"].type = argument.type
    return node


def _name_of(function: FunctionDef, index: int, argument: OpDef.ArgDef) -> str:
    """What the program calls an argument."""
    if index in function.arg_attr:
        said = function.arg_attr[index].attr["_user_specified_name"].s
        return str(said.decode(errors="replace") or argument.name)
    return str(argument.name)
