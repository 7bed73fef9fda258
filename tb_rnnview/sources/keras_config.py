"""Reads a Keras model's configuration (``model.to_json()``) into a plain list of its layers.

Configurations of Keras 1, 2 and 3 are understood, without Keras: its loaders refuse those of
other versions. Wrappers and nested models are taken apart, so that each entry of the list is
what a graph can show: a Bidirectional gives two layers, StackedRNNCells one per cell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tb_rnnview.errors import FormatError
from tb_rnnview.sources.configured_layer import (
    Call,
    ConfiguredLayer,
    ConfiguredModel,
    ConfiguredVariable,
)
from tb_rnnview.sources.keras_classes import (
    cell_of,
    is_recurrent,
    output_of,
    units_of,
    variables_of,
)
from tb_rnnview.sources.keras_json import (
    Reference,
    class_name_of,
    config_of,
    declared_shape,
    is_operation,
    name_of,
    numbers_of,
    references,
    shape_of,
    text_of,
)
from tb_rnnview.timeline import Shape

# A few nested models that are called twice each would unfold without end.
_CALLS_AT_MOST = 20_000
# From this version on, tf.keras names the cell inside an LSTM as Keras 3 does; before, by a
# counter of the whole process, which no configuration holds.
_CELLS_NAMED_SINCE = (2, 13)


class _Value(NamedTuple):
    """What a layer puts out, or takes."""

    sources: tuple[int, ...]
    """The layers, by position, that it comes from."""
    shape: Shape


_NOTHING = _Value((), None)


@dataclass(frozen=True)
class _Place:
    """Where in the model a layer stands."""

    prefix: str
    """Names of the nested models around it, each with its slash."""
    around: tuple[str, ...] = ()
    """Names of the wrappers around it."""

    def name(self, own: str) -> tuple[str, ...]:
        parts = (*self.around, own)
        return (self.prefix + parts[0], *parts[1:])


def read_keras_config(text: str | bytes) -> ConfiguredModel:
    """The layers that a configuration declares.

    Raises:
        FormatError: it is no configuration of a Keras model that lists its layers.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"is no Keras configuration: {error}") from None
    if not _is_model(content):
        raise FormatError("is no configuration of a Keras model that lists its layers")
    reader = _Reader(content)
    try:
        reader.model(content, _Place(""), [])
    except RecursionError:
        raise FormatError("is no Keras configuration: its models are nested too deep") from None
    config = content["config"]
    name = text_of(config.get("name")) if isinstance(config, Mapping) else ""
    return ConfiguredModel(name, text_of(content.get("keras_version")), reader.layers)


def _is_model(content: Any) -> bool:
    if not isinstance(content, Mapping):
        return False
    config = content.get("config")
    if isinstance(config, Mapping):
        return isinstance(config.get("layers"), list)
    return content.get("class_name") == "Sequential" and isinstance(config, list)


