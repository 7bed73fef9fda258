"""Notes the layers of a configuration: their variables and states, and what each call takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tb_rnnview.sources.configured_layer import Call, ConfiguredLayer, ConfiguredVariable
from tb_rnnview.sources.dimensions import Dims, Positions
from tb_rnnview.sources.dimensions import Place as Counted
from tb_rnnview.sources.keras_calls import Place, Value
from tb_rnnview.sources.keras_classes import (
    CONVOLVED,
    Made,
    cell_of,
    states_of,
    units_of,
    variables_of,
)
from tb_rnnview.sources.keras_cudnn import without_cudnn
from tb_rnnview.sources.keras_json import (
    class_name_of,
    config_of,
    dtype_of,
    is_operation,
    name_of,
    size_of,
    sizes_of,
)
from tb_rnnview.sources.keras_outputs import outputs_of, recurrent_output

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
    knows_cudnn: bool = False
    """Its LSTM and GRU may run as an operation of cuDNN."""
    drops_masks: bool = False
    """Layers that know of no masks drop them; before, they refused them."""


class LayerReader:
    """Notes the layers that it is given, and tells what they put out."""

    def __init__(self, version: Version, weightless: frozenset[str], positions: Positions) -> None:
        self.positions = positions
        self.version = version
        self._weightless = weightless
        self._layers: list[tuple[ConfiguredLayer, list[Call]]] = []
        self._noted = 0
        self._position: dict[tuple[str, str], int] = {}

    @property
    def layers(self) -> tuple[ConfiguredLayer, ...]:
        """What has been noted so far."""
        return tuple(replace(layer, calls=tuple(calls)) for layer, calls in self._layers)

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
            variables=configured_variables(made, place.scope(path), config),
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
        return [self.called(layer, place, values, dims)]

    def called(
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
        fed_by = calls_of(values)
        starts = tuple(v.start for v in others[: len(layer.states) or None]) if others else ()
        calls.append(
            Call(
                inputs=sources_of([*values, *others]),
                input_shape=first.shape,
                output_shape=None if dims is None else tuple(d.size for d in dims),
                dims=first.dims or (self.positions.new(None, opaque_of=first.made_of),),
                out=dims or (),
                fed_by=calls_of([*values, *others[len(starts) :]]),
                starts=starts,
                around=place.steps,
                mask=first.mask if layer.is_recurrent else None,
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

    def recurrence(
        self,
        entry: Mapping[str, Any],
        config: Mapping[str, Any],
        kind: str,
        place: Place,
        values: Sequence[Value],
    ) -> list[Value]:
        """Notes a recurrence of a known class."""
        path = place.name(name_of(entry))
        rank = CONVOLVED.get(kind)
        time = 0 if config.get("time_major") else 1
        taken = values[0].sequence(3 if rank is None else rank + 3, time, self.positions)
        made = variables_of(kind, config, values[0].shape)
        prefix = place.scope(path)
        if rank is not None and self.version.is_keras_3:
            prefix += "/conv_lstm_cell"
        elif rank is None and self.version.names_cells:
            prefix += f"/{_CELL_NAMES[cell_of(kind)]}"
        layer = ConfiguredLayer(
            name="/".join(path),
            class_name=kind,
            layers=place.chain(path),
            entry=path[0].partition("/")[0],
            variables=configured_variables(made, prefix, config),
            cell=cell_of(kind),
            units=units_of(config),
            is_recurrent=True,
            is_backward=bool(config.get("go_backwards")),
            states=states_of(kind),
            kept_in=self._kept_in(config, place.scope(path), len(states_of(kind))),
            time=time,
            without_cudnn=without_cudnn(kind, config) if self.version.knows_cudnn else (),
            rank=place.rank,
        )
        dims = outputs_of(kind, config, [taken], self.positions, name_of(entry))
        ends, constants = _ends(config, values)
        out = self.called(layer, place, [values[0], *constants], dims, ends)
        out.is_final_state = not config.get("return_sequences")
        single = {**config, "return_sequences": False}
        state = outputs_of(kind, single, [taken], self.positions, name_of(entry))
        return [out, *self.states(config, out, [state] * len(layer.states))]

    def _kept_in(
        self, config: Mapping[str, Any], name: str, count: int, first: int = 0
    ) -> tuple[str, ...]:
        """The variables in which the states are kept from run to run; () = they are not kept."""
        if not config.get("stateful"):
            return ()
        if self.version.is_keras_3:
            return tuple(
                f"{name}/rnn_state{f'_{i}' if i else ''}" for i in range(first, first + count)
            )
        return tuple(f"{name}/states_{i}" for i in range(first, first + count))

    def states(
        self, config: Mapping[str, Any], out: Value, dims: Sequence[Dims | None]
    ) -> list[Value]:
        """The final states, handed out beside the output."""
        if not config.get("return_state"):
            return []
        return [
            Value(out.sources, d, out.fed_by, f"{out.name}:{i}", is_final_state=True)
            for i, d in enumerate(dims, 1)
        ]

    def with_cells(
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
                variables=configured_variables(made, place.scope((*outer, *between, called)), own),
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
            value = self.called(layer, place, [value, *constants], dims, own_ends)
            batch = taken[1 - layer.time]
            states += self.states(config, value, [(batch, features)] * len(layer.states))
        return [value, *states]


def configured_variables(
    made: Sequence[Made] | None, prefix: str, config: Mapping[str, Any]
) -> tuple[ConfiguredVariable, ...] | None:
    """Variables with their names; None = they are not known."""
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


def sources_of(values: Sequence[Value]) -> tuple[int, ...]:
    """The layers that some values come from."""
    return tuple(dict.fromkeys(s for v in values for s in v.sources))


def calls_of(values: Sequence[Value]) -> tuple[tuple[int, int], ...]:
    """The calls of layers with variables that some values come from."""
    return tuple(dict.fromkeys(c for v in values for c in v.fed_by))
