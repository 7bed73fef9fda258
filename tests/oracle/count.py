"""Counts, by running a graph, how often each variable's elements are really read.

Nothing here knows tb_rnnview. The graph is executed in a v1 Session with every optimization off
and a full trace; an op in a loop of T steps appears T times in the trace. TensorFlow itself writes
functional loops, conditions and calls out before it runs them, so variables are followed in the
graph that it really executed, whatever the program was written with. What merely passes a
variable's value on (Identity, Cast, ReadVariableOp, Enter, Switch, Split, Slice, and pure changes
of layout) is followed with the indices of the elements that it passes, so that disjoint blocks of
one Split count together as one, exactly.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2

from tests.programs.program import Program

VARIABLE_OPS = ("VariableV2", "Variable", "TemporaryVariable", "VarHandleOp")

# Ops that hand on the elements of one of their inputs: op type -> index of that input.
_SAME = {
    "Identity": 0, "Cast": 0, "ReadVariableOp": 0, "Enter": 0, "RefEnter": 0, "Switch": 0,
    "RefSwitch": 0, "RefIdentity": 0, "StopGradient": 0, "Print": 0, "Exit": 0, "RefExit": 0,
    "_SwitchN": 0, "Dequantize": 0,
}  # fmt: skip
_REARRANGED = {
    "Split": 1, "SplitV": 0, "Slice": 0, "StridedSlice": 0, "Reshape": 0, "Transpose": 0,
    "ExpandDims": 0, "Squeeze": 0, "Unpack": 0,
}  # fmt: skip
# They look at the shape of what they are given, or write to it: no use of its value, and what they
# are given may be anything of that shape. The seed of random numbers tells which ones are drawn:
# where it is kept is no weight.
_NO_VALUE = {
    "Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike", "VariableShape",
    "VarIsInitializedOp", "IsVariableInitialized", "Assign", "AssignVariableOp",
    "StatelessRandomUniformV2", "StatelessRandomNormalV2", "StatelessTruncatedNormalV2",
    "StatelessRandomUniformIntV2", "StatelessRandomUniform", "StatelessRandomNormal",
    "StatelessMultinomial", "StatelessRandomGetKeyCounter",
}  # fmt: skip
_CALLS = {
    "PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf",
    "Case", "StatelessCase",
}  # fmt: skip


@dataclass(frozen=True)
class Use:
    """One op that takes some elements of a variable, and how often it ran."""

    variable: str
    consumer: str
    executions: int
    elements: int


@dataclass(frozen=True)
class Counted:
    """What was counted in one run."""

    totals: dict[str, int]
    """Per variable: how often its most-read element was read."""
    uses: tuple[Use, ...]
    """Every use that was executed, for a reader who wants to know where a total comes from."""


def count(program: Program) -> Counted:
    """Runs the program's forward outputs once and counts the uses of every variable."""
    names = program.storages
    if names is None:
        operations = program.graph.get_operations()
        names = tuple(op.name for op in operations if op.type in VARIABLE_OPS)
    shapes = {name: _shape(program.graph.get_operation_by_name(name)) for name in names}
    executions, graph = executed(program.graph, program.outputs, program.feeds)
    operations = {op.name: op for op in graph.get_operations()}
    needed = _needed_as_data([op for op in operations.values() if op.name.startswith(_FETCHED)])
    totals, uses = dict.fromkeys(names, 0), []
    for name in names:
        if name not in operations:
            continue  # nothing that was run needs it
        reads = np.zeros(int(np.prod(shapes[name])), dtype=np.int64)
        elements = np.arange(reads.size).reshape(shapes[name])
        parts: dict[str, list[np.ndarray]] = {}
        for consumer, part in _consumers(operations[name].outputs[0], elements, set()):
            if consumer in needed:
                parts.setdefault(consumer, []).append(part.ravel())
        for consumer, read in parts.items():
            # An op that takes an element in two of its inputs still is one execution.
            once = np.unique(np.concatenate(read))
            reads[once] += executions[consumer]
            if executions[consumer]:
                uses.append(Use(name, consumer, executions[consumer], once.size))
        totals[name] = int(reads.max(initial=0))
    return Counted(totals, tuple(uses))


