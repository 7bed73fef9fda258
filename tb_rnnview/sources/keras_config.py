"""Reads a Keras model's configuration (``model.to_json()``) into a plain list of its layers.

Configurations of Keras 1, 2 and 3 are understood, without Keras: its loaders refuse those of
other versions. Wrappers and nested models are taken apart, so that each entry of the list is
what a graph can show: a Bidirectional gives two layers, StackedRNNCells one per cell.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, NamedTuple

from tb_rnnview.errors import FormatError
from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.dimensions import Positions
from tb_rnnview.sources.keras_calls import Place, Value
from tb_rnnview.sources.keras_json import (
    Reference,
    config_of,
    declared_shape,
    is_model,
    name_of,
    numbers_of,
    references,
    shape_of,
    text_of,
)
from tb_rnnview.sources.keras_layers import Version
from tb_rnnview.sources.keras_wrappers import EntryReader

# From this version on, tf.keras names the cell inside an LSTM as Keras 3 does; before, by a
# counter of the whole process, which no configuration holds.
_CELLS_NAMED_SINCE = (2, 13)
# From these on, LSTM and GRU are what Keras 3 calls so; before, cuDNN had classes of its own.
# Standalone Keras ended with 2.3, and the one in TensorFlow, which marks it, went on.
_CUDNN_SINCE, _CUDNN_IN_TENSORFLOW_SINCE = (2, 4), (2, 3)


def read_keras_config(
    text: str | bytes, version: str = "", weightless: Collection[str] = ()
) -> ConfiguredModel:
    """The layers that a configuration declares.

    Args:
        text: the JSON.
        version: of the Keras that wrote it, where it does not say so itself.
        weightless: layers of which it is known that they have no weights.

    Raises:
        FormatError: it is no configuration of a Keras model that lists its layers.
    """
    try:
        content = json.loads(text)
        if isinstance(content, str):  # what to_json gave, written as JSON once more
            content = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"is no Keras configuration: {error}") from None
    if not is_model(content):
        raise FormatError("is no configuration of a Keras model that lists its layers")
    version = text_of(content.get("keras_version")) or version
    reader = ModelReader(_version(version, content), frozenset(weightless))
    try:
        reader.model(content, Place(""), [])
    except RecursionError:
        raise FormatError("is no Keras configuration: its models are nested too deep") from None
    config = content["config"]
    name = text_of(config.get("name")) if isinstance(config, Mapping) else ""
    positions = reader.positions
    return ConfiguredModel(
        name=name,
        version=version,
        layers=reader.layers,
        positions=tuple(positions.all),
        same=tuple(positions.same),
        windows=tuple(positions.windows),
        opaque=tuple(positions.opaque),
    )


def _version(text: str, content: Mapping[str, Any]) -> Version:
    numbers = numbers_of(text)
    is_3 = numbers[0] >= 3 if numbers else "module" in content
    since = _CUDNN_IN_TENSORFLOW_SINCE if text.endswith("-tf") else _CUDNN_SINCE
    return Version(
        is_keras_3=is_3,
        names_cells=not numbers or numbers >= _CELLS_NAMED_SINCE,
        knows_cudnn=is_3 or numbers >= since,
        drops_masks=is_3 or numbers >= since,
    )


class ModelReader(EntryReader):
    """Walks through models as data would, and notes each layer where it comes to it."""

    def __init__(self, version: Version, weightless: frozenset[str]) -> None:
        super().__init__(version, weightless, Positions())

    def model(
        self, content: Mapping[str, Any], place: Place, taken: Sequence[Value]
    ) -> list[Value]:
        """What a model puts out, given what it takes."""
        config = content["config"]
        entries = config if isinstance(config, list) else config["layers"]
        entries = [e for e in entries if isinstance(e, Mapping)]
        outputs = None if isinstance(config, list) else config.get("output_layers")
        if not isinstance(outputs, list | Mapping):
            built = None if isinstance(config, list) else shape_of(config.get("build_input_shape"))
            return self._sequential(entries, place, taken, built)
        return self._functional(entries, config, place, taken)

    def _sequential(
        self,
        entries: Sequence[Mapping[str, Any]],
        place: Place,
        taken: Sequence[Value],
        built: tuple[int | None, ...] | None,
    ) -> list[Value]:
        values = list(taken)
        for i, entry in enumerate(entries):
            if not values:
                values = [self._input(entry)]
                if values[0].dims is None and built is not None:
                    values[0].known(built, self.positions, is_observed=True)
            if entry.get("class_name") != "InputLayer":
                values = self.layer(entry, place.at(i), values)
        return values

    def _input(self, entry: Mapping[str, Any]) -> Value:
        """What a model is fed, as its first layer declares it."""
        shape, of = declared_shape(config_of(entry)), repr(name_of(entry))
        if shape is None:
            return Value(reason=f"no shape of what {of} takes is declared", name=name_of(entry))
        return Value(dims=self.positions.of_shape(shape, of), name=name_of(entry))

    def _functional(
        self,
        entries: Sequence[Mapping[str, Any]],
        config: Mapping[str, Any],
        place: Place,
        taken: Sequence[Value],
    ) -> list[Value]:
        made: dict[tuple[str, int], list[Value]] = {}
        first = _first_calls(entries, config)
        inputs = [r.layer for r in references(config.get("input_layers"))]
        given = dict(zip(inputs, taken, strict=False))
        nodes: list[_Node] = []
        for i, entry in enumerate(entries):
            name = name_of(entry)
            calls = entry.get("inbound_nodes")
            if entry.get("class_name") == "InputLayer" or not calls:
                own = [given.get(name) or self._input(entry)]
                if entry.get("class_name") != "InputLayer" and isinstance(calls, list):
                    own = self.layer(entry, place.at(i), own)
                made[name, first.get(name, 0)] = own
            elif isinstance(calls, list):
                for k, call in enumerate(calls, first.get(name, 0)):
                    needs = list(references(call))
                    nodes.append(_Node(entry, place.at(i), (name, k), needs, call))
        for node in _in_order(nodes, made):
            values = [_find(made, need) for need in node.needs]
            for value, need in zip(values, node.needs, strict=True):
                if need.shape is not None:
                    value.known(need.shape, self.positions, is_observed=False)
            made[node.gives] = self.layer(node.entry, node.place, values, node.call)
        wanted = list(references(config.get("output_layers")))
        return [_find(made, r) if made.get((r.layer, r.call)) else Value() for r in wanted]


class _Node(NamedTuple):
    """One call of a layer of a functional model."""

    entry: Mapping[str, Any]
    place: Place
    gives: tuple[str, int]
    needs: list[Reference]
    call: Any


def _in_order(
    nodes: Sequence[_Node], made: Mapping[tuple[str, int], list[Value]]
) -> Iterator[_Node]:
    """Each call once all that it needs has been made; where that leaves a choice, as listed.

    Args:
        nodes: the calls.
        made: what has been made; what a call gives is there before the next one is asked for.
    """
    missing = [
        {(r.layer, r.call) for r in n.needs if not made.get((r.layer, r.call))} for n in nodes
    ]
    takers: dict[tuple[str, int], list[int]] = {}
    for i, needs in enumerate(missing):
        for need in sorted(needs):
            takers.setdefault(need, []).append(i)
    ready = [i for i, needs in enumerate(missing) if not needs]
    left = len(nodes)
    while ready:
        node = nodes[heappop(ready)]
        left -= 1
        yield node
        for i in takers.pop(node.gives, ()):
            missing[i].discard(node.gives)
            if not missing[i]:
                heappush(ready, i)
    if left:
        stuck = next(node for node, needs in zip(nodes, missing, strict=True) if needs)
        raise FormatError(
            f"is a Keras configuration whose layer {name_of(stuck.entry)!r} takes what no layer "
            "gives"
        )


def _find(made: Mapping[tuple[str, int], list[Value]], reference: Reference) -> Value:
    values = made[reference.layer, reference.call]
    if 0 <= reference.port < len(values):
        return values[reference.port]
    return Value(values[0].sources, fed_by=values[0].fed_by)  # handed out beside the output


def _first_calls(entries: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> dict[str, int]:
    """The number of each nested model's first call: some versions count its making, too."""
    models = {name_of(entry) for entry in entries if is_model(entry)}
    named = [entry.get("inbound_nodes") for entry in entries] + [config.get("output_layers")]
    first: dict[str, int] = {}
    for reference in (r for some in named for r in references(some)):
        if reference.layer in models:
            number = first.get(reference.layer, reference.call)
            first[reference.layer] = min(number, reference.call)
    return first
