"""What a file of weights tells of the recurrences that they belong to, without their model.

Keras calls the arrays of a layer by what they are to it, and their shapes tell its size: a
recurrent kernel has a row for each unit, and as many columns for each gate. Which layer feeds
which, how many timesteps there are, and which comes first, no weight tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tb_rnnview.sources.configuration import StoredArray
from tb_rnnview.sources.configured_layer import (
    Call,
    ConfiguredLayer,
    ConfiguredModel,
    ConfiguredVariable,
    Start,
)
from tb_rnnview.sources.dimensions import Dimension, Place, Positions
from tb_rnnview.timeline import Shape

_OPEN = "weights tell no length"
_CELLS = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}
_STATES = {1: ("h",), 3: ("h",), 4: ("h", "c")}
# In the order in which Keras packs them.
_GATES: dict[int, tuple[str, ...]] = {1: (), 3: ("z", "r", "h"), 4: ("i", "f", "c", "o")}
_ROLES = ("kernel", "recurrent_kernel", "bias")
# Keras 1 keeps the gates apart, and writes the layer's name before the array's.
_APART = re.compile(r".*_([WUb])(?:_([a-z]))?")
_APART_ROLES = {"W": "kernel", "U": "recurrent_kernel", "b": "bias"}


def model_of_weights(
    stored: Mapping[str, tuple[StoredArray, ...]], name: str, version: str
) -> ConfiguredModel | None:
    """The layers that arrays belong to; None = none of them is a recurrence.

    Args:
        stored: the arrays by layer, in Keras' order.
        name: what to call the model.
        version: of the Keras that wrote them; "" = not known.
    """
    positions = Positions()
    layers: list[ConfiguredLayer] = []
    for entry, arrays in stored.items():
        parts = _parts(arrays)
        found = [_recurrence(entry, way, part) for way, part in parts.items()]
        if not arrays:
            continue
        if not found or any(layer is None for layer in found):
            layers.append(_unknown(entry, len(layers)))
            continue
        time = positions.new(None, _OPEN)  # one for both directions
        if len(found) == 1:  # either of them
            (place,) = time.places
            positions.same.append((place, Place(place.position, turned=True)))
        for layer in (x for x in found if x is not None):
            layers.append(_called(layer, time, len(layers)))
    if not any(layer.is_recurrent for layer in layers):
        return None
    return ConfiguredModel(
        name, version, tuple(layers), tuple(positions.all), tuple(positions.same)
    )


def _parts(arrays: Sequence[StoredArray]) -> dict[str, list[StoredArray]]:
    """The arrays of each direction; "" = there is but one."""
    found: dict[str, list[StoredArray]] = {}
    for array in arrays:
        scopes = [s for s in array.name.split("/") if s.startswith(("forward_", "backward_"))]
        found.setdefault(scopes[0].partition("_")[0] if scopes else "", []).append(array)
    return found


def _recurrence(entry: str, way: str, arrays: Sequence[StoredArray]) -> ConfiguredLayer | None:
    packed = {a.name.rpartition("/")[2]: a for a in arrays}
    if len(packed) == len(arrays) and set(packed) - {"bias"} == set(_ROLES[:2]):
        gates, variables = _packed(packed)
    else:
        gates, variables = _apart(arrays)
    if gates not in _CELLS:
        return None
    recurrent = next(v.shape for v in variables if v.role == "recurrent_kernel")
    path = (entry, way) if way else (entry,)
    return ConfiguredLayer(
        name="/".join(path),
        class_name=_CELLS[gates],
        layers=path,
        variables=tuple(variables),
        cell=_CELLS[gates],
        units=recurrent[-2] if recurrent else None,
        is_recurrent=True,
        is_backward=way == "backward",
        states=_STATES[gates],
        entry=entry,
    )


def _packed(arrays: Mapping[str, StoredArray]) -> tuple[int, list[ConfiguredVariable]]:
    """How many gates a kernel holds side by side; 0 = the shapes do not fit together."""
    kernel, recurrent = (arrays[role].shape for role in _ROLES[:2])
    bias = arrays["bias"].shape if "bias" in arrays else None
    if len(recurrent) < 2 or len(kernel) != len(recurrent) or not recurrent[-2]:
        return 0, []
    units, wide = recurrent[-2:]
    gates = wide // units
    # cuDNN's layers add two biases; a GRU may keep them apart.
    biases = (None, (wide,), (2 * wide,) if gates > 1 else None, (2, wide) if gates == 3 else None)
    fits = wide == units * gates and kernel[-1] == wide and bias in biases
    if not fits or (len(kernel) > 2 and gates != 4):  # a convolution's windows
        return 0, []
    return gates, [
        _variable(a, role, _GATES.get(gates, ()) if a.shape[-1] == wide else ())
        for role in _ROLES
        if (a := arrays.get(role)) is not None
    ]


def _apart(arrays: Sequence[StoredArray]) -> tuple[int, list[ConfiguredVariable]]:
    """How many gates have kernels of their own; 0 = these are no gates."""
    told = [_APART.fullmatch(a.name) for a in arrays]
    found = [(m[1], m[2] or "") for m in told if m is not None]
    gates = {gate for _, gate in found}
    wanted = {(kind, gate) for kind in "WUb" for gate in gates}
    known = next((n for n, names in _GATES.items() if gates == (set(names) or {""})), 0)
    if len(found) < len(arrays) or set(found) != wanted or len(found) != len(wanted) or not known:
        return 0, []
    shapes = {a.shape for a, (kind, _) in zip(arrays, found, strict=True) if kind == "U"}
    square = next(iter(shapes))
    if len(shapes) > 1 or len(square) != 2 or square[0] != square[1]:
        return 0, []
    return known, [
        _variable(a, _APART_ROLES[kind], (gate,) if gate else ())
        for a, (kind, gate) in zip(arrays, found, strict=True)
    ]


def _variable(array: StoredArray, role: str, gates: tuple[str, ...]) -> ConfiguredVariable:
    return ConfiguredVariable(array.name, array.shape, role, dtype=array.dtype, gates=gates)


def _called(layer: ConfiguredLayer, time: Dimension, number: int) -> ConfiguredLayer:
    shape: Shape = (None, None, None)
    call = Call(
        inputs=(),
        input_shape=shape,
        output_shape=(None, layer.units),
        dims=(Dimension(None), time, Dimension(None)),
        starts=(Start(),) * len(layer.states),
        number=number,
    )
    return _with(layer, call, number)


def _unknown(entry: str, number: int) -> ConfiguredLayer:
    """A layer of which only the arrays are known."""
    layer = ConfiguredLayer(entry, "", (entry,), variables=None, entry=entry)
    return _with(layer, Call((), dims=(Dimension(None),), number=number), number)


def _with(layer: ConfiguredLayer, call: Call, number: int) -> ConfiguredLayer:
    return replace(layer, calls=(call,), rank=(number,))