def executed(
    graph: tf.Graph, fetches: Sequence[tf.Tensor], feeds: Mapping[tf.Tensor, np.ndarray]
) -> tuple[Counter[str], tf.Graph]:
    """How often each op ran when ``fetches`` were computed, by name; and the graph it ran in."""
    assert os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0", "oneDNN's ops leave no trace"
    metadata = config_pb2.RunMetadata()
    with tf.Graph().as_default():
        tf.import_graph_def(_open_functions(graph), name="")
        with tf.Session(config=_as_written()) as session:
            session.run([op.name for op in _initializers(graph)])
            session.run(
                [fetch.name for fetch in fetches],
                {fed.name: value for fed, value in feeds.items()},
                options=config_pb2.RunOptions(
                    trace_level=config_pb2.RunOptions.FULL_TRACE, output_partition_graphs=True
                ),
                run_metadata=metadata,
            )
    ran: Counter[str] = Counter()
    for device in metadata.step_stats.dev_stats:
        for node in device.node_stats:
            ran[node.node_name.split(":", 1)[0]] += 1
    (partition,) = metadata.partition_graphs
    return ran, _importable(partition)


def _as_written() -> config_pb2.ConfigProto:
    """Everything off that changes what is executed; calls are written out."""
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.rewrite_options.constant_folding = rewriter_config_pb2.RewriterConfig.OFF
    optimizer = config.graph_options.optimizer_options
    optimizer.opt_level = config_pb2.OptimizerOptions.L0
    optimizer.do_common_subexpression_elimination = False
    optimizer.do_constant_folding = False
    optimizer.do_function_inlining = True
    optimizer.global_jit_level = config_pb2.OptimizerOptions.OFF
    return config


def _open_functions(graph: tf.Graph) -> graph_pb2.GraphDef:
    """The graph without the marks that keep a function from being written out where it is called.

    Keras 2 marks its LSTM and GRU so, to exchange them for a fused op on some devices.
    """
    graph_def = graph_pb2.GraphDef.FromString(graph.as_graph_def().SerializeToString())
    for function in graph_def.library.function:
        for mark in ("api_implements", "_noinline"):
            function.attr.pop(mark, None)
    return graph_def


_FETCHED = "session_retval"


def _importable(partition: graph_pb2.GraphDef) -> tf.Graph:
    """What was executed, with the session's own ops replaced: only TensorFlow may make those."""
    inputs = {"_Arg": "T", "_Recv": "tensor_type", "_HostRecv": "tensor_type"}
    nodes = []
    for node in partition.node:
        assert node.op not in _CALLS, f"{node.name} was not written out: its inside is not counted"
        name = _importable_name(node.name)
        if node.op in inputs:
            dtype = node.attr[inputs[node.op]]
            nodes.append(tf.NodeDef(name=name, op="Placeholder", attr={"dtype": dtype}))
            continue
        node.name = name
        node.input[:] = map(_importable_name, node.input)
        node.attr.pop("_class", None)  # where it runs is decided: some of those beside it are gone
        if node.op == "_Retval":
            node.op = "Identity"
            node.attr.pop("index")
        nodes.append(node)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(tf.GraphDef(node=nodes, versions=partition.versions), name="")
    return graph


def _importable_name(name: str) -> str:
    """The session's own names begin with "_", as no other may."""
    return re.sub(r"^(\^?)_", r"\1session_", name)


def _needed_as_data(outputs: list[tf.Operation]) -> set[str]:
    """Ops whose values the outputs depend on; what runs for its shape alone is not among them."""
    found: set[str] = set()
    pending = list(outputs)
    while pending:
        op = pending.pop()
        if op.name in found:
            continue
        found.add(op.name)
        if op.type not in _NO_VALUE:
            pending += [value.op for value in op.inputs]
            # Who takes an assignment's result takes the value that it wrote.
            pending += [value.op.inputs[1].op for value in op.inputs if value.op.type == "Assign"]
    return found


def _initializers(graph: tf.Graph) -> list[tf.Operation]:
    """What gives each variable its first value."""
    variables = graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)
    return [v.initializer for v in variables] + graph.get_collection(tf.GraphKeys.INIT_OP)


def _shape(storage: tf.Operation) -> list[int]:
    if storage.type == "Const":
        return storage.outputs[0].shape.as_list()
    return [d.size for d in storage.get_attr("shape").dim]


