"""Small graphs, and the files that hold them, written without the code under test."""

from __future__ import annotations

from pathlib import Path

from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.variable_pb2 import VariableDef

PRODUCER = 24


def graph(nodes: int = 4, prefix: str = "n", *, versioned: bool = True) -> GraphDef:
    """A loop-like graph: the first node reads the last one, so that no part of it is whole."""
    made = GraphDef()
    for index in range(nodes):
        node = made.node.add(name=f"{prefix}{index}", op="NextIteration" if index else "Merge")
        node.input.append(f"{prefix}{index - 1}" if index else f"{prefix}{nodes - 1}:0")
        node.attr["T"].type = 1
    if versioned:
        made.versions.producer = PRODUCER
    return made


def dense(units: int = 3, prefix: str = "") -> GraphDef:
    """A network without recurrence: one matrix, and as many other nodes as it has units."""
    made = GraphDef()
    made.versions.producer = PRODUCER
    made.node.add(name=f"{prefix}x", op="Placeholder").attr["dtype"].type = 1
    weights = made.node.add(name=f"{prefix}w", op="VariableV2")
    weights.attr["dtype"].type = 1
    for size in (2, units):
        weights.attr["shape"].shape.dim.add(size=size)
    for name, op, inputs in (
        ("w/read", "Identity", ("w",)),
        ("y", "MatMul", ("x", "w/read")),
        *((f"tanh_{i}", "Tanh", ("y",)) for i in range(units)),
    ):
        node = made.node.add(name=f"{prefix}{name}", op=op)
        node.input.extend(f"{prefix}{x}" for x in inputs)
        node.attr["T"].type = 1
    return made


def meta_graph(
    content: GraphDef | None = None,
    variables: tuple[str, ...] = (),
    trainable: tuple[str, ...] | None = None,
    version: str = "1.15.0",
) -> MetaGraphDef:
    meta = MetaGraphDef()
    meta.meta_info_def.tensorflow_version = version
    meta.graph_def.CopyFrom(graph() if content is None else content)
    collections = {"variables": variables, "trainable_variables": trainable or ()}
    for key, names in collections.items():
        for name in names:
            item = VariableDef(variable_name=f"{name}:0", initializer_name=f"{name}/Assign")
            meta.collection_def[key].bytes_list.value.append(item.SerializeToString())
    return meta


def graph_event(content: GraphDef, step: int = 0) -> Event:
    return Event(wall_time=1.0, step=step, graph_def=content.SerializeToString())


def meta_graph_event(content: MetaGraphDef, step: int = 0) -> Event:
    return Event(wall_time=1.0, step=step, meta_graph_def=content.SerializeToString())


def traced_event(content: GraphDef, tag: str) -> Event:
    """As tf.summary.trace_export writes the graph of a tf.function."""
    metadata = RunMetadata()
    metadata.function_graphs.add().pre_optimization_graph.CopyFrom(content)
    summary = Summary()
    value = summary.value.add(tag=tag)
    value.metadata.plugin_data.plugin_name = "graph_run_metadata_graph"
    value.metadata.plugin_data.content = b"1"
    value.tensor.dtype = 7
    value.tensor.string_val.append(metadata.SerializeToString())
    return Event(wall_time=1.0, summary=summary)


def saved(path: Path, message: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.SerializeToString())
    return str(path)
