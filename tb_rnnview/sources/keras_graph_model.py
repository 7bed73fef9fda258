"""Keras models of TensorFlow 1's kind: they live in a ``tf.Graph`` and need no tracing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.example_inputs import leaves, to_specs
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.keras_object import KerasKind
from tb_rnnview.sources.live_graph import open_object
from tb_rnnview.sources.user_names import handles, names_in, own_variables
from tb_rnnview.timeline import Source


def graph_of(model: Any) -> Any:
    """The graph in which a model's outputs were computed; None = it is a model of today.

    Raises:
        SourceError: its variables are in a graph, but nothing says what it computes there.
    """
    for tensor in _outputs(model):
        graph = _graph(tensor)
        if graph is not None:
            return graph
    # Not model.weights: Keras 2 refuses to list them where a model inside is not built.
    variables = (v for layer in model._flatten_layers() for v in own_variables(layer))
    first = next(variables, None)
    for part in () if first is None else handles(first) or (first,):
        if _graph(part) is not None:
            raise SourceError(
                f"the Keras model {model.name!r} was built inside a tf.Graph: give that graph"
            )
    return None


def _graph(tensor: Any) -> Any:
    """The TensorFlow 1 graph of a tensor; those of today have none, or that of a function."""
    try:
        graph = getattr(tensor, "graph", None)
    except (AttributeError, TypeError):  # tensors that hold values refuse
        return None
    return graph if type(graph).__name__ == "Graph" else None


def open_in_graph(model: Any, graph: Any, kind: KerasKind, inputs: Any, name: str) -> GraphSource:
    """The model's part of the graph that it was built in.

    Raises:
        SourceError: the example inputs are not those of the model.
    """
    opened = open_object(graph, name)
    assert opened is not None
    held = names_in(model)
    mine = [
        DeclaredVariable(i.name, i.trainable, str(handle.op.name), i.layers, also=i.also)
        for i in held
        for handle in i.handles
    ]
    nodes = {d.node for d in mine}
    others = (d for d in opened.declared if (d.node or d.name) not in nodes)
    return replace(
        opened,
        source=Source("keras_model", "", kind.package, kind.version),
        declared=(*mine, *others),
        outputs=tuple(str(tensor.name) for tensor in _outputs(model)),
        fed=_fed(model, inputs),
        program=str(model.name),
    )


def _fed(model: Any, inputs: Any) -> dict[str, Any]:
    if inputs is None:
        return {}
    own = list(leaves(model._nested_inputs))
    examples = [leaf for leaf in leaves(to_specs(inputs)) if hasattr(leaf, "shape")]
    if len(own) != len(examples):
        raise SourceError(
            f"the Keras model {model.name!r} takes {len(own)} tensors, and inputs= holds "
            f"{len(examples)}; give one for each, in its order"
        )
    return {
        str(tensor.op.name): tuple(example.shape.as_list())
        for tensor, example in zip(own, examples, strict=True)
        if example.shape.rank is not None
    }


def _outputs(model: Any) -> Iterator[Any]:
    outputs = getattr(model, "_nested_outputs", None)
    if outputs is not None:
        yield from leaves(outputs)
