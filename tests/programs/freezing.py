"""Puts constants in the place of a program's variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tensorflow.python.grappler import tf_optimizer

from tests.programs.program import Program, fill
from tests.programs.tf1 import tf


def freeze(build: Callable[[], Program], *, trained: bool = False) -> Program:
    """The program with constants in the place of its variables.

    Args:
        build: makes the program.
        trained: whether no variable is what it was at first: zeros, for a bias.
    """
    program = build()
    names = [tensor.op.name for tensor in program.outputs]
    with tf.Session(graph=program.graph) as session:
        with program.graph.as_default():
            session.run(tf.global_variables_initializer())
            if trained:
                for k, variable in enumerate(tf.global_variables()):
                    variable.load(fill(*variable.shape) + 0.01 * k, session)
        frozen = tf.graph_util.convert_variables_to_constants(
            session, program.graph.as_graph_def(), names
        )
    return replace(_imported(program, frozen), storages=tuple(program.truth.weights))


def optimize(program: Program) -> Program:
    """A frozen program as TensorFlow's optimizer leaves it: what needs no input is computed."""
    with program.graph.as_default():
        meta = tf.train.export_meta_graph()
    outputs = [tensor.op.name for tensor in program.outputs]
    meta.collection_def["train_op"].node_list.value.extend(outputs)
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.min_graph_nodes = -1
    return _imported(program, tf_optimizer.OptimizeGraph(config, meta))


def quantize(program: Program) -> Program:
    """A frozen program whose matrices are kept as bytes, and made numbers again where it starts."""
    graph_def = program.graph.as_graph_def()
    kept = {node.name: node for node in graph_def.node if node.name in program.storages}
    matrices = {
        name: tf.make_ndarray(node.attr["value"].tensor)
        for name, node in kept.items()
        if len(node.attr["value"].tensor.tensor_shape.dim) == 2
    }
    for node in graph_def.node:
        node.input[:] = [f"{i}/numbers" if i in matrices else i for i in node.input]
    for name, matrix in matrices.items():
        low, high = float(matrix.min()), float(matrix.max())
        levels = np.round((matrix - low) / (high - low) * 255).astype("u1")
        kept[name].attr["dtype"].type = tf.quint8.as_datatype_enum
        tensor = tf.make_tensor_proto(levels)
        tensor.dtype = tf.quint8.as_datatype_enum
        kept[name].attr["value"].tensor.CopyFrom(tensor)
        numbers = graph_def.node.add(name=f"{name}/numbers", op="Dequantize", input=[name])
        numbers.attr["T"].type = tf.quint8.as_datatype_enum
        numbers.attr["mode"].s = b"MIN_FIRST"
        for end, value in (("low", low), ("high", high)):
            bound = graph_def.node.add(name=f"{name}/{end}", op="Const")
            bound.attr["dtype"].type = tf.float32.as_datatype_enum
            bound.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
            numbers.input.append(bound.name)
    return _imported(program, graph_def)


def _imported(program: Program, graph_def: tf.GraphDef) -> Program:
    """The program with another graph, in which everything is called as before."""
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    return replace(
        program,
        graph=graph,
        outputs=[graph.get_tensor_by_name(t.name) for t in program.outputs],
        feeds={graph.get_tensor_by_name(t.name): v for t, v in program.feeds.items()},
    )
