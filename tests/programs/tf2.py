"""TensorFlow 2 as the programs write it: models and functions, and a graph of each to be run.

The graph is the function as TensorFlow traced it, functional loops, calls and all. Where the trace
has a placeholder for a captured variable, the graph has that variable, under its user's name.
"""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow.core.framework import graph_pb2

from tests.programs.program import Program, Truth, fill

Model = keras.Model | tf_keras.Model


def name_of(variable: Any) -> str:
    """What the user of a variable calls it."""
    name: str = getattr(variable, "path", None) or variable.name
    return name.removesuffix(":0")


def of_model(
    model: Any,
    truth: Truth,
    *arrays: np.ndarray,
    inputs: Any = None,
    training: bool = False,
    names: Mapping[int, str] | None = None,
    steps: int | None = None,
    told_by_objects: bool = False,
) -> Program:
    """A Keras model, called as in inference.

    Args:
        model: built, of Keras 3 or Keras 2.
        truth: what is true of it.
        arrays: a batch, in the order of the model's inputs. None = one that fits them.
        inputs: what it is called with, where the model itself does not know.
        training: called as in training.
        names: what tells variables apart to which Keras gives the same name, by the id of each.
        steps: at how many timesteps an axis runs whose length the model leaves open.
        told_by_objects: see `Program`.
    """
    if inputs is None:
        specs = [tf.TensorSpec(x.shape, x.dtype) for x in model.inputs]
    else:
        specs = [tf.TensorSpec(x.shape, x.dtype) for x in tf.nest.flatten(inputs)]
    if not arrays:
        arrays = tuple(fill(*[2 if d is None else d for d in spec.shape]) for spec in specs)

    def call(*values: Any) -> Any:
        return model(values[0] if len(values) == 1 else list(values), training=training)

    names = {id(storage_of(v)): name_of(v) for v in model.variables} | dict(names or {})
    traced = tf.function(call).get_concrete_function(*specs)
    about = {"source": model, "inputs": inputs, "variables": tuple(names.values())}
    about["told_by_objects"] = told_by_objects
    return _program(traced, names, arrays, truth, steps=steps, **about)


def of_function(
    function: Callable[..., Any],
    truth: Truth,
    *arrays: np.ndarray,
    specs: Sequence[tf.TensorSpec] | None = None,
    fetches: Sequence[str] = (),
    concrete: bool = False,
    steps: int | None = None,
    rounds: int = 1,
) -> Program:
    """A function of tensors, traced.

    Args:
        function: what is decorated with ``tf.function``, or could be.
        truth: what is true of it.
        arrays: what it is called with.
        specs: the shapes it is traced with. None = those of the arrays.
        fetches: tensors of its graph that count, for a function that gives nothing back.
        concrete: its user hands over the ConcreteFunction.
        steps: at how many timesteps an axis runs whose length the function leaves open.
        rounds: how often a loop around the network runs.
    """
    if not hasattr(function, "get_concrete_function"):
        function = tf.function(function)
    shapes = tuple(specs or [tf.TensorSpec(a.shape, a.dtype) for a in arrays])
    traced = function.get_concrete_function(*shapes)
    about = {"source": function, "inputs": shapes[0] if len(shapes) == 1 else shapes}
    if concrete:
        about = {"source": traced}
        _CALLED.append(function)
    about |= {"steps": steps, "rounds": rounds}
    return _program(traced, {}, arrays, truth, fetches, **about)


# A ConcreteFunction does not keep its variables; whoever has one has what it was made from.
_CALLED: list[Callable[..., Any]] = []


def storage_of(variable: Any) -> Any:
    """The ``tf.Variable`` in a variable of Keras."""
    return variable if isinstance(variable, tf.Variable) else variable.value


def _program(
    traced: Any,
    names: Mapping[int, str],
    arrays: Sequence[np.ndarray],
    truth: Truth,
    fetches: Sequence[str] = (),
    **about: Any,
) -> Program:
    fed = traced.inputs[: len(traced.inputs) - len(traced.captured_inputs)]
    captured = dict(zip(_nodes(traced.inputs[len(fed) :]), traced.captured_inputs, strict=True))
    variables = {id(v.handle): v for v in traced.variables}
    values = {node: variables.get(id(tensor), tensor) for node, tensor in captured.items()}
    new_names = {
        node: names.get(id(value)) or name_of(value)
        for node, value in values.items()
        if isinstance(value, tf.Variable)
    }
    first_values = {name: values[node].numpy() for node, name in new_names.items()}
    graph_def = _with_variables(traced.graph.as_graph_def(add_shapes=True), values, new_names)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        for name, value in first_values.items():
            handle = graph.get_tensor_by_name(f"{name}:0")
            first = tf.raw_ops.AssignVariableOp(resource=handle, value=value)
            graph.add_to_collection(tf.compat.v1.GraphKeys.INIT_OP, first)
    wanted = fetches or [output.name for output in traced.outputs]
    outputs = [graph.get_tensor_by_name(name) for name in wanted]
    feeds = {
        graph.get_tensor_by_name(placeholder.name): array
        for placeholder, array in zip(fed, arrays, strict=True)
    }
    return Program(graph, outputs, feeds, truth, **about)


def _nodes(tensors: Sequence[Any]) -> list[str]:
    return [tensor.name.partition(":")[0] for tensor in tensors]


def _with_variables(
    graph_def: graph_pb2.GraphDef, values: Mapping[str, Any], names: Mapping[str, str]
) -> graph_pb2.GraphDef:
    """The graph with its captured placeholders replaced by what they stand for."""
    for node in graph_def.node:
        node.input[:] = [names.get(i, i) for i in node.input]
        node.attr.pop("_class", None)  # names placeholders, too, and says nothing that matters
        if node.name not in values:
            continue
        value = values[node.name]
        node.ClearField("attr")
        if node.name in names:
            node.name, node.op = names[node.name], "VarHandleOp"
            node.attr["dtype"].type = value.dtype.as_datatype_enum
            node.attr["shape"].shape.CopyFrom(value.shape.as_proto())
            node.attr["shared_name"].s = node.name.encode()
        else:
            node.op = "Const"
            node.attr["dtype"].type = value.dtype.as_datatype_enum
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value.numpy()))
    return graph_def
