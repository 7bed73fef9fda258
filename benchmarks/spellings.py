"""The chain of `large_graph.py` as other programs write it down: the same network, another graph.

    python benchmarks/analyze_large.py --spelling in_function

Each spelling is a function of the number of timesteps; its graph has about 20 nodes for each.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from large_graph import BATCH, INPUTS, UNITS, Writer, chain_of_cells, one_step
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_INT32, DT_RESOURCE

Graph = GraphDef | MetaGraphDef

_OUTPUTS = {"MatMul": "product", "ReadVariableOp": "value"}
"""What operations call their outputs; all others of the chain "y" or "output" or "z"."""
_IS_Y = ("Sigmoid", "Tanh")
_IS_Z = ("Mul", "Add", "Sub")


def shuffled(steps: int) -> GraphDef:
    """The nodes in any order."""
    return in_any_order(chain_of_cells(steps))


def in_any_order(graph: GraphDef) -> GraphDef:
    """The nodes of a graph in any order."""
    nodes = list(graph.node)
    random.Random(1).shuffle(nodes)
    return GraphDef(node=nodes, library=graph.library, versions=graph.versions)


def sliced(steps: int) -> GraphDef:
    """Each element is cut out of the input by a slice of its own."""
    made, graph = Writer(), chain_of_cells(steps)
    for node in graph.node:
        if node.name != "unstack":
            for slot, name in enumerate(node.input):
                if name.partition(":")[0] == "unstack":
                    node.input[slot] = _slice(made, int(name.partition(":")[2] or 0))
            made.graph.node.add().CopyFrom(node)
    made.graph.versions.CopyFrom(graph.versions)
    return made.graph


def _slice(to: Writer, at: int) -> str:
    name = f"strided_slice_{at}"
    bounds = []
    for number, value in enumerate((at, at + 1, 1)):
        bounds.append(to.constant(f"{name}/stack_{number}", [value]))
        to.graph.node[-1].attr["value"].tensor.tensor_shape.dim.add(size=1)
    mask = {"shrink_axis_mask": 1, "T": DT_FLOAT, "Index_type": DT_INT32}
    return to.add(name, "StridedSlice", ["x", *bounds], [[BATCH, INPUTS]], **mask)


def both_ways(steps: int) -> GraphDef:
    """A second layer takes the elements from the last to the first, in half as many timesteps."""
    steps //= 2
    to = Writer()
    to.graph = chain_of_cells(steps)
    kernel = to.variable("back/kernel", [INPUTS + UNITS, 4 * UNITS])
    bias = to.variable("back/bias", [4 * UNITS])
    states = ["rnn/zeros_c", "rnn/zeros_h"]
    outputs = []
    for step in reversed(range(steps)):
        element = f"unstack:{step}" if step else "unstack"
        states = one_step(to, f"back/{step}", element, states, kernel, bias)
        outputs.append(states[1])
    shape = [[steps, BATCH, UNITS]]
    to.add("back/stack", "Pack", outputs, shape, N=steps, axis=0, T=DT_FLOAT)
    to.add("back/output", "Identity", ["back/stack"], shape, T=DT_FLOAT)
    return to.graph


def with_a_call(steps: int) -> GraphDef:
    """What comes of it goes through one call of a function."""
    graph = chain_of_cells(steps)
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="x", type=DT_FLOAT)
    function.signature.output_arg.add(name="y", type=DT_FLOAT)
    function.node_def.add(name="Relu", op="Relu", input=["x"]).attr["T"].type = DT_FLOAT
    function.ret["y"] = "Relu:activations:0"
    graph.node.add(name="call", op="PartitionedCall", input=["output"])
    graph.node[-1].attr["f"].func.name = "f"
    return graph


def in_function(steps: int) -> GraphDef:
    """All but the variables and the input stand in a function, which is called once."""
    whole = chain_of_cells(steps)
    made = GraphDef(versions=whole.versions)
    function = made.library.function.add()
    function.signature.name = "f"
    outside = ("Placeholder", "VarHandleOp")
    arguments = {}
    for node in whole.node:
        if node.op in outside:
            made.node.add().CopyFrom(node)
            arguments[node.name] = f"arg_{len(arguments)}"
            dtype = DT_FLOAT if node.op == "Placeholder" else DT_RESOURCE
            function.signature.input_arg.add(name=arguments[node.name], type=dtype)
    ops = {node.name: node.op for node in whole.node}
    for node in whole.node:
        if node.op not in outside:
            inner = function.node_def.add()
            inner.CopyFrom(node)
            inner.name = node.name
            del inner.input[:]
            inner.input.extend(arguments.get(name) or _output(ops, name) for name in node.input)
    function.signature.output_arg.add(name="y", type=DT_FLOAT)
    function.ret["y"] = _output(ops, "output")
    made.node.add(name="call", op="StatefulPartitionedCall", input=list(arguments))
    made.node[-1].attr["f"].func.name = "f"
    made.node.add(name="end", op="Identity", input=["call"]).attr["T"].type = DT_FLOAT
    return made


def _output(ops: dict[str, str], read: str) -> str:
    name, _, number = read.partition(":")
    op = ops[name]
    output = "y" if op in _IS_Y else "z" if op in _IS_Z else _OUTPUTS.get(op, "output")
    return f"{name}:{output}:{number or 0}"


def saved_model(steps: int) -> MetaGraphDef:
    """The MetaGraphDef of a SavedModel."""
    meta = MetaGraphDef(graph_def=chain_of_cells(steps))
    meta.meta_info_def.tags.append("serve")
    signature = meta.signature_def["serving_default"]
    signature.inputs["x"].name, signature.outputs["y"].name = "x:0", "output:0"
    return meta


SPELLINGS: dict[str, Callable[[int], Graph]] = {
    "plain": chain_of_cells,
    "shuffled": shuffled,
    "sliced": sliced,
    "both_ways": both_ways,
    "with_a_call": with_a_call,
    "in_function": in_function,
    "saved_model": saved_model,
}
"""By name."""

VERSION, META_GRAPH = b"\x08\x01", b"\x12"
"""How a SavedModel begins: its schema's version, and the head of a MetaGraphDef."""


def stored(graph: Graph) -> bytes:
    """The bytes of a file: a GraphDef, or a SavedModel."""
    data: bytes = graph.SerializeToString(deterministic=True)
    if isinstance(graph, GraphDef):
        return data
    size, number = b"", len(data)
    while number > 0x7F:
        size, number = size + bytes([number & 0x7F | 0x80]), number >> 7
    return VERSION + META_GRAPH + size + bytes([number]) + data
