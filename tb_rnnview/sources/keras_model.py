"""Live Keras models and layers, of Keras 3 and of Keras 2 (tf_keras): traced once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.example_inputs import (
    Arguments,
    call_arguments,
    fed_shapes,
    fits,
    leaves,
    named,
    to_specs,
)
from tb_rnnview.sources.function_graph import from_concrete_function
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.keras_cudnn import variables_without_cudnn
from tb_rnnview.sources.keras_graph_model import graph_of, open_in_graph
from tb_rnnview.sources.keras_inputs import KnownInputs, known_inputs
from tb_rnnview.sources.keras_object import KerasKind, refuse_other_backend
from tb_rnnview.sources.open_lengths import fixes_lengths
from tb_rnnview.sources.tracing import first_trace, trace
from tb_rnnview.sources.untouched import untouched
from tb_rnnview.sources.user_names import names_in
from tb_rnnview.timeline import Source

_GIVEN = "the example inputs"
_CALLED_WITH = "what it was called with last"
_NO_INPUTS = ("training", "mask")


def open_keras(model: Any, kind: KerasKind, inputs: Any, name: str) -> GraphSource:
    """The graph of a Keras model or layer, as it runs when it predicts.

    Args:
        model: the model or layer. One that was never built is built, as its first call would.
        kind: what it is.
        inputs: an example of what it is called with; None = what the model itself knows.
        name: what to call the network. Default: as the model is called.

    Raises:
        SourceError: nothing tells what it is called with, or it cannot be traced.
    """
    what = f"the Keras {'model' if kind.is_model else 'layer'} {model.name!r}"
    refuse_other_backend(kind, what)
    title = name or str(model.name)
    made_in = graph_of(model)
    if made_in is not None:
        return open_in_graph(model, made_in, kind, inputs, title)
    with untouched(model._flatten_layers()):
        traced = _traced(model, kind, inputs, what)
    source = Source(
        "keras_model" if kind.is_model else "keras_layer", "", kind.package, kind.version
    )
    opened = from_concrete_function(
        traced.function,
        source,
        title,
        names_in(model),
        program=str(model.name),
        fed=fed_shapes(traced.function, traced.examples),
    )
    return replace(
        opened,
        fed_from=traced.fed_from,
        is_example=traced.is_example,
        without_cudnn=variables_without_cudnn(model),
    )


@dataclass(frozen=True)
class _Traced:
    """A trace of a model, and what is known of the tensors that it is called with."""

    function: Any
    examples: Sequence[Any]
    """Specifications of the tensors it is called with; () = none are known."""
    fed_from: str
    """Where lengths are from, in words that follow one."""
    is_example: bool = False
    """It was traced for them, and may fix lengths that are theirs."""


def _traced(model: Any, kind: KerasKind, inputs: Any, what: str) -> _Traced:
    call = _predicting(model, kind)
    known = known_inputs(model, kind)
    if inputs is None:
        if known is None:
            raise SourceError(
                f"{what} does not know yet what it is called with: give inputs= an example batch "
                "(or a tf.TensorSpec of it), or call it on one first"
            )
        if known.is_declared:
            function = first_trace(call, known.ways, what)
            return _Traced(function, list(leaves(known.seen)), f"from {_CALLED_WITH}")
        ways = [named(way, model.call) for way in known.ways]
        return _of_example(first_trace(call, ways, what), ways[0], _CALLED_WITH)
    given = _arguments(model, inputs)
    if known is not None and known.is_declared:
        examples = _like(known, given)
        if examples is not None:
            return _Traced(first_trace(call, known.ways, what), examples, f"from {_GIVEN}")
    given = named(given, model.call)
    return _of_example(trace(call, given, what), given, _GIVEN)


def _of_example(function: Any, arguments: Arguments, fed_from: str) -> _Traced:
    is_example = fixes_lengths(arguments)
    return _Traced(function, (), f"as traced for {fed_from}", is_example)


def _predicting(model: Any, kind: KerasKind) -> Any:
    """A function that calls the model as ``predict`` does."""
    # Keras 2 hands on what the model's own call does not take.
    says_so = not kind.is_legacy or getattr(model, "_expects_training_arg", False)
    more = {"training": False} if says_so else {}

    def predict(*args: Any, **kwargs: Any) -> Any:
        return model(*args, **kwargs, **more)

    return predict


def _arguments(model: Any, inputs: Any) -> Arguments:
    """What the model is called with, with specifications in the place of tensors."""
    if (
        isinstance(inputs, (tuple, list))
        and inputs
        and all(isinstance(size, int) or size is None for size in inputs)
    ):
        raise SourceError(
            f"inputs={inputs!r} is a shape; give an array, or tf.TensorSpec({inputs!r}, tf.float32)"
        )
    args, kwargs = call_arguments(inputs, model.call, _NO_INPUTS)
    return tuple(map(to_specs, args)), {key: to_specs(value) for key, value in kwargs.items()}


def _like(known: KnownInputs, given: Arguments) -> list[Any] | None:
    """The examples in the order of the model's own inputs; None = they are no such inputs."""
    own = list(leaves(known.ways[0]))
    examples = list(leaves(given))
    if known.names and len(given[0]) == 1 and isinstance(given[0][0], Mapping):
        # Keras takes inputs by name, too, whatever the structure they were declared in.
        by_name = given[0][0]
        if set(known.names) <= set(by_name):
            examples = [by_name[key] for key in known.names]
    if len(own) != len(examples) or not all(map(fits, own, examples)):
        return None
    return examples