class _Reader:
    """Walks through a model as data would, and notes each layer where it comes to it."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._layers: list[tuple[ConfiguredLayer, list[Call]]] = []
        self._calls = 0
        self._position: dict[tuple[str, ...], int] = {}
        version = text_of(content.get("keras_version"))
        self._cells_named = not version or numbers_of(version) >= _CELLS_NAMED_SINCE

    @property
    def layers(self) -> tuple[ConfiguredLayer, ...]:
        """What has been noted so far."""
        return tuple(replace(layer, calls=tuple(calls)) for layer, calls in self._layers)

    def model(
        self, content: Mapping[str, Any], place: _Place, taken: Sequence[_Value]
    ) -> list[_Value]:
        """What a model puts out, given what it takes."""
        config = content["config"]
        entries = config if isinstance(config, list) else config["layers"]
        entries = [e for e in entries if isinstance(e, Mapping)]
        if isinstance(config, list) or not isinstance(config.get("output_layers"), list):
            return self._sequential(entries, place, taken)
        return self._functional(entries, config, place, taken)

    def _sequential(
        self, entries: Sequence[Mapping[str, Any]], place: _Place, taken: Sequence[_Value]
    ) -> list[_Value]:
        values = list(taken)
        for entry in entries:
            if not values:
                values = [_Value((), declared_shape(config_of(entry)))]
            if entry.get("class_name") != "InputLayer":
                values = self.layer(entry, place, values)
        return values

    def _functional(
        self,
        entries: Sequence[Mapping[str, Any]],
        config: Mapping[str, Any],
        place: _Place,
        taken: Sequence[_Value],
    ) -> list[_Value]:
        made: dict[tuple[str, int], list[_Value]] = {}
        inputs = [r.layer for r in references(config.get("input_layers"))]
        given = dict(zip(inputs, taken, strict=False))
        waiting: list[tuple[Mapping[str, Any], int, list[Reference]]] = []
        for entry in entries:
            name = name_of(entry)
            nodes = entry.get("inbound_nodes")
            if entry.get("class_name") == "InputLayer" or not nodes:
                own = _Value((), declared_shape(config_of(entry)))
                made[name, 0] = [given.get(name, own)]
                if entry.get("class_name") != "InputLayer" and isinstance(nodes, list):
                    made[name, 0] = self.layer(entry, place, made[name, 0])
            elif isinstance(nodes, list):
                waiting += [(entry, i, list(references(node))) for i, node in enumerate(nodes)]
        while waiting:
            later = []
            for entry, index, needs in waiting:
                values = [_find(made, need) for need in needs]
                if None in values:
                    later.append((entry, index, needs))
                else:
                    found = [v for v in values if v is not None]
                    made[name_of(entry), index] = self.layer(entry, place, found)
            if len(later) == len(waiting):
                raise FormatError(
                    f"is a Keras configuration whose layer {name_of(later[0][0])!r} takes what no "
                    "layer gives"
                )
            waiting = later
        wanted = list(references(config.get("output_layers")))
        return [_find(made, reference) or _NOTHING for reference in wanted]

    def layer(
        self, entry: Mapping[str, Any], place: _Place, values: Sequence[_Value]
    ) -> list[_Value]:
        """What a layer puts out, given what it takes; notes the layer."""
        self._calls += 1
        if self._calls > _CALLS_AT_MOST:
            raise FormatError("is a Keras configuration with too many calls to follow")
        config, name, kind = config_of(entry), name_of(entry), class_name_of(entry)
        values = _with_built_shape(entry, values)
        inside = config.get("layers")
        if kind == "Merge" and isinstance(inside, list):
            # Keras 1: a first layer that holds the models that it merges.
            models = [m for m in inside if _is_model(m)]
            out = [v for m in models for v in self.model(m, _inside(place, name_of(m)), [])[:1]]
            return [_Value(_sources(out), None)]
        if _is_model(entry):
            return self.model(entry, _inside(place, name), values) or [_NOTHING]
        wrapped = config.get("layer")
        if kind == "Bidirectional" and isinstance(wrapped, Mapping):
            return self._both_ways(config, place, name, values)
        if kind == "TimeDistributed" and isinstance(wrapped, Mapping):
            return self._at_each_step(wrapped, place, name, values)
        cell = config.get("cell")
        if kind == "RNN" and isinstance(cell, Mapping):
            return self._with_cell(config, cell, place, name, values)
        return self._note(entry, config, kind, place, name, values)

    def _note(
        self,
        entry: Mapping[str, Any],
        config: Mapping[str, Any],
        kind: str,
        place: _Place,
        name: str,
        values: Sequence[_Value],
    ) -> list[_Value]:
        """Notes a layer that is taken apart no further."""
        path = place.name(name)
        shape = values[0].shape if values else None
        made = variables_of(kind, config, shape, is_operation=is_operation(entry))
        prefix = "/".join(path)
        if cell_of(kind) and not kind.endswith(("Cell", "CellV2")) and self._cells_named:
            prefix += f"/{_CELL_NAMES[cell_of(kind)]}"
        layer = ConfiguredLayer(
            name="/".join(path),
            class_name=kind,
            layers=path,
            variables=None
            if made is None
            else tuple(
                ConfiguredVariable(f"{prefix}/{m.name}", m.shape, m.role, m.trainable) for m in made
            ),
            cell=cell_of(kind),
            units=units_of(config),
            is_recurrent=is_recurrent(kind),
            is_backward=bool(config.get("go_backwards")),
        )
        output = output_of(kind, config, [v.shape for v in values])
        return self._called(path, layer, values, output)

    def _called(
        self,
        path: tuple[str, ...],
        layer: ConfiguredLayer,
        values: Sequence[_Value],
        output: Shape,
    ) -> list[_Value]:
        position = self._position.setdefault(path, len(self._layers))
        if position == len(self._layers):
            self._layers.append((layer, []))
        call = Call(_sources(values), values[0].shape if values else None, output)
        self._layers[position][1].append(call)
        return [_Value((position,), output)]

    def _both_ways(
        self, config: Mapping[str, Any], place: _Place, name: str, values: Sequence[_Value]
    ) -> list[_Value]:
        inner = replace(place, around=(*place.around, name))
        forward = config["layer"]
        backward = config.get("backward_layer")
        own = name_of(forward).removeprefix("forward_")
        if not isinstance(backward, Mapping):
            turned = dict(config_of(forward))
            turned["go_backwards"] = not turned.get("go_backwards")
            backward = {**forward, "config": turned}
            backward_name = f"backward_{own}"
        else:
            backward_name = f"backward_{name_of(backward).removeprefix('backward_')}"
        out: list[_Value] = []
        for entry, called in ((forward, f"forward_{own}"), (backward, backward_name)):
            named = {**entry, "name": called, "config": {**config_of(entry), "name": called}}
            out += self.layer(named, inner, values)[:1]
        shapes = [v.shape for v in out]
        mode = config.get("merge_mode", "concat")
        if mode is None:
            return out
        merged = output_of("Concatenate" if mode == "concat" else "Add", {}, shapes)
        return [_Value(_sources(out), merged)]

    def _at_each_step(
        self, wrapped: Mapping[str, Any], place: _Place, name: str, values: Sequence[_Value]
    ) -> list[_Value]:
        inner = replace(place, around=(*place.around, name))
        shape = values[0].shape if values else None
        step = (shape[0], *shape[2:]) if shape and len(shape) > 2 else None
        out = self.layer(wrapped, inner, [_Value(_sources(values), step)])
        made = out[0].shape if out else None
        whole = (made[0], shape[1], *made[1:]) if made and shape and step else None
        return [_Value(_sources(out), whole)]

    def _with_cell(
        self,
        config: Mapping[str, Any],
        cell: Mapping[str, Any],
        place: _Place,
        name: str,
        values: Sequence[_Value],
    ) -> list[_Value]:
        """An RNN: each of its cells is a layer."""
        cells = config_of(cell).get("cells")
        listed = cells if isinstance(cells, list) else [cell]
        entries = [c for c in listed if isinstance(c, Mapping)]
        outer = place.name(name)
        between = (name_of(cell),) if isinstance(cells, list) else ()
        last = len(entries) - 1
        for i, entry in enumerate(entries):
            path = (*outer, name_of(entry))
            shape = values[0].shape if values else None
            kind = class_name_of(entry)
            made = variables_of(kind, config_of(entry), shape)
            prefix = "/".join((*outer, *between, name_of(entry)))
            layer = ConfiguredLayer(
                name="/".join(path),
                class_name=kind,
                layers=path,
                variables=None
                if made is None
                else tuple(
                    ConfiguredVariable(f"{prefix}/{m.name}", m.shape, m.role, m.trainable)
                    for m in made
                ),
                cell=cell_of(kind),
                units=units_of(config_of(entry)),
                is_recurrent=True,
                is_backward=bool(config.get("go_backwards")),
            )
            collects = i < last or bool(config.get("return_sequences"))
            output = output_of(kind, {**config_of(entry), "return_sequences": collects}, [shape])
            values = self._called(path, layer, values, output)
        return list(values)


_CELL_NAMES = {"SimpleRNN": "simple_rnn_cell", "GRU": "gru_cell", "LSTM": "lstm_cell"}


def _find(made: Mapping[tuple[str, int], list[_Value]], reference: Reference) -> _Value | None:
    values = made.get((reference.layer, reference.call))
    if values is None and (reference.layer, 1) not in made:
        # Nested models count the call that made them, too: the only call is meant.
        values = made.get((reference.layer, 0))
    if not values:
        return None
    if reference.port < len(values):
        return values[reference.port]
    return _Value(values[0].sources, None)  # a state, handed out beside the output


def _inside(place: _Place, model: str) -> _Place:
    return replace(place, prefix=f"{place.prefix}{model}/" if model else place.prefix)


def _sources(values: Sequence[_Value]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(s for v in values for s in v.sources))


def _with_built_shape(entry: Mapping[str, Any], values: Sequence[_Value]) -> list[_Value]:
    """Keras since 2.13 writes down what shape a layer was built for."""
    built = entry.get("build_config")
    shape = shape_of(built.get("input_shape")) if isinstance(built, Mapping) else None
    values = list(values) or [_NOTHING]
    followed = values[0].shape
    if shape is not None and (followed is None or len(followed) == len(shape)):
        known = (a if a is not None else b for a, b in zip(followed or shape, shape, strict=True))
        values[0] = _Value(values[0].sources, tuple(known))
    return values
