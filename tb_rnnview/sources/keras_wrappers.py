"""Takes wrappers apart, and tells what kind of layer an entry of a configuration is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tb_rnnview.errors import FormatError
from tb_rnnview.sources.configured_layer import ConfiguredLayer
from tb_rnnview.sources.dimensions import Dimension, Positions, turned
from tb_rnnview.sources.keras_calls import Place, Value
from tb_rnnview.sources.keras_classes import is_cell, is_recurrent, projections_of, states_of
from tb_rnnview.sources.keras_json import (
    class_name_of,
    config_of,
    is_model,
    is_named_by_keras,
    is_operation,
    name_of,
    shape_of,
)
from tb_rnnview.sources.keras_layers import (
    LayerReader,
    Version,
    calls_of,
    configured_variables,
    sources_of,
)
from tb_rnnview.sources.keras_masks import mask_after, takes_mask
from tb_rnnview.sources.keras_outputs import outputs_of
from tb_rnnview.sources.keras_slices import picked, slices_of

# A few nested models that are called twice each would unfold without end.
_CALLS_AT_MOST = 20_000
# Operations on tensors that Keras 3 and 2 write down as layers.
_PICKING = ("GetItem", "SlicingOpLambda")


class EntryReader(LayerReader, ABC):
    """Reads one entry of a configuration after the other."""

    def __init__(self, version: Version, weightless: frozenset[str], positions: Positions) -> None:
        super().__init__(version, weightless, positions)
        self._calls = 0

    @abstractmethod
    def model(
        self, content: Mapping[str, Any], place: Place, taken: Sequence[Value]
    ) -> list[Value]:
        """What a nested model puts out, given what it takes."""

    def layer(
        self,
        entry: Mapping[str, Any],
        place: Place,
        values: Sequence[Value],
        call: Any = None,
    ) -> list[Value]:
        """What a layer puts out, given what it takes; notes the layer.

        Args:
            entry: the layer.
            place: where it stands.
            values: the tensors that it is called with.
            call: all that it is called with, as the configuration has it.
        """
        if takes_mask(call):  # Keras, or the program itself, hands one over: it is not lost
            values = [
                replace(v, mask=None) if v.mask is not None and v.mask.lost_at else v
                for v in values
            ]
        out = self._layer(entry, place, values, call)
        if not self.version.drops_masks or not values:
            return out
        mask = mask_after(
            class_name_of(entry),
            config_of(entry),
            name_of(entry),
            values,
            is_operation=is_operation(entry),
        )
        return [replace(out[0], mask=mask), *out[1:]]

    def _layer(
        self, entry: Mapping[str, Any], place: Place, values: Sequence[Value], call: Any
    ) -> list[Value]:
        self._calls += 1
        if self._calls > _CALLS_AT_MOST:
            raise FormatError("is a Keras configuration with too many calls to follow")
        config, name, kind = config_of(entry), name_of(entry), class_name_of(entry)
        values = self._with_built_shape(entry, values)
        inside = config.get("layers")
        if kind == "Merge" and isinstance(inside, list):
            # Keras 1: a first layer that holds the models that it merges.
            models = enumerate(m for m in inside if is_model(m))
            places = ((place.inside(name_of(m)).at(i), m) for i, m in models)
            out = [v for here, m in places for v in self.model(m, here, [])[:1]]
            dims = outputs_of(kind, config, [v.dims for v in out], self.positions, name)
            return [Value(sources_of(out), dims, calls_of(out), name)]
        if is_model(entry):
            # Which masks go into a model, and come out of it, its class decides.
            bare = [replace(value, mask=None) for value in values]
            return self.model(entry, place.inside(name), bare) or [Value()]
        wrapped = config.get("layer")
        if kind == "Bidirectional" and isinstance(wrapped, Mapping):
            return self._both_ways(config, place, name, values)
        if kind == "TimeDistributed" and isinstance(wrapped, Mapping):
            return self._at_each_step(entry, wrapped, place, values)
        cell = config.get("cell")
        if kind == "RNN" and isinstance(cell, Mapping):
            return self.with_cells(config, cell, place, name, values)
        if kind == "MultiHeadAttention":
            return self._with_heads(entry, place, name, values)
        if is_recurrent(kind):
            return self.recurrence(entry, config, kind, place, values)
        if kind in _PICKING and values[0].dims is not None:
            items = slices_of(call)
            if items is not None:
                dims = picked(values[0].dims, items, self.positions)
                return [Value(sources_of(values), dims, calls_of(values), name)]
        noted = self.note(entry, config, kind, place, values)
        if is_cell(kind):  # called by itself, for one timestep
            noted += self.states({"return_state": True}, noted[0], [None] * len(states_of(kind)))
        return noted

    def _both_ways(
        self, config: Mapping[str, Any], place: Place, name: str, values: Sequence[Value]
    ) -> list[Value]:
        inner = replace(place, around=(*place.around, name))
        forward = config["layer"]
        backward = config.get("backward_layer")
        own = name_of(forward).removeprefix("forward_")
        if not isinstance(backward, Mapping):
            reverse = dict(config_of(forward))
            reverse["go_backwards"] = not reverse.get("go_backwards")
            backward = {**forward, "config": reverse}
            backward_name = f"backward_{own}"
        elif self.version.is_keras_3:
            backward_name = name_of(backward)
        else:
            backward_name = f"backward_{name_of(backward).removeprefix('backward_')}"
        half = 1 + (len(values) - 1) // 2  # half of the states is for each direction
        given = ([*values[:half]], [values[0], *values[half:]])
        out: list[list[Value]] = []
        for k, (entry, called) in enumerate(
            ((forward, f"forward_{own}"), (backward, backward_name))
        ):
            own_config = {**config_of(entry), "name": called}
            named = {**entry, "name": called, "config": own_config}
            out.append(self.layer(named, inner.at(k), given[k]))
            dims = out[k][0].dims
            if k and own_config.get("return_sequences") and dims is not None and len(dims) > 1:
                at = 0 if own_config.get("time_major") else 1
                out[k][0].dims = (*dims[:at], turned(dims[at]), *dims[at + 1 :])
        first = [way[0] for way in out]
        states = [state for way in out for state in way[1:]]
        mode = config.get("merge_mode", "concat")
        if mode is None:
            return [*first, *states]
        kind = "Concatenate" if mode == "concat" else "Add"
        dims = outputs_of(kind, {}, [v.dims for v in first], self.positions, name)
        merged = Value(sources_of(first), dims, calls_of(first), "/".join(place.name(name)))
        return [merged, *states]

    def _at_each_step(
        self,
        entry: Mapping[str, Any],
        wrapped: Mapping[str, Any],
        place: Place,
        values: Sequence[Value],
    ) -> list[Value]:
        """A layer that is applied to each element of a sequence.

        Keras 3 does so in turn where it knows how many there are. Else, and in Keras 1 and 2, they
        become a part of the batch.
        """
        here = len(place.around)
        inner = replace(place, around=(*place.around, name_of(entry)))
        if is_named_by_keras(entry) and not is_named_by_keras(wrapped):
            inner = replace(inner, untold=(*inner.untold, here))
        if not self.version.is_keras_3:  # there the wrapper builds what is in it
            inner = replace(inner, unnamed=(*inner.unnamed, here + 1))
        given = values[0]
        dims = given.dims
        if dims is None or len(dims) < 3:
            return [replace(v, dims=None) for v in self.layer(wrapped, inner, [given])]
        batch, time = dims[:2]
        if self.version.is_keras_3 and time.size is not None:
            inner = replace(inner, steps=(*inner.steps, *time.places))
            element = (batch, *dims[2:])
        else:
            known = batch.size is not None and time.size is not None
            size = (batch.size or 0) * (time.size or 0) if known else None
            element = (Dimension(size, (*batch.places, *time.places)), *dims[2:])
        step = replace(given, dims=element, is_final_state=False, mask=None)
        return [
            replace(v, dims=None if v.dims is None else (batch, time, *v.dims[1:]))
            for v in self.layer(wrapped, inner, [step])
        ]

    def _with_heads(
        self, entry: Mapping[str, Any], place: Place, name: str, values: Sequence[Value]
    ) -> list[Value]:
        """Attention with several heads: a product each for query, key, value and output."""
        config = config_of(entry)
        inner = replace(place, around=(*place.around, name))
        query, value = values[0], values[min(1, len(values) - 1)]
        key = values[2] if len(values) > 2 else value
        projections = projections_of(config, [v.shape for v in (query, value, key)])
        made: list[Value] = []
        for i, (part, taken) in enumerate(
            (("query", [query]), ("key", [key]), ("value", [value]), ("attention_output", made))
        ):
            path = inner.name(part)
            variables = projections[part]
            kernel = variables[0].shape or ()
            inputs = 2 if part == "attention_output" else 1
            layer = ConfiguredLayer(
                name="/".join(path),
                class_name="MultiHeadAttention",
                layers=inner.chain(path),
                entry=path[0].partition("/")[0],
                variables=configured_variables(variables, inner.scope(path), config),
                rank=(*place.rank, i),
            )
            first = taken[0].dims
            dims = None
            if first is not None:
                dims = (*first[:-1], *(self.positions.new(size) for size in kernel[inputs:]))
                if part != "attention_output":  # the heads side by side
                    dims = (*first[:-1], self.positions.new(None))
            made.append(self.called(layer, inner.at(i), list(taken), dims))
        return [made[-1]]

    def _with_built_shape(self, entry: Mapping[str, Any], values: Sequence[Value]) -> list[Value]:
        """Keras since 2.13 writes down what shape a layer was built for."""
        values = list(values) or [Value()]
        built = entry.get("build_config")
        if isinstance(built, Mapping):
            shapes = built.get("shapes_dict")
            said = built.get("input_shape")
            if isinstance(shapes, Mapping):
                said = shapes.get("sequences_shape")
            if isinstance(said, list) and said and isinstance(said[0], list):
                said = said[0]  # of several inputs, the first
            shape = shape_of(said)
            if shape is not None:
                values[0].known(shape, self.positions, is_observed=True)
        return values