def _consumers(
    tensor: tf.Tensor, elements: np.ndarray, seen: set[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Ops that use the elements in ``tensor``: (name, elements)."""
    if tensor.name in seen:
        return
    seen.add(tensor.name)
    for op in tensor.consumers():
        places = [k for k, value in enumerate(op.inputs) if value is tensor]
        if op.type == "Assign" and places == [0]:
            yield from _consumers(op.outputs[0], elements, seen)  # the variable itself
        elif op.type in _NO_VALUE:
            continue
        elif op.type in ("Enter", "RefEnter") and _is_carried(op):
            # Passing on ends where a loop carries the value: used once, to start from.
            yield op.name, elements
        elif op.type in ("NextIteration", "RefNextIteration"):
            continue  # it is carried unchanged: followed from where it was entered
        elif op.type == "IdentityN":
            for k in places:
                yield from _consumers(op.outputs[k], elements, seen)
        elif _SAME.get(op.type) in places:
            for output in op.outputs:
                yield from _consumers(output, elements, seen)
        elif op.type in ("Merge", "RefMerge"):
            yield from _consumers(op.outputs[0], elements, seen)
        elif _REARRANGED.get(op.type) in places:
            for output, part in zip(op.outputs, _rearranged(op, elements), strict=True):
                yield from _consumers(output, part, seen)
        else:
            yield op.name, elements


def _is_carried(enter: tf.Operation) -> bool:
    """Whether it starts a value that the steps of a loop then change."""
    merges = [op for op in enter.outputs[0].consumers() if op.type in ("Merge", "RefMerge")]
    return any(
        not _is_handed_on(value, merge, set())
        for merge in merges
        for value in merge.inputs
        if value.op.type.endswith("NextIteration")
    )


def _is_handed_on(value: tf.Tensor, merge: tf.Operation, seen: set[str]) -> bool:
    """Whether a value is the one that ``merge`` gave out, passed on by whatever passes on."""
    op = value.op
    if op is merge or op.name in seen:
        return True
    seen.add(op.name)
    if op.type in ("Merge", "RefMerge"):
        return all(_is_handed_on(other, merge, seen) for other in op.inputs)
    if op.type == "IdentityN":
        return _is_handed_on(op.inputs[value.value_index], merge, seen)
    through = ("Identity", "Switch", "_SwitchN", "Enter", "Exit", "NextIteration")
    return op.type.removeprefix("Ref") in through and _is_handed_on(op.inputs[0], merge, seen)


def _rearranged(op: tf.Operation, elements: np.ndarray) -> list[np.ndarray]:
    """The elements in each output of ``op``."""
    if op.type == "Split":
        return np.split(elements, op.get_attr("num_split"), axis=int(_constant(op.inputs[0])))
    if op.type == "SplitV":
        edges = np.cumsum(_constant(op.inputs[1]))[:-1]
        return np.split(elements, edges, axis=int(_constant(op.inputs[2])))
    if op.type == "Slice":
        begin, size = _constant(op.inputs[1]), _constant(op.inputs[2])
        stops = [None if s == -1 else b + s for b, s in zip(begin, size, strict=True)]
        return [elements[tuple(map(slice, begin, stops))]]
    if op.type == "StridedSlice":
        return [elements[_strides(op, elements.ndim)]]
    if op.type == "Transpose":
        return [np.transpose(elements, _constant(op.inputs[1]))]
    if op.type == "Unpack":
        parts = np.moveaxis(elements, op.get_attr("axis"), 0)
        return list(parts)
    if op.type == "ExpandDims":
        return [np.expand_dims(elements, int(_constant(op.inputs[1])))]
    if op.type == "Squeeze":
        return [np.squeeze(elements, tuple(op.get_attr("squeeze_dims")) or None)]
    return [elements.reshape(_constant(op.inputs[1]))]


def _strides(op: tf.Operation, dimensions: int) -> tuple[slice | int | None, ...]:
    begin, end, step = (_constant(value).tolist() for value in op.inputs[1:4])
    masks = {m: op.get_attr(f"{m}_mask") for m in ("begin", "end", "shrink_axis", "new_axis")}
    assert not masks["new_axis"], op.name
    assert not op.get_attr("ellipsis_mask"), op.name
    index: list[slice | int | None] = []
    for k in range(min(len(begin), dimensions)):
        if masks["shrink_axis"] >> k & 1:
            index.append(begin[k])
        else:
            start = None if masks["begin"] >> k & 1 else begin[k]
            stop = None if masks["end"] >> k & 1 else end[k]
            index.append(slice(start, stop, step[k]))
    return tuple(index)


def _constant(tensor: tf.Tensor) -> np.ndarray:
    """The value of a parameter that the program's text fixes."""
    while tensor.op.type in ("Enter", "Identity"):
        tensor = tensor.op.inputs[0]
    value = tf.get_static_value(tensor)
    assert value is not None, f"{tensor.name} is not constant"
    return np.asarray(value)
