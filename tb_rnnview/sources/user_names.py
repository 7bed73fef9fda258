"""What the user calls the variables: the objects that hold them, walked in the program's order.

A variable is recognised by its handle: names of TensorFlow's own repeat, and Keras 3 gives its
variables paths that TensorFlow does not know.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from tb_rnnview.sources.example_inputs import leaves
from tb_rnnview.sources.keras_object import keras_kind
from tb_rnnview.sources.reach import reached_by

# Objects looked at: enough for any model, and an end for what hangs on a program's objects.
_LOOKED_AT = 20_000
# Objects inside objects: a chain of a program's own may be longer than Python can follow.
_DEEPEST = 100

# Ways to one variable that are kept: a name needs one that fits.
_MOST_WAYS = 8
_NUMBER = re.compile(r"_\d+$")

# Their objects are looked into only where they are Keras objects, modules or variables.
_LIBRARIES = {"", "builtins", "functools", "keras", "numpy", "tensorflow", "tf_keras", "types"}


@dataclass(frozen=True)
class Held:
    """A variable that an object of the user holds."""

    name: str
    handles: tuple[Any, ...]
    shape: Any
    dtype: Any
    trainable: bool
    layers: tuple[str, ...]
    """The layers that hold it, outermost first, below the model."""
    is_part: bool
    """It belongs to what is analysed, rather than to something that a function might refer to."""
    attribute: str
    """Where it hangs, as in ``cells[0].kernel``; "" = on a Keras layer, which names it."""
    also: tuple[tuple[str, ...], ...] = ()
    """The layers on the other ways to it: a cell may hang on two layers that run it."""
    place: int = 0
    """Counts the objects that functions refer to: those have no order among themselves."""


def handles(variable: Any) -> tuple[Any, ...]:
    """What a variable is captured by; a distributed one has several."""
    if _is_keras_variable(variable):
        variable = variable._value  # its handle is that of TensorFlow's variable
    values = getattr(variable, "values", None)
    # In the scope of a strategy only the parts have handles.
    parts = values if isinstance(values, tuple) and values else (variable,)
    found = (getattr(part, "handle", None) for part in parts)
    return tuple(handle for handle in found if handle is not None)


def names_in(root: Any) -> list[Held]:
    """The variables of a Keras model or layer, or of a ``tf.Module``."""
    walk = _Walk(is_part=True)
    return told_apart(walk.with_other_ways(walk.of_root(root)))


def names_reached(function: Any) -> list[Held]:
    """The variables that a Python function can reach, by the names that it has for them."""
    walk = _Walk(is_part=False)
    places = list(reached_by(function))
    kinds = [keras_kind(value) for _, value in places]
    models = sum(kind is not None and kind.is_model for kind in kinds)
    found: list[Held] = []
    for (name, value), kind in zip(places, kinds, strict=True):
        walk.place += 1
        # Where there is one model, its name tells nothing apart.
        is_root = not name or (kind is not None and kind.is_model and models == 1)
        found.extend(walk.of_root(value) if is_root else walk.of(value, name, name, ()))
    return told_apart(walk.with_other_ways(found))


def told_apart(found: Iterable[Held]) -> list[Held]:
    """The variables, no two of them under one name."""
    held = list(found)
    named = Counter(item.name for item in held if item.attribute)
    # TensorFlow calls what nobody named "Variable".
    if "Variable" in named or any(count > 1 for count in named.values()):
        held = [replace(i, name=i.attribute) if i.attribute else i for i in held]
    counts = Counter(item.name for item in held)
    held = [
        replace(i, name="/".join((*i.layers, i.name.rpartition("/")[2])))
        if counts[i.name] > 1 and i.layers
        else i
        for i in held
    ]
    taken: set[str] = set()
    return [replace(item, name=free_name(item.name, taken)) for item in held]


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if it is taken; it is taken from now on."""
    count, free = 0, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free


