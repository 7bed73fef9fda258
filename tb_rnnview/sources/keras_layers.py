"""Takes the layers of a configuration apart: wrappers, cells, states, and what each call takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tb_rnnview.errors import FormatError
from tb_rnnview.sources.configured_layer import Call, ConfiguredLayer, ConfiguredVariable
from tb_rnnview.sources.dimensions import Dimension, Dims, Positions, turned
from tb_rnnview.sources.dimensions import Place as Counted
from tb_rnnview.sources.keras_calls import Place, Value
from tb_rnnview.sources.keras_classes import (
    CONVOLVED,
    Made,
    cell_of,
    is_cell,
    is_recurrent,
    projections_of,
    states_of,
    units_of,
    variables_of,
)
from tb_rnnview.sources.keras_json import (
    class_name_of,
    config_of,
    dtype_of,
    is_model,
    is_named_by_keras,
    is_operation,
    name_of,
    shape_of,
    size_of,
    sizes_of,
)
from tb_rnnview.sources.keras_outputs import outputs_of, recurrent_output
from tb_rnnview.sources.keras_slices import picked, slices_of

# A few nested models that are called twice each would unfold without end.
_CALLS_AT_MOST = 20_000

# Operations on tensors that Keras 3 and 2 write down as layers.
_PICKING = ("GetItem", "SlicingOpLambda")
_CELL_NAMES = {"SimpleRNN": "simple_rnn_cell", "GRU": "gru_cell", "LSTM": "lstm_cell"}
# Wrappers around cells that have no variables of their own.
_AROUND_CELLS = tuple(
    start + kind
    for start in ("", "RNNCell")
    for kind in ("DeviceWrapper", "DropoutWrapper", "ResidualWrapper")
)


@dataclass(frozen=True)
class Version:
    """What differs between versions of Keras and is not written into a configuration."""

    is_keras_3: bool = False
    names_cells: bool = True
    """It calls the cell inside an LSTM by a rule, and not by a counter of the whole process."""


class LayerReader(ABC):
    """Notes the layers that it is given, and tells what they put out."""

    def __init__(self, version: Version, weightless: frozenset[str], positions: Positions) -> None:
        self.positions = positions
        self._version = version
        self._weightless = weightless
        self._layers: list[tuple[ConfiguredLayer, list[Call]]] = []
        self._calls = 0
        self._noted = 0
        self._position: dict[tuple[str, str], int] = {}

    @property
    def layers(self) -> tuple[ConfiguredLayer, ...]:
        """What has been noted so far."""
        return tuple(replace(layer, calls=tuple(calls)) for layer, calls in self._layers)

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
            return [Value(_sources(out), dims, _fed_by(out), name)]
        if is_model(entry):
            return self.model(entry, place.inside(name), values) or [Value()]
        wrapped = config.get("layer")
        if kind == "Bidirectional" and isinstance(wrapped, Mapping):
            return self._both_ways(config, place, name, values)
        if kind == "TimeDistributed" and isinstance(wrapped, Mapping):
            return self._at_each_step(entry, wrapped, place, values)
        cell = config.get("cell")
        if kind == "RNN" and isinstance(cell, Mapping):
            return self._with_cells(config, cell, place, name, values)
        if kind == "MultiHeadAttention":
            return self._with_heads(entry, place, name, values)
        if is_recurrent(kind):
            return self._recurrence(entry, config, kind, place, values)
        if kind in _PICKING and values[0].dims is not None:
            items = slices_of(call)
            if items is not None:
                dims = picked(values[0].dims, items, self.positions)
                return [Value(_sources(values), dims, _fed_by(values), name)]
        noted = self.note(entry, config, kind, place, values)
        if is_cell(kind):  # called by itself, for one timestep
            noted += self._states({"return_state": True}, noted[0], [None] * len(states_of(kind)))
        return noted

    def note(
        self,
        entry: Mapping[str, Any],
        config: Mapping[str, Any],
        kind: str,
        place: Place,
        values: Sequence[Value],
    ) -> list[Value]:
        """Notes a layer that is no recurrence and is taken apart no further."""
        path = place.name(name_of(entry))
        made = variables_of(kind, config, values[0].shape, is_operation=is_operation(entry))
        if made is None and path[0].partition("/")[0] in self._weightless:
            made = ()
        layer = ConfiguredLayer(
            name="/".join(path),
            class_name=kind,
            layers=place.chain(path),
            entry=path[0].partition("/")[0],
            variables=_variables(made, place.scope(path), config),
            units=units_of(config),
            rank=place.rank,
        )
        if kind == "Reshape" and values[0].dims is None:
            target = sizes_of(config.get("target_shape"))
            if target is not None:  # whatever it takes, this is what it gives
                values = [replace(values[0])]
                whole = (None, *(None if size == -1 else size for size in target))
                values[0].known(whole, self.positions, is_observed=False)
        taken = [value.dims for value in values]
        dims = outputs_of(
            kind,
            config,
            taken,
            self.positions,
            name_of(entry),
            is_operation=is_operation(entry) or kind == "TFOpLambda",
        )
        return [self._called(layer, place, values, dims)]

    def _called(
        self,
        layer: ConfiguredLayer,
        place: Place,
        values: Sequence[Value],
        dims: Dims | None,
        others: Sequence[Value] = (),
    ) -> Value:
        """What a layer gives that is called with some values, and beside them with others."""
        one = (layer.class_name, layer.name)
        position = self._position.setdefault(one, len(self._layers))
        if position == len(self._layers):
            self._layers.append((layer, []))
        layer, calls = self._layers[position]  # as it was when it was first called
        self._noted += 1
        first = values[0]
        fed_by = _fed_by(values)
        starts = tuple(v.start for v in others[: len(layer.states) or None]) if others else ()
        calls.append(
            Call(
                inputs=_sources([*values, *others]),
                input_shape=first.shape,
                output_shape=None if dims is None else tuple(d.size for d in dims),
                dims=first.dims or (self.positions.new(None, opaque_of=first.made_of),),
                out=dims or (),
                fed_by=_fed_by([*values, *others[len(starts) :]]),
                starts=starts,
                around=place.steps,
                number=self._noted,
            )
        )
        if layer.variables != ():
            fed_by = ((position, len(calls) - 1),)
        name = layer.name
        if dims is not None:
            return Value((position,), dims, fed_by, name)
        parts = tuple(p for v in values for p in _parts(v))
        why = f"what {layer.name!r} gives is not told by the configuration"
        return Value((position,), None, fed_by, name, made_of=parts, reason=why)

    def _recurrence(
        self,
        entry: Mapping[str, Any],
        config: Mapping[str, Any],
        kind: str,
        place: Place,
        values: Sequence[Value],
    ) -> list[Value]:
        path = place.name(name_of(entry))
        rank = CONVOLVED.get(kind)
        time = 0 if config.get("time_major") else 1
        taken = values[0].sequence(3 if rank is None else rank + 3, time, self.positions)
        made = variables_of(kind, config, values[0].shape)
        prefix = place.scope(path)
        if rank is not None and self._version.is_keras_3:
            prefix += "/conv_lstm_cell"
        elif rank is None and self._version.names_cells:
            prefix += f"/{_CELL_NAMES[cell_of(kind)]}"
        layer = ConfiguredLayer(
            name="/".join(path),
            class_name=kind,
            layers=place.chain(path),
            entry=path[0].partition("/")[0],
            variables=_variables(made, prefix, config),
            cell=cell_of(kind),
            units=units_of(config),
            is_recurrent=True,
            is_backward=bool(config.get("go_backwards")),
            states=states_of(kind),
            kept_in=self._kept_in(config, place.scope(path), len(states_of(kind))),
            time=time,
            rank=place.rank,
        )
        dims = outputs_of(kind, config, [taken], self.positions, name_of(entry))
        ends, constants = _ends(config, values)
        out = self._called(layer, place, [values[0], *constants], dims, ends)
        out.is_final_state = not config.get("return_sequences")
        single = {**config, "return_sequences": False}
        state = outputs_of(kind, single, [taken], self.positions, name_of(entry))
        return [out, *self._states(config, out, [state] * len(layer.states))]

    def _kept_in(
        self, config: Mapping[str, Any], name: str, count: int, first: int = 0
    ) -> tuple[str, ...]:
        """The variables in which the states are kept from run to run; () = they are not kept."""
        if not config.get("stateful"):
            return ()
        if self._version.is_keras_3:
            return tuple(
                f"{name}/rnn_state{f'_{i}' if i else ''}" for i in range(first, first + count)
            )
        return tuple(f"{name}/states_{i}" for i in range(first, first + count))

    def _states(
        self, config: Mapping[str, Any], out: Value, dims: Sequence[Dims | None]
    ) -> list[Value]:
        """The final states, handed out beside the output."""
        if not config.get("return_state"):
            return []
        return [
            Value(out.sources, d, out.fed_by, f"{out.name}:{i}", is_final_state=True)
            for i, d in enumerate(dims, 1)
        ]

    def _with_cells(
        self,
        config: Mapping[str, Any],
        cell: Mapping[str, Any],
        place: Place,
        name: str,
        values: Sequence[Value],
    ) -> list[Value]:
        """An RNN: each of its cells is a layer."""
        cells = config_of(cell).get("cells")
        listed = cells if isinstance(cells, list) else [cell]
        entries = [_without_wrappers(c) for c in listed if isinstance(c, Mapping)]
        between = (name_of(cell),) if isinstance(cells, list) else ()
        outer = place.name(name)
        unnamed = iter(_distinct([_plain_class(e) for e in entries if not name_of(e)]))
        # Two of one name are one cell, run twice.
        names = [name_of(e) or next(unnamed) for e in entries]
        ends, constants = _ends(config, values)
        time = 0 if config.get("time_major") else 1
        value, states, kept = values[0], [], 0
        for i, (entry, called) in enumerate(zip(entries, names, strict=True)):
            kind, own = class_name_of(entry), config_of(entry)
            path = (*outer, called)
            taken = value.sequence(3, time, self.positions)
            made = variables_of(kind, own, value.shape)
            layer = ConfiguredLayer(
                name="/".join(path),
                class_name=kind,
                layers=place.chain(path),
                entry=path[0].partition("/")[0],
                variables=_variables(made, place.scope((*outer, *between, called)), own),
                cell=cell_of(kind),
                units=units_of(own),
                is_recurrent=True,
                is_backward=bool(config.get("go_backwards")),
                states=states_of(kind),
                kept_in=self._kept_in(config, place.scope(outer), len(states_of(kind)), kept),
                time=time,
                rank=(*place.rank, i),
            )
            is_last = i == len(entries) - 1
            collects = {**config, "go_backwards": False, "return_sequences": True}
            features = self.positions.new(layer.units, f"{layer.name!r} declares no size")
            dims = recurrent_output(config if is_last else collects, taken, features)
            kept += len(layer.states)
            count = len(layer.states) if layer.states else len(ends)
            own_ends, ends = ends[:count], ends[count:]
            value = self._called(layer, place, [value, *constants], dims, own_ends)
            batch = taken[1 - layer.time]
            states += self._states(config, value, [(batch, features)] * len(layer.states))
        return [value, *states]

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
        elif self._version.is_keras_3:
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
        merged = Value(_sources(first), dims, _fed_by(first), "/".join(place.name(name)))
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
        if not self._version.is_keras_3:  # there the wrapper builds what is in it
            inner = replace(inner, unnamed=(*inner.unnamed, here + 1))
        given = values[0]
        dims = given.dims
        if dims is None or len(dims) < 3:
            return [replace(v, dims=None) for v in self.layer(wrapped, inner, [given])]
        batch, time = dims[:2]
        if self._version.is_keras_3 and time.size is not None:
            inner = replace(inner, steps=(*inner.steps, *time.places))
            element = (batch, *dims[2:])
        else:
            known = batch.size is not None and time.size is not None
            size = (batch.size or 0) * (time.size or 0) if known else None
            element = (Dimension(size, (*batch.places, *time.places)), *dims[2:])
        step = replace(given, dims=element, is_final_state=False)
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
                variables=_variables(variables, inner.scope(path), config),
                rank=(*place.rank, i),
            )
            first = taken[0].dims
            dims = None
            if first is not None:
                dims = (*first[:-1], *(self.positions.new(size) for size in kernel[inputs:]))
                if part != "attention_output":  # the heads side by side
                    dims = (*first[:-1], self.positions.new(None))
            made.append(self._called(layer, inner.at(i), list(taken), dims))
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


def _variables(
    made: Sequence[Made] | None, prefix: str, config: Mapping[str, Any]
) -> tuple[ConfiguredVariable, ...] | None:
    if made is None:
        return None
    return tuple(
        ConfiguredVariable(
            f"{prefix}/{m.name}",
            m.shape,
            m.role,
            m.trainable,
            dtype=dtype_of(config),
            gates=m.gates,
        )
        for m in made
    )


def _ends(
    config: Mapping[str, Any], values: Sequence[Value]
) -> tuple[Sequence[Value], Sequence[Value]]:
    """What states start from, and the constants that each timestep is given."""
    constants = size_of(config.get("num_constants")) or 0
    last = len(values) - constants if 0 < constants < len(values) else len(values)
    return values[1:last], values[last:]


def _without_wrappers(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    inside = config_of(cell).get("cell")
    while class_name_of(cell) in _AROUND_CELLS and isinstance(inside, Mapping):
        cell = inside
        inside = config_of(cell).get("cell")
    return cell


def _parts(value: Value) -> tuple[Counted, ...]:
    """Everything that is counted in a value."""
    if value.dims is None:
        return value.made_of
    return tuple(place for dimension in value.dims for place in dimension.places)


def _plain_class(entry: Mapping[str, Any]) -> str:
    return class_name_of(entry).rpartition(">")[2]


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that another one has already."""
    counts: dict[str, int] = {}
    out = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        out.append(name if counts[name] == 1 else f"{name}_{counts[name] - 1}")
    return out


def _sources(values: Sequence[Value]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(s for v in values for s in v.sources))


def _fed_by(values: Sequence[Value]) -> tuple[tuple[int, int], ...]:
    return tuple(dict.fromkeys(c for v in values for c in v.fed_by))
