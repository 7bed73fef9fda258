"""The variables and states of a configuration: shapes, named parts, and how often each is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tb_rnnview.analysis.declared_axes import Placed
from tb_rnnview.analysis.declared_calls import CallId
from tb_rnnview.analysis.declared_layers import DeclaredLayer, DeclaredLayers
from tb_rnnview.sources.configuration import Configuration, StoredArray
from tb_rnnview.sources.configured_layer import Call, ConfiguredLayer, ConfiguredVariable
from tb_rnnview.timeline import Axis, Block, Evidence, Kind, Shape, State, Use, Variable

_TOO_LARGE = 2**31
_RECURRENCES_BLOCKS = {"kernel": "input", "recurrent_kernel": "hidden"}


class DeclaredVariables:
    """What the layers of a configuration hold."""

    def __init__(
        self, source: Configuration, layers: DeclaredLayers, axes: Mapping[str, Axis]
    ) -> None:
        self._layers = layers
        self._axes = axes
        self._homes: dict[int, list[DeclaredLayer]] = {}
        for layer in layers.all:
            self._homes.setdefault(id(layer.layer), []).append(layer)
        self._declared = _with_stored(source, [homes[0].layer for homes in self._homes.values()])

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables, layer by layer; those that keep states come last."""
        made = [
            self._variable(declared, reason, homes)
            for one, homes in self._homes.items()
            for declared, reason in self._declared[one]
        ]
        kept = [
            self._variable(
                ConfiguredVariable(
                    where,
                    _state_shape(layer),
                    "initial_state",
                    trainable=False,
                    dtype=next((v.dtype for v in layer.variables or ()), ""),
                ),
                "",
                homes,
            )
            for homes in self._homes.values()
            for layer in (homes[0].layer,)
            for where in layer.kept_in
        ]
        return (*made, *kept)

    def _variable(
        self, declared: ConfiguredVariable, reason: str, homes: Sequence[DeclaredLayer]
    ) -> Variable:
        shape = _fitting(declared.shape)
        open_ones = shape is None or None in shape
        return Variable(
            name=declared.name,
            shape=shape,
            dtype=declared.dtype,
            trainable=declared.trainable,
            layers=tuple(home.id for home in homes),
            role=declared.role,
            blocks=_blocks(declared, shape) if homes[0].kind is Kind.RECURRENT else (),
            evidence=Evidence.CONFIG,
            uses=tuple(use for home in homes for use in self._uses(declared, home)),
            reason=reason or ("the configuration does not fix its shape" if open_ones else ""),
        )

    def _uses(self, declared: ConfiguredVariable, home: DeclaredLayer) -> list[Use]:
        times: dict[str, list[int | None]] = {}
        is_known = home.layer.variables is not None
        for _, placed in self._layers.places_of(home):
            axis = self._axis_of(declared, home, placed)
            times.setdefault(axis, []).append(placed.times if is_known else None)
        return [
            Use(
                layer=home.id,
                axis=axis,
                stop=self._axes[axis].length if axis else 1,
                reads=0 if None in each else sum(n or 0 for n in each),
            )
            for axis, each in times.items()
        ]

    def _axis_of(self, declared: ConfiguredVariable, home: DeclaredLayer, placed: Placed) -> str:
        """The axis at whose every timestep a variable is used; "" = outside time."""
        if placed.axis is None or placed.kind not in (Kind.RECURRENT, Kind.STEPWISE):
            return ""
        if declared.role == "initial_state":
            return placed.axis.parent.id if placed.axis.parent is not None else ""
        return placed.axis.id if home.kind is not Kind.UNKNOWN else ""

    @property
    def states(self) -> tuple[State, ...]:
        """What each recurrence carries, and what it starts from."""
        found: dict[State, None] = {}  # where it is alike in two places, it is one
        for layer in self._layers.all:
            declared = layer.layer
            for at, _ in self._layers.places_of(layer):
                for i, name in sorted(enumerate(declared.states), key=lambda item: item[1]):
                    initial, initial_layer = self._start(declared, at, i)
                    shape = _fitting(_state_shape(declared, at[1]))
                    found[State(name, layer.id, shape, initial, initial_layer)] = None
        return tuple(found)

    def _start(self, layer: ConfiguredLayer, at: CallId, state: int) -> tuple[str, str]:
        starts = layer.calls[at[1]].starts
        if state < len(starts):
            start = starts[state]
            home = self._layers.home_of(start.made_by[0]) if len(start.made_by) == 1 else None
            final = start.is_final_state and home is not None
            return start.name, home.id if final and home is not None else ""
        if state < len(layer.kept_in):
            return layer.kept_in[state], ""
        return "zeros", ""