class _Walk:
    """Finds variables in objects, each once."""

    def __init__(self, *, is_part: bool) -> None:
        self.place = 0
        self._is_part = is_part
        self._depth = 0
        self._seen: set[int] = set()
        # Objects that exist only while they are asked for must not give their identity to others.
        self._kept: list[Any] = []
        self._first_ways: dict[int, tuple[str, ...]] = {}
        self._other_ways: dict[tuple[str, ...], list[tuple[str, ...]]] = {}

    def with_other_ways(self, found: Iterable[Held]) -> list[Held]:
        """The variables, with the ways on which they were met again."""
        held = list(found)
        if not self._other_ways:
            return held
        return [replace(item, also=tuple(self._ways_beside(item.layers))) for item in held]

    def _ways_beside(self, layers: tuple[str, ...]) -> list[tuple[str, ...]]:
        ways = (
            (*other, *layers[k:])
            for k in range(1, len(layers) + 1)
            for other in self._other_ways.get(layers[:k], ())
        )
        return [way for way in dict.fromkeys(ways) if way != layers][:_MOST_WAYS]

    def of_root(self, root: Any) -> Iterator[Held]:
        """The variables of an object whose own name is no part of theirs."""
        kind = keras_kind(root)
        if kind is None:
            yield from self._attributes(root, "", ())
        else:
            yield from self._keras(root, "", () if kind.is_model else (str(root.name),))

    def of(self, value: Any, path: str, label: str, layers: tuple[str, ...]) -> Iterator[Held]:
        """The variables of an object that hangs at a path.

        Args:
            value: the object.
            path: where it hangs, from the root on.
            label: where it hangs, from what holds it on.
            layers: what holds it.
        """
        if self._depth < _DEEPEST:
            self._depth += 1
            yield from self._of(value, path, label, layers)
            self._depth -= 1

    def _of(self, value: Any, path: str, label: str, layers: tuple[str, ...]) -> Iterator[Held]:
        import tensorflow as tf

        kind = keras_kind(value)
        if kind is not None:
            name = str(value.name)
            if kind.is_model and not layers:
                yield from self._keras(value, name, ())
            else:
                yield from self._keras(value, "", (*layers, name))
        elif isinstance(value, tf.Variable) or _is_keras_variable(value):
            yield from self._variable(value, path, layers)
        elif isinstance(value, (Mapping, list, tuple)):
            if self._is_new(value):
                items = value.items() if isinstance(value, Mapping) else enumerate(value)
                for key, item in list(items):
                    yield from self.of(item, f"{path}[{key!r}]", f"{label}[{key!r}]", layers)
        elif inspect.isroutine(value) or hasattr(value, "python_function"):
            if _is_users(value) and self._is_new(value):
                for name, item in reached_by(value):
                    self.place += 1
                    yield from self.of(item, name or label, name or label, layers)
                self.place += 1
        elif (isinstance(value, tf.Module) or _is_users(value)) and self._is_new(value):
            yield from self._attributes(value, path, (*layers, label))

    def _attributes(self, value: Any, path: str, layers: tuple[str, ...]) -> Iterator[Held]:
        for name, item in list(getattr(value, "__dict__", {}).items()):
            if not name.startswith(("_self_", "__")):  # TensorFlow's own bookkeeping
                yield from self.of(item, f"{path}.{name}" if path else name, name, layers)

    def _keras(
        self, layer: Any, prefix: str, layers: tuple[str, ...], trains: bool = True
    ) -> Iterator[Held]:
        """The variables of a Keras object: its own, then those of the layers inside it.

        Args:
            layer: a model or a layer.
            prefix: the models around it, itself included, while there is no layer yet.
            layers: the layers around it, itself included.
            trains: whether what is around it is trained: nothing inside is trained else.
        """
        if not self._is_new(layer):
            first = self._first_ways.get(id(layer), ())
            if first and layers and layers != first:
                self._other_ways.setdefault(first, []).append(layers)
            return
        self._first_ways[id(layer)] = layers
        trains = trains and bool(layer.trainable)
        holders = layers or ((prefix,) if prefix else ())
        for variable in own_variables(layer):
            yield from self._variable(variable, "", holders, trains)
        for inner in layer._flatten_layers(recursive=False, include_self=False):
            name = f"{prefix}/{inner.name}" if prefix and not layers else str(inner.name)
            kind = keras_kind(inner)
            if kind is not None and kind.is_model and not layers:
                yield from self._keras(inner, name, (), trains)
            else:
                around = layers[:-1] if _says_less(layer, inner) else layers
                yield from self._keras(inner, "", (*around, name), trains)
        yield from self._unknown_to_keras(layer, holders)

    def _unknown_to_keras(self, layer: Any, holders: tuple[str, ...]) -> Iterator[Held]:
        """What a layer holds beside its own: Keras 3 does not track TensorFlow's variables."""
        import tensorflow as tf

        is_keras_3 = "_trainable_variables" in vars(layer)
        kinds = (tf.Variable, tf.Module) if is_keras_3 else (tf.Module,)
        if not is_keras_3 and getattr(layer, "stateful", False):
            # Its states are variables that nobody tracks, and nobody trains.
            for i, state in enumerate(leaves(getattr(layer, "states", None))):
                if isinstance(state, tf.Variable):
                    name = "/".join((*holders, f"states_{i}"))
                    kept = self._variable(state, name, holders, trains=False)
                    yield from (replace(item, name=name) for item in kept)
        for attribute, item in list(vars(layer).items()):
            if isinstance(item, kinds) and keras_kind(item) is None:
                yield from self.of(item, "/".join((*holders, attribute)), attribute, holders)

    def _variable(
        self, value: Any, path: str, layers: tuple[str, ...], trains: bool = True
    ) -> Iterator[Held]:
        import tensorflow as tf

        found = handles(value)
        if not found or not all(map(self._is_new, found)):
            return
        name = str(getattr(value, "path", "") or value.name).partition(":")[0]
        shape, dtype = tf.TensorShape(value.shape), tf.as_dtype(value.dtype)
        trainable = trains and bool(value.trainable)
        yield Held(
            name, found, shape, dtype, trainable, layers, self._is_part, path, place=self.place
        )

    def _is_new(self, value: Any) -> bool:
        if id(value) in self._seen or len(self._seen) >= _LOOKED_AT:
            return False
        self._seen.add(id(value))
        self._kept.append(value)
        return True