def _blocks(declared: ConfiguredVariable, shape: Shape) -> tuple[Block, ...]:
    """The rows of what is multiplied, and the columns of the gates."""
    if not shape:
        return ()
    found = []
    rows, columns = len(shape) - 2, len(shape) - 1
    what = _RECURRENCES_BLOCKS.get(declared.role)
    height, width = shape[rows] if rows >= 0 else None, shape[columns]
    if what is not None and height:
        found.append(Block(what, rows, 0, height))
    gates = declared.gates
    if width and gates and width % len(gates) == 0:
        each = width // len(gates)
        found += [Block(g, columns, i * each, (i + 1) * each) for i, g in enumerate(gates)]
    return tuple(found)


def _state_shape(layer: ConfiguredLayer, call: int = 0) -> Shape:
    """The shape of a state: of what one timestep gives."""
    called: Call = layer.calls[call]
    if called.input_shape is None or called.output_shape is None:
        return (None, layer.units)
    # Without the batch and the time; what collects all timesteps has that dimension, too.
    rest = len(called.input_shape) - 2
    return (called.input_shape[1 - layer.time], *called.output_shape[-rest:])


def _fitting(shape: Shape) -> Shape:
    """The shape without sizes that the schema cannot hold."""
    return shape and tuple(d if d is None or 0 <= d < _TOO_LARGE else None for d in shape)


_Told = tuple[ConfiguredVariable, str]
"""A variable, and why something about it is not known."""


def _with_stored(
    source: Configuration, layers: Sequence[ConfiguredLayer]
) -> dict[int, list[_Told]]:
    """The variables of each layer, by its id(), as the stored arrays tell them where there are."""
    found: dict[int, list[_Told]] = {}
    entries: dict[str, list[ConfiguredLayer]] = {}
    for layer in layers:
        entries.setdefault(layer.entry, []).append(layer)
    for entry, members in entries.items():
        stored = source.stored.get(entry)
        for layer in members:
            found[id(layer)] = [(v, "") for v in layer.variables or ()]
        if stored is None:
            continue
        fitting = _fitted(members, stored)
        if fitting is not None:
            for layer in members:
                found[id(layer)] = [(fitting[v.name], "") for v in layer.variables or ()]
        elif len(members) == 1:
            (layer,) = members
            known = layer.variables is not None
            why = "its configuration declares other variables" if known else (
                f"what a layer of the class {layer.class_name!r} does with it is not known"
                if layer.class_name
                else "weights alone do not tell what is done with them"
            )  # fmt: skip
            found[id(layer)] = [
                (ConfiguredVariable(a.name, a.shape, "other", dtype=a.dtype), why) for a in stored
            ]
        else:
            why = f"the file holds other arrays for {entry!r} than its configuration declares"
            for layer in members:
                found[id(layer)] = [(v, why) for v in layer.variables or ()]
    return found


def _fitted(
    layers: Sequence[ConfiguredLayer], stored: Sequence[StoredArray]
) -> dict[str, ConfiguredVariable] | None:
    """The stored array for each declared variable; None = they do not fit one to one."""
    declared = [v for layer in layers for v in layer.variables or ()]
    # Keras 1 and 2 write those that are trained first.
    for order in (sorted(declared, key=lambda v: not v.trainable), declared):
        pairs = list(zip(order, stored, strict=False))
        if len(order) == len(stored) and all(_agree(v.shape, a.shape) for v, a in pairs):
            return {v.name: _as_stored(v, a) for v, a in pairs}
    return None


def _as_stored(variable: ConfiguredVariable, array: StoredArray) -> ConfiguredVariable:
    name = array.name if array.is_named else variable.name
    return replace(variable, name=name, shape=array.shape, dtype=array.dtype)


def _agree(declared: Shape, stored: tuple[int, ...]) -> bool:
    """Whether an array may be a variable. Some backends of Keras 1 turn kernels around."""
    if declared is None:
        return True
    if len(declared) != len(stored):
        return False
    sizes = [d for d in declared if d is not None]
    if len(sizes) == len(stored):
        return sorted(sizes) == sorted(stored)
    return all(d is None or d == s for d, s in zip(declared, stored, strict=True))