def own_variables(layer: Any) -> list[Any]:
    """What a Keras layer itself created, in that order, without that of the layers inside it."""
    for trained, other in (
        ("_trainable_variables", "_non_trainable_variables"),  # Keras 3
        ("_trainable_weights", "_non_trainable_weights"),
    ):
        if trained in vars(layer):
            return [*getattr(layer, trained), *getattr(layer, other)]
    return list(layer.weights)


def _says_less(layer: Any, inner: Any) -> bool:
    """Whether the user named what a wrapper wraps, and not the wrapper: ``TimeDistributed(lstm)``.

    Keras' own wrappers are meant, around one layer, without a variable of their own.
    """
    is_wrapper = any(
        kind.__name__ == "Wrapper" and kind.__module__.partition(".")[0] in ("keras", "tf_keras")
        for kind in type(layer).__mro__
    )
    wraps_one = getattr(layer, "layer", None) is inner and not hasattr(layer, "backward_layer")
    is_bare = is_wrapper and wraps_one and not own_variables(layer)
    return is_bare and _is_named_by_keras(layer) and not _is_named_by_keras(inner)


def _is_named_by_keras(layer: Any) -> bool:
    """Whether a name is what Keras makes of the class: ``time_distributed_1``."""
    return _NUMBER.sub("", str(layer.name)).replace("_", "") == type(layer).__name__.lower()


def _is_keras_variable(value: Any) -> bool:
    return any(
        # The second is the name of the first versions of Keras 3.
        kind.__name__ in ("Variable", "KerasVariable") and kind.__module__.startswith("keras.")
        for kind in type(value).__mro__
    )


def _is_users(value: Any) -> bool:
    """Whether an object is of the user's own making, rather than of a library's."""
    if isinstance(value, (type, ModuleType)):
        return False
    made_by = value if inspect.isroutine(value) else type(value)
    if hasattr(value, "python_function"):
        made_by = value.python_function
    return str(getattr(made_by, "__module__", "")).partition(".")[0] not in _LIBRARIES
